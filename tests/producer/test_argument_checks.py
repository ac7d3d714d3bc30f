"""A wrong call is refused at once, by name, and harms nobody else's records."""

from collections.abc import Callable

import pytest

from kafka_nio.errors import InvalidTopicError, KafkaTimeoutError, SerializationError
from kafka_nio.producer import AsyncKafkaProducer, ProducerRecord
from tests.producer.parts import NODE_0, Outcomes
from tests.producer.still import StillProducer

Make = Callable[..., StillProducer]


@pytest.fixture
def known(still: Make) -> StillProducer:
    """A producer that knows `orders` and its three partitions."""
    made = still()
    made.learn(NODE_0, NODE_0, NODE_0)
    return made


@pytest.mark.parametrize(
    ("argument", "wrong", "error"),
    [
        ("timestamp_ms", 1.5, TypeError),
        ("timestamp_ms", float("nan"), TypeError),
        ("timestamp_ms", True, TypeError),
        ("timestamp_ms", "now", TypeError),
        ("timestamp_ms", 2**63, ValueError),
        ("timestamp_ms", 2**70, ValueError),
        ("timestamp_ms", -1, ValueError),
        ("partition", "0", TypeError),
        ("partition", True, TypeError),
        ("partition", 2**31, ValueError),
        ("callback", 5, TypeError),
    ],
)
def test_a_wrong_argument_is_named_with_its_value(
    known: StillProducer, argument: str, wrong: object, error: type[Exception]
) -> None:
    with pytest.raises(error, match=f"{argument} {wrong!r} "):
        known.producer.send("orders", b"a", **{argument: wrong})
    assert known.appended() == []


@pytest.mark.parametrize(("argument", "wrong"), [("timestamp_ms", 1.5), ("partition", "0")])
def test_a_record_object_refuses_the_same(argument: str, wrong: object) -> None:
    with pytest.raises(TypeError, match=argument):
        ProducerRecord("orders", b"a", **{argument: wrong})


def test_the_first_and_the_last_time_there_is_share_a_batch(known: StillProducer) -> None:
    known.producer.send("orders", b"last", partition=0, timestamp_ms=2**63 - 1)
    known.producer.send("orders", b"first", partition=0, timestamp_ms=0)
    assert [record.timestamp_ms for _, record in known.appended()] == [2**63 - 1, 0]


@pytest.mark.parametrize("topic", [["t"], {}, None, 7])
def test_a_topic_that_is_no_text_is_refused_even_if_it_cannot_be_looked_up(known: StillProducer, topic: object) -> None:
    with pytest.raises(TypeError, match="a topic is a str"):
        known.producer.send(topic, b"a")
    with pytest.raises(TypeError, match="a topic is a str"):
        known.producer.partitions_for(topic)


# Beside a record...


@pytest.mark.parametrize(
    "beside",
    [{"value": b"other"}, {"key": b"lost"}, {"partition": 0}, {"timestamp_ms": 0}, {"headers": [("a", b"b")]}],
    ids=lambda beside: next(iter(beside)),
)
def test_nothing_but_a_callback_stands_beside_a_record(known: StillProducer, beside: dict[str, object]) -> None:
    with pytest.raises(TypeError, match=f"{next(iter(beside))} .* beside a ProducerRecord"):
        known.producer.send(ProducerRecord("orders", b"a"), **beside)
    assert known.appended() == []


def test_a_callback_may_stand_beside_a_record(known: StillProducer) -> None:
    outcomes = Outcomes()
    future = known.producer.send(ProducerRecord("orders", bytes(2_000_000)), callback=outcomes)
    assert outcomes.errors == [future.exception()]


def test_the_asynchronous_producer_refuses_the_same_before_it_is_started() -> None:
    producer = AsyncKafkaProducer(bootstrap_servers="localhost:1")
    coroutine = producer.enqueue(ProducerRecord("orders", b"a"), b"other")
    with pytest.raises(TypeError, match="value b'other' beside a ProducerRecord"):
        coroutine.send(None)


# Names that no request can carry...


@pytest.mark.parametrize(("topic", "why"), [("\ud800", "UTF-8"), ("", "characters"), ("x" * 250, "characters")])
def test_an_impossible_topic_fails_its_own_record_and_is_never_asked_for(
    known: StillProducer, topic: str, why: str
) -> None:
    outcomes = Outcomes()
    error = known.producer.send(topic, b"a", callback=outcomes).exception()
    assert isinstance(error, InvalidTopicError)
    assert why in str(error)
    assert outcomes.errors == [error]
    with pytest.raises(InvalidTopicError):
        known.producer.partitions_for(topic)
    assert topic not in {asked.name for asked in known.producer._metadata.next_request()[0].topics or ()}


@pytest.mark.behaviour(173)
def test_a_header_whose_name_cannot_be_sent_is_refused(known: StillProducer) -> None:
    with pytest.raises(SerializationError, match=r"'\\ud800' is no name for a header"):
        known.producer.send("orders", b"a", headers=[("\ud800", b"a")])
    assert known.appended() == []


# Timeouts...


@pytest.mark.parametrize(
    ("timeout", "error"), [(-1, ValueError), (float("nan"), ValueError), ("5", TypeError), (True, TypeError)]
)
def test_a_wrong_timeout_is_refused(known: StillProducer, timeout: object, error: type[Exception]) -> None:
    with pytest.raises(error, match="timeout"):
        known.producer.flush(timeout)
    with pytest.raises(error, match="timeout"):
        known.producer.close(timeout)
    known.producer.send("orders", b"a")  # it is open still


def test_a_timeout_of_nothing_is_allowed(known: StillProducer) -> None:
    known.producer.flush(0)
    known.producer.send("orders", b"a")
    with pytest.raises(KafkaTimeoutError):
        known.producer.flush(0.5)
