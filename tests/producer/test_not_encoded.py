"""A batch of which no bytes can be made fails alone; and batches that come back stand in the order of `send`."""

import itertools

import pytest

from kafka_nio.errors import KafkaError
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.protocol.record_batch import RecordBatch
from tests.producer.numbered_parts import NumberedParts
from tests.producer.parts import (
    ORDERS_0,
    ORDERS_1,
    ORDERS_2,
    SenderParts,
    answer,
    append,
    produce_response,
    sent_partitions,
)


@pytest.fixture
def _one_is_rotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """No bytes can be made of batches for the second partition."""
    close = ProducerBatch.close

    def close_or_not(batch: ProducerBatch) -> bytes:
        if batch.topic_partition == ORDERS_1:
            batch.is_full = True
            raise MemoryError("no room for 1 GB")
        return close(batch)

    monkeypatch.setattr(ProducerBatch, "close", close_or_not)


@pytest.mark.usefixtures("_one_is_rotten")
def test_a_batch_that_cannot_be_encoded_fails_and_the_others_leave() -> None:
    parts = SenderParts()
    free_before = parts.accumulator.buffer_pool.available_bytes
    good, bad, also_good = (append(parts.accumulator, partition) for partition in (ORDERS_0, ORDERS_1, ORDERS_2))
    parts.sender.run_once()
    error = bad.exception(timeout=0)
    assert isinstance(error, KafkaError)
    assert "cannot be encoded: no room for 1 GB" in str(error)
    assert isinstance(error.__cause__, MemoryError)
    assert [sent_partitions(request) for request in parts.client.requests] == [[ORDERS_0, ORDERS_2]]
    parts.client.respond(produce_response(answer(0, base_offset=1), answer(2, base_offset=1)))
    assert good.result(timeout=0).offset == also_good.result(timeout=0).offset == 1
    assert not parts.accumulator.incomplete
    assert parts.accumulator.buffer_pool.available_bytes == free_before
    parts.accumulator.begin_flush()
    parts.accumulator.await_flush_completion(0)


@pytest.mark.usefixtures("_one_is_rotten")
def test_its_number_is_not_missed_by_the_broker() -> None:
    parts = NumberedParts()
    parts.settle()
    bad = parts.append(ORDERS_1)
    parts.settle()
    assert isinstance(bad.exception(timeout=0), KafkaError)
    parts.send(ORDERS_0)
    assert [(epoch, number) for epoch, number, _ in parts.under_way] == [(1, 0)], "the numbers begin anew"


@pytest.mark.parametrize("lost", itertools.permutations(range(3)))
def test_without_numbers_batches_that_come_back_are_sent_in_their_order_all_the_same(lost: tuple[int, ...]) -> None:
    parts = SenderParts(retry_backoff_ms=0)
    for value in (b"first", b"second", b"third"):
        append(parts.accumulator, ORDERS_0, value)
        parts.sender.run_once()
    append(parts.accumulator, ORDERS_0, b"never sent")
    requests = list(parts.client.requests)
    parts.client.requests.clear()
    for index in lost:
        parts.client.respond(to=requests[index], disconnected=True, failure="the connection was lost")
    parts.clock.sleep(10)
    for _ in range(4):
        parts.sender.run_once()
    assert [values_of(request) for request in parts.client.requests] == [
        [b"first"],
        [b"second"],
        [b"third"],
        [b"never sent"],
    ]


def values_of(request: object) -> list[bytes | None]:
    [[partition]] = [topic.partitions for topic in request.request.topics]
    return [record.value for record in RecordBatch(partition.records).records()]
