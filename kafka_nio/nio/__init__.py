"""java.nio for Python readers: non-blocking channels, and a selector that says which of them can do what.

Python's standard library has `selectors`, and Java has `java.nio.channels.Selector`. They are close relatives, and what
Kafka's network layer builds on is exactly where they differ:

- `SelectionKey`: one channel's registration, with the operations we wait for (*interest*) and those found possible
  (*ready*). Python has the first and hands the second out in passing.
- `OP_CONNECT` and `OP_ACCEPT`: a connection that finishes is an event of its own. Python knows reading and writing.
- `wakeup()`: any thread may end the select of another. Python leaves this to the program.

No ByteBuffer: `memoryview` and `bytearray` do its job.

Java: java.nio.channels
"""

from kafka_nio.nio.channels import ServerSocketChannel, SocketAddress, SocketChannel
from kafka_nio.nio.selection_key import (
    OP_ACCEPT,
    OP_CONNECT,
    OP_READ,
    OP_WRITE,
    CancelledKeyError,
    SelectionKey,
    ops_text,
)
from kafka_nio.nio.selector import Selector

__all__ = [
    "OP_ACCEPT",
    "OP_CONNECT",
    "OP_READ",
    "OP_WRITE",
    "CancelledKeyError",
    "SelectionKey",
    "Selector",
    "ServerSocketChannel",
    "SocketAddress",
    "SocketChannel",
    "ops_text",
]
