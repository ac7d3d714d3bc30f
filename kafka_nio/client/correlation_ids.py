"""The numbers by which an answer is checked against its request.

Java: org.apache.kafka.clients.NetworkClient.nextCorrelationId
"""

from collections.abc import Iterator
from itertools import cycle

LAST_BEFORE_RESERVED = 2**31 - 1 - 8
"""The eight largest ids are kept for authentication, so that its answers are not taken for others (KAFKA-9854)."""

SMALLEST = -(2**31)


def correlation_ids(first: int = 0) -> Iterator[int]:
    """0, 1, 2, … up to the reserved ones, then on from the smallest 32-bit number: negative ids are legal."""
    next_id = first
    while True:
        yield next_id
        next_id = SMALLEST if next_id == LAST_BEFORE_RESERVED else next_id + 1


def reserved_correlation_ids() -> Iterator[int]:
    """The eight that are kept for authentication, over and over."""
    return cycle(range(LAST_BEFORE_RESERVED + 1, 2**31))


def is_reserved(correlation_id: int) -> bool:
    """Whether only authentication uses this id."""
    return correlation_id > LAST_BEFORE_RESERVED
