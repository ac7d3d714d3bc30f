"""A producer and brokers over real sockets: what is acknowledged is there, and everybody is told the rest."""

import threading
from collections import defaultdict

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.faults import Ending, Fault
from kafka_nio.errors import (
    BufferExhaustedError,
    IllegalStateError,
    KafkaError,
    KafkaTimeoutError,
    NotEnoughReplicasError,
    NotLeaderOrFollowerError,
    RecordTooLargeError,
)
from kafka_nio.producer import FutureRecordMetadata, KafkaProducer, RecordMetadata
from kafka_nio.protocol.api import ApiKey

LONG_S = 30
"""For waits that end long before, unless something is broken."""


def producer(cluster: EmbeddedCluster, **options: object) -> KafkaProducer:
    return KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, **{"linger_ms": 0, **options})


def values(cluster: EmbeddedCluster, partition: int, topic: str = "orders") -> list[bytes | None]:
    return [record.value for record in cluster.log(topic, partition).records()]


def all_values(cluster: EmbeddedCluster, topic: str = "orders") -> list[bytes | None]:
    return [value for partition in range(3) for value in values(cluster, partition, topic)]


def test_a_record_arrives_where_its_metadata_says(cluster: EmbeddedCluster) -> None:
    with producer(cluster) as sending:
        metadata = sending.send("orders", b"one coffee", key=b"table 4", headers=[("a", None)]).result(LONG_S)
    (record,) = cluster.log("orders", metadata.partition).records()
    assert (record.offset, record.timestamp_ms) == (metadata.offset, metadata.timestamp_ms)
    assert (record.key, record.value, record.headers) == (b"table 4", b"one coffee", (("a", None),))
    assert (metadata.serialized_key_size, metadata.serialized_value_size) == (7, 10)


def test_each_partition_keeps_the_order_of_send(cluster: EmbeddedCluster) -> None:
    sent: dict[int, list[bytes]] = defaultdict(list)
    with producer(cluster, batch_size=500) as sending:
        for number in range(3_000):
            value = b"%d" % number
            sending.send("orders", value, partition=number % 3)
            sent[number % 3].append(value)
    assert {partition: values(cluster, partition) for partition in range(3)} == sent


def test_records_from_many_threads_all_arrive_each_threads_in_order(cluster: EmbeddedCluster) -> None:
    with producer(cluster, batch_size=1_000) as sending:

        def send_many(name: int) -> None:
            for number in range(500):
                sending.send("orders", b"%d %d" % (name, number), partition=0)

        threads = [threading.Thread(target=send_many, args=(name,)) for name in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    arrived = [value.split() for value in values(cluster, 0) if value is not None]
    for name in range(4):
        numbers = [int(number) for sender, number in arrived if int(sender) == name]
        assert numbers == list(range(500))


@pytest.mark.parametrize("acks", [0, 1, "all"])
def test_records_arrive_whoever_must_acknowledge_them(cluster: EmbeddedCluster, acks: object) -> None:
    with producer(cluster, acks=acks) as sending:
        futures = [sending.send("orders", b"%d" % number) for number in range(100)]
        sending.flush(LONG_S)
        # Without acks nothing but the order of requests on the connection says that a record was taken.
        assert all((future.result().offset == -1) == (acks == 0) for future in futures)
        if acks == 0:
            assert cluster_has(cluster, 100)
    assert sorted(all_values(cluster)) == sorted(b"%d" % number for number in range(100))


def cluster_has(cluster: EmbeddedCluster, count: int) -> bool:
    """Wait until so many records have arrived."""
    moment = threading.Event()
    return any(len(all_values(cluster)) == count or moment.wait(0.01) for _ in range(LONG_S * 100))


def test_several_topics_travel_together(cluster: EmbeddedCluster) -> None:
    with producer(cluster) as sending:
        for topic in ("orders", "bills", "tips"):
            sending.send(topic, topic.encode(), partition=0)
    assert [values(cluster, 0, topic) for topic in ("orders", "bills", "tips")] == [[b"orders"], [b"bills"], [b"tips"]]


# Callbacks...


@pytest.mark.behaviour(159)
def test_callbacks_come_in_order_on_the_producers_own_thread(cluster: EmbeddedCluster) -> None:
    seen: list[tuple[int, str]] = []
    with producer(cluster, client_id="shop") as sending:
        for _ in range(100):
            sending.send(
                "orders",
                b"a",
                partition=0,
                callback=lambda metadata, error: seen.append((metadata.offset, threading.current_thread().name)),
            )
    assert seen == [(offset, "kafka-producer-network-thread | shop") for offset in range(100)]


def test_a_callback_may_send(cluster: EmbeddedCluster) -> None:
    followed_up = threading.Event()
    futures: list[FutureRecordMetadata] = []
    with producer(cluster) as sending:

        def follow_up(metadata: RecordMetadata, error: KafkaError | None) -> None:
            futures.append(sending.send("orders", b"second", partition=1))
            followed_up.set()

        sending.send("orders", b"first", partition=0, callback=follow_up)
        assert followed_up.wait(LONG_S)
    assert futures[0].result(0).partition == 1
    assert values(cluster, 1) == [b"second"]


@pytest.mark.behaviour(188)
def test_a_callback_that_waits_for_its_own_thread_is_refused(cluster: EmbeddedCluster) -> None:
    errors: list[BaseException] = []

    def wait(metadata: RecordMetadata, error: KafkaError | None) -> None:
        for waiting in (sending.flush, sending.send("orders", b"second").result):
            try:
                waiting()
            except IllegalStateError as refused:
                errors.append(refused)

    with producer(cluster) as sending:
        sending.send("orders", b"first", callback=wait).result(LONG_S)
    assert len(errors) == 2
    assert all("inside a callback" in str(error) for error in errors)


@pytest.mark.behaviour(185)
def test_closing_inside_a_callback_closes_by_force(cluster: EmbeddedCluster, caplog: pytest.LogCaptureFixture) -> None:
    sending = producer(cluster, linger_ms=60_000)
    infos = sending.partitions_for("orders")
    elsewhere = next(info.partition for info in infos if info.leader != infos[0].leader)
    lingering = sending.send("orders", b"b", partition=elsewhere)
    full = sending.send("orders", b"a" * 20_000, partition=0, callback=lambda metadata, error: sending.close())
    assert full.result(LONG_S).offset == 0
    with pytest.raises(KafkaError, match="closed by force"):
        lingering.result(LONG_S)
    sending.close()
    assert "closed inside a callback" in caplog.text


# Flushing and closing...


def test_after_a_flush_every_record_has_its_outcome(cluster: EmbeddedCluster) -> None:
    with producer(cluster, linger_ms=60_000) as sending:
        futures = [sending.send("orders", b"a") for _ in range(1_000)]
        sending.flush(LONG_S)
        assert all(future.done() for future in futures)


def test_a_flush_may_give_up_before_the_broker_answers(cluster: EmbeddedCluster) -> None:
    with producer(cluster) as sending:
        sending.partitions_for("orders")
        cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE))
        sending.send("orders", b"a")
        with pytest.raises(KafkaTimeoutError, match="1 batches without an outcome after a flush of 10 ms"):
            sending.flush(0.01)
        sending.close(timeout=0)


@pytest.mark.behaviour(187)
def test_leaving_the_block_sends_what_lingers(cluster: EmbeddedCluster) -> None:
    with producer(cluster, linger_ms=60_000) as sending:
        future = sending.send("orders", b"a")
    assert future.result(0).offset == 0


def test_leaving_the_block_by_an_exception_sends_what_lingers_too(cluster: EmbeddedCluster) -> None:
    future = None
    with pytest.raises(ZeroDivisionError), producer(cluster, linger_ms=60_000) as sending:  # noqa: PT012
        future = sending.send("orders", b"a")
        raise ZeroDivisionError
    assert future is not None
    assert future.result(0).offset == 0


@pytest.mark.behaviour(190)
def test_closing_twice_is_fine(cluster: EmbeddedCluster) -> None:
    sending = producer(cluster)
    sending.send("orders", b"a")
    sending.close()
    sending.close()
    sending.close(0)
    assert all_values(cluster) == [b"a"]


@pytest.mark.behaviour(185)
def test_closing_without_time_fails_what_is_not_answered(cluster: EmbeddedCluster) -> None:
    sending = producer(cluster, linger_ms=60_000)
    futures = [sending.send("orders", b"a") for _ in range(10)]
    sending.close(timeout=0)
    for future in futures:
        with pytest.raises(KafkaError, match="closed by force"):
            future.result(0)


@pytest.mark.behaviour(185)
def test_closing_with_too_little_time_fails_what_is_left(cluster: EmbeddedCluster) -> None:
    sending = producer(cluster)
    assert sending.send("orders", b"a", partition=0).result(LONG_S).offset == 0
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE))
    future = sending.send("orders", b"b", partition=0)
    sending.close(timeout=0.2)
    with pytest.raises(KafkaError, match="closed by force"):
        future.result(0)


@pytest.mark.behaviour(141, 184)
def test_closing_wakes_a_thread_that_waits_for_memory(cluster: EmbeddedCluster) -> None:
    sending = producer(cluster, buffer_memory=16_384, linger_ms=0)
    sending.partitions_for("orders")
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE))
    sending.send("orders", b"a", partition=0)
    raised: list[BaseException] = []

    def wait_for_memory() -> None:
        try:
            sending.send("orders", b"b", partition=1)
        except IllegalStateError as error:
            raised.append(error)

    waiting = threading.Thread(target=wait_for_memory)
    waiting.start()
    in_line = threading.Event()
    while not sending.metrics()["waiting-threads"]:
        in_line.wait(0.001)
    sending.close(timeout=0)
    waiting.join(LONG_S)
    assert len(raised) == 1


# When things go wrong...


@pytest.mark.parametrize("error", [NotLeaderOrFollowerError, NotEnoughReplicasError])
def test_an_error_that_passes_only_delays_the_records(cluster: EmbeddedCluster, error: type[KafkaError]) -> None:
    with producer(cluster) as sending:
        cluster.faults.add(Fault(ApiKey.PRODUCE, error=error, times=2))
        assert sending.send("orders", b"a", partition=0).result(LONG_S).offset == 0
        assert sending.metrics()["record-retry-total"] == 2
    assert values(cluster, 0) == [b"a"]


def test_an_error_that_does_not_pass_reaches_the_caller(cluster: EmbeddedCluster) -> None:
    with producer(cluster) as sending:
        cluster.faults.add(Fault(ApiKey.PRODUCE, error=RecordTooLargeError))
        with pytest.raises(RecordTooLargeError):
            sending.send("orders", b"a").result(LONG_S)


def test_a_request_lost_with_its_connection_is_sent_again(cluster: EmbeddedCluster) -> None:
    with producer(cluster) as sending:
        cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.REQUEST_LOST))
        assert sending.send("orders", b"a", partition=0).result(LONG_S).offset == 0
    assert values(cluster, 0) == [b"a"]


def test_a_lost_answer_makes_no_duplicate(cluster: EmbeddedCluster) -> None:
    with producer(cluster) as sending:
        cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.RESPONSE_LOST))
        assert sending.send("orders", b"a", partition=0).result(LONG_S).offset == 0
    assert values(cluster, 0) == [b"a"]


def test_a_lost_answer_makes_a_duplicate_without_idempotence(cluster: EmbeddedCluster) -> None:
    with producer(cluster, enable_idempotence=False) as sending:
        cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.RESPONSE_LOST))
        assert sending.send("orders", b"a", partition=0).result(LONG_S).offset == 1
    assert values(cluster, 0) == [b"a", b"a"]


def test_silence_costs_a_request_timeout_and_no_record(cluster: EmbeddedCluster) -> None:
    with producer(cluster, request_timeout_ms=1_000) as sending:
        sending.partitions_for("orders")
        cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE))
        metadata = sending.send("orders", b"a", partition=0).result(LONG_S)
    assert metadata.offset == 0, "the silent broker had written it, too, and noticed"
    assert values(cluster, 0) == [b"a"]


@pytest.mark.behaviour(155)
def test_records_follow_a_leader_that_moves(cluster: EmbeddedCluster) -> None:
    with producer(cluster) as sending:
        old = sending.send("orders", b"before", partition=0).result(LONG_S)
        leader = sending.partitions_for("orders")[0].leader
        assert leader is not None
        cluster.move_leader("orders", 0, 1 - leader.id)
        new = sending.send("orders", b"after", partition=0).result(LONG_S)
    assert (old.offset, new.offset) == (0, 1)
    assert values(cluster, 0) == [b"before", b"after"]


def test_with_one_request_at_a_time_the_order_survives_retries(cluster: EmbeddedCluster) -> None:
    with producer(cluster, max_in_flight_requests_per_connection=1, batch_size=200, retry_backoff_ms=5) as sending:
        sending.partitions_for("orders")
        cluster.faults.add(Fault(ApiKey.PRODUCE, error=NotEnoughReplicasError, times=5))
        for number in range(200):
            sending.send("orders", b"%d" % number, partition=0)
    assert values(cluster, 0) == [b"%d" % number for number in range(200)]


def test_without_any_broker_the_record_fails_with_the_reason() -> None:
    with KafkaProducer(bootstrap_servers="127.0.0.1:1", max_block_ms=1_000) as sending:
        error = sending.send("orders", b"a").exception(LONG_S)
    assert isinstance(error, KafkaTimeoutError)
    assert str(error) == (
        "Topic orders not present in metadata after 1000 ms: connect to 127.0.0.1:1 failed: Connection refused"
    )


def test_a_broker_that_goes_away_lets_records_expire_with_the_reason() -> None:
    cluster = EmbeddedCluster()
    cluster.start()
    with producer(cluster, request_timeout_ms=500, delivery_timeout_ms=1_000) as sending:
        sending.send("orders", b"a").result(LONG_S)
        cluster.close()
        with pytest.raises(KafkaTimeoutError, match=r"Expiring 1 record\(s\) for orders-0: \d+ ms have passed"):
            sending.send("orders", b"b").result(LONG_S)


@pytest.mark.behaviour(137, 173)
def test_a_broker_that_keeps_silent_fills_the_memory_and_send_says_so(cluster: EmbeddedCluster) -> None:
    sending = producer(cluster, buffer_memory=40_000, max_block_ms=500)
    sending.partitions_for("orders")
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE, times=1_000))
    futures = [sending.send("orders", b"x" * 15_000, partition=0) for _ in range(4)]
    assert [type(future.exception(0)) for future in futures[2:]] == [BufferExhaustedError] * 2
    assert not futures[0].done()
    sending.close(timeout=0)


def test_every_acknowledged_record_is_there_and_no_future_stays_open(cluster: EmbeddedCluster) -> None:
    """Whatever happens on the way: refused, lost, answered late, or not at all."""
    for ending in Ending:
        cluster.faults.add(Fault(ApiKey.PRODUCE, ending=ending, times=2, delay_ms=20))
    cluster.faults.add(Fault(ApiKey.PRODUCE, error=NotLeaderOrFollowerError, times=3))
    cluster.faults.add(Fault(ApiKey.PRODUCE, error=RecordTooLargeError, times=2))
    called: list[KafkaError | None] = []
    with producer(cluster, batch_size=300, request_timeout_ms=150, retry_backoff_ms=5, retries=3) as sending:
        futures = [
            sending.send("orders", b"%d" % number, callback=lambda metadata, error: called.append(error))
            for number in range(500)
        ]
    assert all(future.done() for future in futures)
    assert len(called) == 500
    for number, future in enumerate(futures):
        if future.exception() is None:
            metadata = future.result()
            assert values(cluster, metadata.partition)[metadata.offset] == b"%d" % number


def test_memory_that_was_used_up_can_be_used_again(cluster: EmbeddedCluster) -> None:
    """The records that hold it are given up, because their broker is silent for too long; then `send` goes on."""
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE))
    scarce = {"batch_size": 1_000, "buffer_memory": 1_000, "linger_ms": 0}
    with KafkaProducer(
        bootstrap_servers=cluster.bootstrap_servers, request_timeout_ms=300, delivery_timeout_ms=300, **scarce
    ) as producer:
        lost = producer.send("orders", b"lost", partition=0)
        assert producer.send("orders", b"taken", partition=1).result().offset == 0
    assert isinstance(lost.exception(), KafkaTimeoutError)
