"""From what the caller hands in to the bytes that travel."""

import pytest

from kafka_nio.errors import SerializationError
from kafka_nio.producer.serialization import checked_headers, make_serialize


def test_bytes_are_taken_as_they_are() -> None:
    data = b"one coffee"
    assert make_serialize("value", None)("orders", data) is data


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_bytes_that_could_still_change_are_copied(kind: type) -> None:
    source = bytearray(b"one coffee")
    taken = make_serialize("value", None)("orders", kind(source))
    source[:3] = b"two"
    assert taken == b"one coffee"


def test_none_stays_none_and_the_serializer_is_not_asked() -> None:
    assert make_serialize("key", str.encode)("orders", None) is None


def test_the_serializer_makes_the_bytes() -> None:
    assert make_serialize("key", str.encode)("orders", "table 4") == b"table 4"


def test_text_without_a_serializer_is_refused_with_the_serializer_to_give() -> None:
    with pytest.raises(SerializationError, match=r"the key of a record for orders is str, not bytes.*str\.encode"):
        make_serialize("key", None)("orders", "table 4")


def test_a_serializer_that_makes_no_bytes_is_named() -> None:
    with pytest.raises(SerializationError, match=r"value_serializer=.* made str of the value .* must make bytes"):
        make_serialize("value", str)("orders", 4)


def test_what_a_serializer_raises_is_the_callers() -> None:
    with pytest.raises(ZeroDivisionError):
        make_serialize("value", lambda data: 1 / 0)("orders", 4)


@pytest.mark.behaviour(183)
def test_headers_are_copied_so_that_nobody_changes_them_later() -> None:
    headers = [("trace", b"1")]
    taken = checked_headers(headers)
    headers.append(("late", b"2"))
    assert taken == (("trace", b"1"),)


@pytest.mark.parametrize("header", [("trace",), ("trace", "text"), (b"trace", b"1"), "ab", None])
def test_headers_that_are_not_pairs_of_text_and_bytes_are_refused(header: object) -> None:
    with pytest.raises(SerializationError, match="is not a header"):
        checked_headers([header])
