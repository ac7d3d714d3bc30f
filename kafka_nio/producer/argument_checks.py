"""What is wrong with a call is said before anything happens: which argument, what it was, what is allowed.

A record that is found bad later, on the producer's own thread, has already travelled with others in a batch; and the
line of the program that made the mistake is far away by then.

`send` comes by here for what its caller has given, so the usual call, a topic and a value, pays next to nothing.

Java: no counterpart.
"""

from collections.abc import Sequence

from kafka_nio.clock import NEVER
from kafka_nio.errors import InvalidTopicError

LARGEST_PARTITION = 2**31 - 1
LARGEST_TIMESTAMP_MS = 2**63 - 1
LONGEST_TOPIC = 249
"""Characters. No broker takes a topic with a longer name, and some hang up on whoever asks for one."""


def refuse_wrong_numbers(partition: object, timestamp_ms: object) -> None:
    """Let a record's partition and timestamp pass, or not.

    Raises:
        TypeError: one is neither an int nor None.
        ValueError: one is negative, or more than fits into what is sent.
    """
    if partition is not None:
        _refuse(partition, "partition", LARGEST_PARTITION, "leave it out to let the producer choose")
    if timestamp_ms is not None:
        _refuse(timestamp_ms, "timestamp_ms", LARGEST_TIMESTAMP_MS, "leave it out to take the time of send")


def _refuse(number: object, name: str, largest: int, instead: str) -> None:
    if not isinstance(number, int) or isinstance(number, bool):
        raise TypeError(f"{name} {number!r} is not an int; {instead}")
    if number < 0:
        raise ValueError(f"{name} {number} is negative; {instead}")
    if number > largest:
        raise ValueError(f"{name} {number} is more than {largest}, the largest there is; {instead}")


def refuse_wrong_arguments(partition: object, timestamp_ms: object, callback: object) -> None:
    """As `refuse_wrong_numbers`; and TypeError for a callback that cannot be called."""
    refuse_wrong_numbers(partition, timestamp_ms)
    if callback is not None and not callable(callback):
        raise TypeError(f"callback {callback!r} cannot be called; it takes the record's metadata and its error")


def refuse_beside_a_record(value: object, key: object, partition: object, time_ms: object, headers: object) -> None:
    """Raise TypeError for anything that a `ProducerRecord` says already, and that would be lost beside one."""
    for name, given in zip(
        ("value", "key", "partition", "timestamp_ms"), (value, key, partition, time_ms), strict=True
    ):
        if given is not None:
            raise TypeError(f"{name} {given!r} beside a ProducerRecord, which says that itself; only callback may be")
    if not isinstance(headers, Sequence) or len(headers):
        raise TypeError(f"headers {headers!r} beside a ProducerRecord, which says that itself; only callback may be")


def refuse_no_topic(topic: object) -> str:
    """Hand a topic's name back, or raise TypeError if it is not even text."""
    if not isinstance(topic, str):
        raise TypeError(f"a topic is a str, not {topic!r}")
    return topic


def refuse_impossible_topic(topic: str) -> None:
    """Raise InvalidTopicError for a name that no request can carry: one bad name would hold up all that are asked for.

    What else a name may not have in it, the brokers know better.
    """
    try:
        topic.encode()
    except UnicodeEncodeError as error:
        raise InvalidTopicError(f"{topic!r} is not a valid name for a topic: UTF-8 cannot carry it") from error
    if not 1 <= len(topic) <= LONGEST_TOPIC:
        raise InvalidTopicError(
            f"{topic!r} is not a valid name for a topic: 1 to {LONGEST_TOPIC} characters are allowed, not {len(topic)}"
        )


def milliseconds(timeout: float | None) -> float:
    """A timeout in seconds as milliseconds; `NEVER` for None.

    Raises:
        TypeError: it is not a number.
        ValueError: it is negative, or no number that one could wait for.
    """
    if timeout is None:
        return NEVER
    if not isinstance(timeout, int | float) or isinstance(timeout, bool):
        raise TypeError(f"timeout {timeout!r} is not a number of seconds; leave it out to wait for as long as it takes")
    if not timeout >= 0:
        raise ValueError(f"timeout {timeout} is {'negative' if timeout < 0 else 'no number of seconds'}")
    return timeout * 1000
