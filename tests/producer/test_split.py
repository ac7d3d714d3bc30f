"""A batch that the broker finds too large goes on as smaller ones, and the records' callers notice nothing of it."""

import asyncio

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.clock import MockClock
from kafka_nio.errors import KafkaTimeoutError, RecordTooLargeError
from kafka_nio.producer import KafkaProducer
from kafka_nio.producer.producer_batch import BatchState, ProducerBatch
from kafka_nio.producer.split import split
from kafka_nio.protocol.messages import ProduceRequest
from kafka_nio.protocol.record_batch import RecordBatch
from tests.producer.parts import (
    NODE_0,
    ORDERS_0,
    FakeClient,
    Outcomes,
    SenderParts,
    accumulator,
    answer,
    append,
    batch,
    cluster,
    produce_response,
)

TOO_LARGE = 10


def values_of(made: ProducerBatch) -> list[bytes | None]:
    return [record.value for record in RecordBatch(made.close()).records()]


def sent_values(client: FakeClient) -> list[bytes | None]:
    """The values of the records in the oldest request."""
    request = client.requests[0].request
    assert isinstance(request, ProduceRequest)
    parts = [partition.records for topic in request.topics for partition in topic.partitions]
    return [record.value for part in parts for record in RecordBatch(memoryview(bytes(part))).records()]


def parts_of(big: ProducerBatch, clock: MockClock) -> list[ProducerBatch]:
    return split(big, lambda limit: batch(clock, values=(), size_limit=limit))


@pytest.mark.behaviour(153)
def test_the_parts_hold_the_records_in_order_and_are_at_most_half_as_large() -> None:
    clock = MockClock()
    values = tuple(b"%03d" % number * 10 for number in range(40))
    big = batch(clock, values=values)
    size = len(big.close())
    parts = parts_of(big, clock)
    assert [value for part in parts for value in values_of(part)] == list(values)
    assert len(parts) > 1
    assert all(len(part.close()) <= size // 2 for part in parts)
    assert all(part.is_full for part in parts)
    assert big.state is BatchState.SPLIT


@pytest.mark.behaviour(153)
def test_a_large_record_between_small_ones_gets_a_part_of_its_own() -> None:
    clock = MockClock()
    big = batch(clock, values=(b"a", b"b" * 1_000, b"c"))
    assert [values_of(part) for part in parts_of(big, clock)] == [[b"a"], [b"b" * 1_000], [b"c"]]


@pytest.mark.behaviour(163)
def test_a_future_follows_its_record_into_the_part() -> None:
    clock = MockClock()
    queues = accumulator(clock)
    futures = [append(queues, value=bytes([65 + number]) * 100) for number in range(4)]
    ((big,),) = queues.drain(cluster(NODE_0), [NODE_0], 1_000_000, clock.now_ms()).values()
    first, second = queues.split_and_reenqueue(big)[:2]
    queues.deallocate(big)
    assert not any(future.done() for future in futures)
    second.close()
    second.complete(70, -1)
    done = [future for future in futures if future.done()]
    assert done[0].result().offset == 70
    assert futures[0] not in done
    assert not first.is_done


class TooLarge:
    """A sender with one batch of four records under way, which the broker is about to refuse."""

    def __init__(self, **options: object) -> None:
        self.parts = SenderParts(**options)
        self.outcomes = Outcomes()
        self.futures = [
            append(self.parts.accumulator, value=bytes([65 + number]) * 100, callback=self.outcomes)
            for number in range(4)
        ]
        self.parts.sender.run_once()

    def refuse(self) -> None:
        self.parts.client.respond(produce_response(answer(error_code=TOO_LARGE)))

    def accept(self, base_offset: int) -> None:
        self.parts.sender.run_once()
        self.parts.client.respond(produce_response(answer(base_offset=base_offset)))


@pytest.mark.behaviour(153)
def test_the_parts_are_sent_in_order_and_no_retry_is_used_up() -> None:
    case = TooLarge(retries=0)
    case.refuse()
    sent = []
    while case.parts.accumulator.incomplete.has_open:
        case.parts.sender.run_once()
        sent += sent_values(case.parts.client)
        case.parts.client.respond(produce_response(answer(base_offset=len(sent))))
    assert sent == [letter * 100 for letter in (b"A", b"B", b"C", b"D")]
    assert [future.exception() for future in case.futures] == [None] * 4
    assert case.outcomes.errors == [None] * 4
    assert case.parts.metrics.snapshot()["batch-split-total"] == 1


@pytest.mark.behaviour(153)
def test_all_memory_is_given_back_and_the_partition_is_not_left_muted() -> None:
    case = TooLarge(guarantee_message_order=True)
    case.refuse()
    for offset in range(4):
        if case.parts.accumulator.incomplete.has_open:
            case.accept(offset)
    pool = case.parts.accumulator.buffer_pool
    assert not case.parts.accumulator.incomplete.has_open
    assert pool.available_bytes == pool.total_bytes


@pytest.mark.behaviour(153)
def test_what_is_appended_meanwhile_comes_after_the_parts() -> None:
    case = TooLarge()
    append(case.parts.accumulator, value=b"later")
    case.refuse()
    sent = []
    while case.parts.accumulator.incomplete.has_open:
        case.parts.sender.run_once()
        sent += sent_values(case.parts.client)
        case.parts.client.respond(produce_response(answer(base_offset=len(sent))))
    assert sent[-1] == b"later"


@pytest.mark.behaviour(153)
def test_a_single_record_that_is_too_large_fails() -> None:
    parts = SenderParts()
    future = append(parts.accumulator, value=b"a")
    parts.sender.run_once()
    parts.client.respond(produce_response(answer(error_code=TOO_LARGE)))
    with pytest.raises(RecordTooLargeError):
        future.result()


@pytest.mark.behaviour(153)
def test_the_parts_are_as_old_as_the_batch_was() -> None:
    case = TooLarge(delivery_timeout_ms=5_000)
    case.parts.clock.sleep(4_000)
    case.refuse()
    case.parts.clock.sleep(1_000)
    case.parts.sender.fail_expired_batches(case.parts.metadata.cluster, case.parts.clock.now_ms())
    for future in case.futures:
        with pytest.raises(KafkaTimeoutError):
            future.result()


@pytest.mark.behaviour(151)
def test_a_batch_that_was_given_up_before_is_not_split() -> None:
    case = TooLarge(delivery_timeout_ms=5_000)
    case.parts.clock.sleep(5_000)
    case.parts.sender.fail_expired_batches(case.parts.metadata.cluster, case.parts.clock.now_ms())
    case.refuse()
    assert not case.parts.accumulator.incomplete.has_open
    assert case.parts.accumulator.buffer_pool.available_bytes == case.parts.accumulator.buffer_pool.total_bytes


@pytest.mark.behaviour(142)
def test_a_flush_that_waits_for_a_batch_waits_for_its_parts() -> None:
    case = TooLarge()
    queues = case.parts.accumulator
    accepts = [lambda offset=offset: case.accept(offset) for offset in range(4)]
    case.parts.clock.while_waiting = [case.refuse, *accepts]
    queues.begin_flush()
    queues.await_flush_completion(60_000)
    assert all(future.done() for future in case.futures)


@pytest.mark.behaviour(142)
def test_a_flush_gives_up_when_its_time_is_over_in_the_middle_of_a_split() -> None:
    case = TooLarge()
    case.parts.clock.while_waiting = [case.refuse]
    case.parts.accumulator.begin_flush()
    with pytest.raises(KafkaTimeoutError):
        case.parts.accumulator.await_flush_completion(1_000)


@pytest.mark.behaviour(163)
def test_whoever_waits_for_a_future_is_sent_on_to_the_part() -> None:
    case = TooLarge()
    case.parts.clock.while_waiting = [case.refuse, lambda: case.accept(40)]
    assert case.futures[0].result(timeout=10).offset == 40


@pytest.mark.behaviour(163)
def test_a_done_callback_is_called_when_the_part_is_done() -> None:
    case = TooLarge()
    called: list[object] = []
    case.futures[0].add_done_callback(called.append)
    case.refuse()
    assert called == []
    case.futures[0].add_done_callback(called.append)
    case.accept(40)
    assert called == [case.futures[0]] * 2


@pytest.mark.behaviour(163)
def test_an_awaited_future_is_told_when_the_part_is_done() -> None:
    case = TooLarge()

    async def main() -> int:
        waiting = asyncio.ensure_future(_awaited(case))
        await asyncio.sleep(0)
        case.refuse()
        await asyncio.sleep(0)
        assert not waiting.done()
        case.accept(40)
        return await waiting

    assert asyncio.run(main()) == 40


async def _awaited(case: TooLarge) -> int:
    return (await case.futures[0]).offset


def test_the_parts_are_aborted_when_the_producer_is_closed_by_force() -> None:
    case = TooLarge()
    case.refuse()
    case.parts.sender.force_close()
    case.parts.sender.run()
    assert all(future.exception() is not None for future in case.futures)


def test_the_names_of_the_parts_partition_stay() -> None:
    case = TooLarge()
    case.refuse()
    case.accept(7)
    assert case.outcomes.metadata[0].topic == ORDERS_0.topic


@pytest.mark.behaviour(153)
@pytest.mark.parametrize("options", [{}, {"enable_idempotence": False, "max_in_flight_requests_per_connection": 1}])
def test_a_broker_that_takes_only_small_batches_gets_all_records_in_order(options: dict[str, object]) -> None:
    values = [b"%04d" % number * 20 for number in range(500)]
    with EmbeddedCluster(config=BrokerConfig(message_max_bytes=1_000)) as small:
        with KafkaProducer(bootstrap_servers=small.bootstrap_servers, linger_ms=50, **options) as producer:
            futures = [producer.send("orders", value, partition=0) for value in values]
            too_large = producer.send("orders", b"a" * 2_000, partition=0)
        assert [record.value for record in small.log("orders", 0).records()] == values
    assert [future.result().offset for future in futures] == list(range(500))
    with pytest.raises(RecordTooLargeError, match=r"It takes 20\d\d bytes"):
        too_large.result()
