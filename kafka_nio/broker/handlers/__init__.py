"""What each request asks for: one file and one function for each kind. `KafkaApis` finds the right one.

A handler takes the replica manager and the request and gives back an `Outcome`: an answer, no answer, the end of the
connection, or something that will be answered later. It never touches a socket and never waits.

Beside it stands `error_response`: how a request of this kind is answered when it is refused as a whole, by a fault or
by an unexpected error. Java has it as the method `getErrorResponse` of each request class.

Java: kafka.server.KafkaApis
"""
