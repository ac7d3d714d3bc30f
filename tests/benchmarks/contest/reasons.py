"""Why an aim is missed, as the staircase and the flame graphs show it. Whoever mends the cause takes the reason out."""

SEND_AND_TURN = (
    "a `send` is some 480 bytecodes in twelve calls, and a batch that goes alone costs the sender 0.4 ms of Python, "
    "spread thinly over one function after another ([the staircase](staircase.md)); and the two threads share the "
    "interpreter."
)
UNIQUE_KEYS = (
    "murmur2 takes another 2.4 µs in Python for a key that is new; at 1,000 partitions a batch has so few records that "
    "its 0.16 ms and more are shared by hardly anything."
)
ONE_RECORD = (
    "a record that goes alone pays a whole turn of the sender, 0.4 ms, and the hand-over of the interpreter before and "
    "after it."
)
WAITING = (
    "as in Java, nothing slows `send` down before `buffer.memory` is used up, 64 MiB here, and a program that only "
    "sends is faster than the sender's thread."
)
TRACED = (
    "a span for each record costs 0.1 ms in OpenTelemetry's SDK, whoever makes it; beside that all clients in Python "
    "are alike."
)
