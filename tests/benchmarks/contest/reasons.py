"""Why an aim is missed, as the staircase and the flame graphs show it. Whoever mends the cause takes the reason out."""

SEND_AND_TURN = (
    "a `send` is some 480 bytecodes in twelve calls, and a batch that goes alone takes the sender 10,000 bytecodes in "
    "500 calls, spread thinly over one function after another ([the staircase](staircase.md)); and the two threads "
    "share the interpreter."
)
UNIQUE_KEYS = (
    "for a key that is new, murmur2 in Python takes about as long as all the rest of `send` "
    "([the staircase](staircase.md)); and where 10,000 keys go to 1,000 partitions, a batch has eleven records, for "
    "which the sender runs 2,600 bytecodes."
)
ONE_RECORD = (
    "a record that goes alone pays a whole turn of the sender, 10,000 bytecodes, and the hand-over of the interpreter "
    "before and after it."
)
NOISE = (
    "against Apache Kafka its five rounds lie between 0.71 and 1.36, and the CPU time of a record changes with them: "
    "the machine's own pace differs by more than what is measured here."
)
TRACED = (
    "a span for each record costs 0.1 ms in OpenTelemetry's SDK, whoever makes it; beside that all clients in Python "
    "are alike."
)
