"""How a broker finds out who is there: the server's side of SASL.

- `sasl_server`: what every mechanism can do, and the two that need one token: PLAIN and OAUTHBEARER.
- `scram_server`: SCRAM, in which the password never travels.
- `sasl_server_authenticator`: one connection's way from the first request to a proven identity.
- `logins`: that of every connection of a broker, and which users there are.

The tokens come in SaslAuthenticate requests and are answered like any other request, so faults and delays strike them
too. In Kafka they are read before the connection counts as open.

Java: org.apache.kafka.common.security.authenticator
"""
