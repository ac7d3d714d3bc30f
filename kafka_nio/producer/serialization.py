"""From what the caller hands in to the bytes that travel, and how many those may be.

A batch keeps keys and values as they are until it is sent, so they must not change meanwhile: `bytes` is taken as it
is, and `bytearray` and `memoryview` are copied. None stays None: no key, no value.

Left out against Java: a serializer sees neither topic nor headers, nor is it asked about None.

Java: org.apache.kafka.common.serialization.Serializer
"""

from collections.abc import Callable
from typing import TypeAlias

from kafka_nio.clock import Clock
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import RecordTooLargeError, SerializationError
from kafka_nio.producer.producer_batch import Appendable
from kafka_nio.producer.producer_record import Callback, Headers, Serializer
from kafka_nio.protocol.record_batch import estimate_batch_size_upper_bound

Serialize: TypeAlias = Callable[[str, object], bytes | None]
"""From a topic (for the error message) and an object to bytes."""


def make_serialize(what: str, serializer: Serializer | None) -> Serialize:
    """The function that turns keys (or values) into bytes.

    Args:
        what: "key" or "value", for messages.
        serializer: the caller's own function, or None to take bytes only.
    """

    def serialize(topic: str, data: object) -> bytes | None:
        if serializer is not None and data is not None:
            data = serializer(data)
        if data is None or type(data) is bytes:
            return data
        if isinstance(data, bytes | bytearray | memoryview):
            return bytes(data)
        raise SerializationError(_complaint(what, topic, data, serializer))

    return serialize


def _complaint(what: str, topic: str, data: object, serializer: Serializer | None) -> str:
    kind = type(data).__name__
    if serializer is not None:
        return f"{what}_serializer={serializer!r} made {kind} of the {what} of a record for {topic}; it must make bytes"
    hint = "str.encode" if isinstance(data, str) else "a function that makes bytes of it"
    return f"the {what} of a record for {topic} is {kind}, not bytes; give the producer {what}_serializer={hint}"


class RecordSerializer:
    """Makes what goes into a batch of what `send` was given."""

    def __init__(self, config: ProducerConfig, clock: Clock) -> None:
        self._key_serializer, self._value_serializer = config.key_serializer, config.value_serializer
        self._serialize_key = make_serialize("key", config.key_serializer)
        self._serialize_value = make_serialize("value", config.value_serializer)
        self._size_limit = RecordSizeLimit(config.max_request_size, config.buffer_memory)
        self._surely_valid_size = self._size_limit.surely_valid_size
        self._clock = clock

    def make_bytes(
        self,
        topic: str,
        value: object,
        key: object,
        timestamp_ms: int | None,
        headers: Headers,
        callback: Callback | None,
    ) -> Appendable:
        """Serialize key and value; the record's time is now, if the caller named none.

        What a record mostly is, a few bytes without headers, passes without a call for each of these questions: this
        runs for every record.

        Raises:
            SerializationError: a key, value or header is not what can be sent.
            RecordTooLargeError: it is more than can be sent.
        """
        key_bytes = (
            key if key is None or (type(key) is bytes and not self._key_serializer) else self._serialize_key(topic, key)
        )
        value_bytes = (
            value if type(value) is bytes and not self._value_serializer else self._serialize_value(topic, value)
        )
        headers = checked_headers(headers) if headers else ()
        if headers or len(key_bytes or b"") + len(value_bytes or b"") > self._surely_valid_size:
            self._size_limit.ensure_valid_record_size(key_bytes, value_bytes, headers)
        stamp_ms = self._clock.time_ms() if timestamp_ms is None else timestamp_ms
        return stamp_ms, key_bytes, value_bytes, headers, callback


def checked_headers(headers: Headers) -> Headers:
    """A copy that nobody else can change, of pairs of a str and bytes.

    Raises:
        SerializationError: there is something else in it, or a name that UTF-8 cannot carry.
    """
    checked = []
    for header in headers:
        if not (isinstance(header, PAIR) and len(header) == 2):
            raise _no_header(header)
        name, value = header
        if not isinstance(name, str) or not (value is None or isinstance(value, bytes)):
            raise _no_header(header)
        if not name.isascii():
            _refuse_name_without_utf_8(name)
        checked.append((name, value))
    return tuple(checked)


PAIR = (tuple, list)
"""What a header may come in. Spelled `tuple | list` at its place, it would be made anew for each header."""


def _no_header(header: object) -> SerializationError:
    return SerializationError(f"{header!r} is not a header: a pair of a str and bytes, or of a str and None")


def _refuse_name_without_utf_8(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        raise SerializationError(f"{name!r} is no name for a header: UTF-8 cannot carry it") from error


LARGEST_OVERHEAD = 100
"""More than a batch and a record without headers add to key and value, in bytes."""


class RecordSizeLimit:
    """How large a record may be: it must fit into a request, and into the memory for batches."""

    def __init__(self, max_request_size: int, buffer_memory: int) -> None:
        self._limits = {"max_request_size": max_request_size, "buffer_memory": buffer_memory}
        self.surely_valid_size = min(max_request_size, buffer_memory) - LARGEST_OVERHEAD
        """Key and value together, in bytes, that need not be measured more closely if there are no headers."""

    def ensure_valid_record_size(self, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Let the record pass, or not.

        Raises:
            RecordTooLargeError: alone in a batch, uncompressed, it might take more bytes than is allowed.
        """
        size = estimate_batch_size_upper_bound(key, value, headers)
        for option, limit in self._limits.items():
            if size > limit:
                raise RecordTooLargeError(
                    f"the record takes up to {size} bytes, {size - limit} more than {option}={limit} allows"
                )
