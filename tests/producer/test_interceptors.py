"""Interceptors see each record as it is sent and as it is answered, and what they raise harms nobody."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from kafka_nio.errors import ConfigError, IllegalStateError, KafkaError, SerializationError
from kafka_nio.producer import KafkaProducer, ProducerInterceptor, ProducerRecord, RecordMetadata
from tests.producer.parts import NODE_0, Outcomes
from tests.producer.still import StillProducer

Make = Callable[..., StillProducer]


class Noting(ProducerInterceptor):
    """Notes what it sees, in a list that it shares with others, and adds its letter to the value."""

    def __init__(self, letter: bytes, notes: list[object]) -> None:
        self.letter = letter
        self.notes = notes

    def on_send(self, record: ProducerRecord) -> ProducerRecord:
        self.notes.append((self.letter, "send", record.value))
        return replace(record, value=bytes(record.value) + self.letter)  # type: ignore[call-overload]

    def on_acknowledgement(self, metadata: RecordMetadata, error: Exception | None) -> None:
        self.notes.append((self.letter, metadata, error))

    def close(self) -> None:
        self.notes.append((self.letter, "close"))


class Raising(ProducerInterceptor):
    """Raises wherever it can."""

    def on_send(self, record: ProducerRecord) -> ProducerRecord:
        raise RuntimeError("in on_send")

    def on_acknowledgement(self, metadata: RecordMetadata, error: Exception | None) -> None:
        raise RuntimeError("in on_acknowledgement")

    def close(self) -> None:
        raise RuntimeError("in close")


def test_each_interceptor_gets_the_record_that_the_last_one_made(still: Make) -> None:
    notes: list[object] = []
    case = still(interceptors=[Noting(b"1", notes), Noting(b"2", notes)], enable_idempotence=False)
    case.learn(NODE_0)
    case.producer.send("orders", b"a")
    assert notes == [(b"1", "send", b"a"), (b"2", "send", b"a1")]
    assert [record.value for _, record in case.appended()] == [b"a12"]


@pytest.mark.behaviour(175)
def test_an_interceptor_that_raises_is_skipped_and_the_chain_goes_on(
    still: Make, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[object] = []
    chain = [Noting(b"1", notes), Raising(), Noting(b"2", notes)]
    case = still(interceptors=chain, enable_idempotence=False)
    case.learn(NODE_0)
    case.producer.send("orders", b"a")
    assert [record.value for _, record in case.appended()] == [b"a12"]
    assert "in on_send" in caplog.text


def test_an_interceptor_that_forgets_to_return_the_record_is_skipped(
    still: Make, caplog: pytest.LogCaptureFixture
) -> None:
    class Forgetful(ProducerInterceptor):
        def on_send(self, record: ProducerRecord) -> ProducerRecord:
            return None  # type: ignore[return-value]

    case = still(interceptors=[Forgetful()], enable_idempotence=False)
    case.learn(NODE_0)
    case.producer.send("orders", b"a")
    assert [record.value for _, record in case.appended()] == [b"a"]
    assert "returned no ProducerRecord" in caplog.text


@pytest.mark.behaviour(176)
def test_the_outcome_is_told_to_the_interceptors_before_the_callback(
    still: Make, caplog: pytest.LogCaptureFixture
) -> None:
    notes: list[object] = []
    case = still(interceptors=[Noting(b"1", notes), Raising()], enable_idempotence=False)
    case.learn(NODE_0)
    future = case.producer.send("orders", b"a", callback=lambda metadata, error: notes.append(("callback", error)))
    notes.clear()
    complete(case)
    assert notes == [(b"1", future.result(), None), ("callback", None)]
    assert future.result().offset == 7
    assert "in on_acknowledgement" in caplog.text


def complete(case: StillProducer) -> None:
    accumulator = case.producer._accumulator
    drained = accumulator.drain(case.producer._metadata.cluster, [NODE_0], 1_000_000, case.clock.now_ms())
    for batch in drained[NODE_0.id]:
        batch.complete(7, -1)
        accumulator.deallocate(batch)


@pytest.mark.behaviour(177)
def test_an_error_before_a_partition_is_known_is_told_with_partition_minus_1(still: Make) -> None:
    notes: list[tuple[bytes, RecordMetadata, Exception]] = []
    case = still(interceptors=[Noting(b"1", notes)], max_block_ms=0)  # type: ignore[arg-type]
    outcomes = Outcomes()
    future = case.producer.send("orders", b"a", callback=outcomes)
    _, metadata, error = notes[-1]
    assert metadata == RecordMetadata("orders", -1)
    assert error is future.exception()
    assert outcomes.errors == [error]


@pytest.mark.behaviour(177)
def test_an_error_that_send_raises_is_told_as_well(still: Make) -> None:
    notes: list[tuple[bytes, RecordMetadata, Exception]] = []
    case = still(interceptors=[Noting(b"1", notes)])  # type: ignore[arg-type]
    case.learn(NODE_0)
    with pytest.raises(SerializationError) as caught:
        case.producer.send("orders", b"a", key=17)
    assert notes[-1] == (b"1", RecordMetadata("orders", -1), caught.value)
    case.producer.close()
    with pytest.raises(IllegalStateError):
        case.producer.send("orders", b"a")


@pytest.mark.behaviour(190)
def test_interceptors_are_closed_once_with_the_producer(still: Make, caplog: pytest.LogCaptureFixture) -> None:
    notes: list[object] = []
    case = still(interceptors=[Raising(), Noting(b"1", notes)])
    case.producer.close()
    case.producer.close()
    assert notes == [(b"1", "close")]
    assert "in close" in caplog.text


@pytest.mark.parametrize("wrong", ["Noting", [Noting], [object()], Noting(b"", [])])
def test_only_objects_with_the_three_methods_are_interceptors(wrong: object) -> None:
    with pytest.raises(ConfigError, match="on_send, on_acknowledgement and close"):
        KafkaProducer(bootstrap_servers="localhost:9092", interceptors=wrong)


@pytest.mark.parametrize("spelling", ["interceptor.classes", "interceptor_classes"])
def test_kafkas_option_for_interceptors_is_refused_with_a_hint(spelling: str) -> None:
    with pytest.raises(ConfigError, match=r"interceptor.classes?.*hand objects in as interceptors"):
        KafkaProducer({"bootstrap.servers": "localhost:9092", spelling: "com.example.Audit"})


def test_the_base_class_changes_nothing() -> None:
    record = ProducerRecord("orders", b"a")
    plain = ProducerInterceptor()
    assert plain.on_send(record) is record
    plain.on_acknowledgement(RecordMetadata("orders", 0), KafkaError())
    plain.close()
