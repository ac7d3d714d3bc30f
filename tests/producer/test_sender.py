"""The producer's own thread, stepped by hand: what leaves when, how long it sleeps, how it ends."""

import logging

import pytest

from kafka_nio.clock import NEVER
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import IllegalStateError, KafkaError, KafkaTimeoutError, NotEnoughReplicasError
from kafka_nio.producer import RecordMetadata
from kafka_nio.protocol.messages import ProduceRequest
from kafka_nio.protocol.record_batch import RecordBatch
from tests.producer.parts import (
    NODE_0,
    NODE_1,
    ORDERS_0,
    ORDERS_1,
    ORDERS_2,
    ORDERS_ID,
    Outcomes,
    SenderParts,
    answer,
    append,
    produce_response,
    sent_partitions,
)


@pytest.fixture
def parts() -> SenderParts:
    """Three partitions of `orders`, led by node 0; nothing lingers."""
    return SenderParts()


# Making requests...


def test_one_request_carries_the_batches_of_a_node(parts: SenderParts) -> None:
    append(parts.accumulator, ORDERS_0)
    append(parts.accumulator, ORDERS_1)
    parts.sender.run_once()
    assert [sent_partitions(request) for request in parts.client.requests] == [[ORDERS_0, ORDERS_1]]


def test_each_node_gets_a_request_of_its_own() -> None:
    parts = SenderParts(leaders=(NODE_0, NODE_1))
    append(parts.accumulator, ORDERS_0)
    append(parts.accumulator, ORDERS_1)
    parts.sender.run_once()
    assert {request.destination: sent_partitions(request) for request in parts.client.requests} == {
        "0": [ORDERS_0],
        "1": [ORDERS_1],
    }


def test_a_request_says_how_many_must_have_the_records_and_how_long_that_may_take() -> None:
    parts = SenderParts(acks=1)
    append(parts.accumulator, ORDERS_0, b"one coffee")
    parts.sender.run_once()
    request = parts.client.take()
    assert isinstance(request.request, ProduceRequest)
    assert (request.request.acks, request.request.timeout_ms) == (1, 30_000)
    assert request.request.transactional_id is None
    assert request.expect_response


def test_a_request_names_topics_both_ways(parts: SenderParts) -> None:
    """The version, which is chosen later, decides whether the name or the id travels."""
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    request = parts.client.take().request
    assert isinstance(request, ProduceRequest)
    assert [(topic.name, topic.topic_id) for topic in request.topics] == [("orders", ORDERS_ID)]


def test_the_records_are_in_the_request(parts: SenderParts) -> None:
    append(parts.accumulator, ORDERS_0, b"one coffee")
    parts.sender.run_once()
    request = parts.client.take().request
    assert isinstance(request, ProduceRequest)
    records = request.topics[0].partitions[0].records
    assert records is not None
    assert [record.value for record in RecordBatch(records).records()] == [b"one coffee"]


@pytest.mark.behaviour(157)
def test_without_acks_no_answer_is_expected() -> None:
    parts = SenderParts(acks=0)
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    assert not parts.client.take().expect_response


def test_requests_are_measured(parts: SenderParts) -> None:
    append(parts.accumulator, ORDERS_0)
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    parts.clock.sleep(7)
    parts.client.respond(produce_response(answer(base_offset=0)))
    measured = parts.metrics.snapshot()
    assert measured["records-per-request-avg"] == 2
    assert measured["request-latency-max"] == 7
    assert measured["batch-size-max"] > 61


# Leaders...


@pytest.mark.behaviour(146)
def test_without_a_leader_nothing_is_sent_and_metadata_is_asked_for() -> None:
    parts = SenderParts(leaders=(None,))
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    assert parts.client.requests == []
    assert parts.metadata.time_to_next_update(parts.clock.now_ms() + 10_000) == 0
    parts.learn(NODE_1)
    parts.sender.run_once()
    assert parts.client.take().destination == "1"


@pytest.mark.behaviour(146)
def test_a_topic_with_records_is_not_forgotten(parts: SenderParts) -> None:
    append(parts.accumulator, TopicPartition("forgotten", 0))
    parts.sender.run_once()
    assert "forgotten" in parts.metadata.topics


def test_a_topic_in_use_stays_in_use(parts: SenderParts) -> None:
    for _ in range(10):
        parts.clock.sleep(100_000)
        append(parts.accumulator, ORDERS_0)
        parts.sender.run_once()
        parts.client.respond(produce_response(answer(base_offset=0)))
        parts.learn_again()
    assert "orders" in parts.metadata.topics


# How long it sleeps...


def test_with_nothing_to_do_it_sleeps_until_something_happens(parts: SenderParts) -> None:
    parts.sender.run_once()
    assert parts.polled_ms == NEVER


@pytest.mark.behaviour(144)
def test_after_sending_it_looks_again_at_once(parts: SenderParts) -> None:
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    assert parts.polled_ms == 0


@pytest.mark.behaviour(144)
def test_it_sleeps_until_a_batch_has_lingered() -> None:
    parts = SenderParts(linger_ms=10)
    append(parts.accumulator, ORDERS_0)
    parts.clock.sleep(4)
    parts.sender.run_once()
    assert parts.polled_ms == 6
    assert parts.client.requests == []


@pytest.mark.behaviour(144)
def test_it_sleeps_no_longer_than_until_the_next_batch_expires(parts: SenderParts) -> None:
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    parts.sender.run_once()
    assert parts.polled_ms == 120_000


@pytest.mark.behaviour(144)
def test_a_node_that_is_not_ready_makes_it_sleep_until_that_can_change(parts: SenderParts) -> None:
    parts.client.not_ready.add(0)
    parts.client.delay_ms = 50
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    assert parts.polled_ms == 50
    assert parts.client.requests == []


@pytest.mark.behaviour(145)
def test_a_node_that_is_not_ready_never_makes_it_spin(parts: SenderParts) -> None:
    parts.client.not_ready.add(0)
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    assert parts.polled_ms == 120_000, "until the batch expires, unless the network ends the sleep"


@pytest.mark.behaviour(144)
def test_the_sleep_is_never_negative(parts: SenderParts) -> None:
    parts.client.not_ready.add(0)
    parts.client.delay_ms = -5
    append(parts.accumulator, ORDERS_0)
    parts.clock.sleep(119_999)
    parts.sender.run_once()
    parts.clock.sleep(500_000)
    parts.sender.run_once()
    assert min(parts.client.poll_timeouts) >= 0


# The order of batches...


def test_with_one_request_at_a_time_a_partitions_batches_leave_one_by_one() -> None:
    parts = SenderParts(guarantee_message_order=True)
    append(parts.accumulator, ORDERS_0, b"first")
    parts.sender.run_once()
    append(parts.accumulator, ORDERS_0, b"second")
    append(parts.accumulator, ORDERS_1, b"other partition")
    parts.sender.run_once()
    assert [sent_partitions(request) for request in parts.client.requests] == [[ORDERS_0], [ORDERS_1]]


@pytest.mark.behaviour(147)
def test_a_partition_is_muted_before_its_request_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = SenderParts(guarantee_message_order=True)
    muted: list[set[tuple[str, int]]] = []
    monkeypatch.setattr(parts.client, "send", lambda *_: muted.append(set(parts.accumulator._drain.muted)))
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    assert muted == [{ORDERS_0}]


def test_a_retry_goes_before_the_batches_behind_it_if_the_order_is_kept() -> None:
    parts = SenderParts(guarantee_message_order=True)
    append(parts.accumulator, ORDERS_0, b"first")
    parts.sender.run_once()
    append(parts.accumulator, ORDERS_0, b"second")
    parts.client.respond(produce_response(answer(error_code=NotEnoughReplicasError.code)))
    parts.clock.sleep(1_000)
    parts.sender.run_once()
    request = parts.client.take().request
    assert isinstance(request, ProduceRequest)
    records = request.topics[0].partitions[0].records
    assert records is not None
    assert [record.value for record in RecordBatch(records).records()] == [b"first"]


@pytest.mark.behaviour(149)
def test_a_batch_that_expires_under_way_keeps_its_partition_muted_until_its_request_has_ended() -> None:
    parts = SenderParts(guarantee_message_order=True)
    first = append(parts.accumulator, ORDERS_0, b"first")
    parts.sender.run_once()
    request = parts.client.take()
    parts.clock.sleep(120_000)
    append(parts.accumulator, ORDERS_0, b"second")
    parts.sender.run_once()
    assert first.done()
    parts.sender.run_once()
    assert parts.client.requests == []
    parts.client.respond(to=request, disconnected=True, failure="closed by the peer")
    parts.sender.run_once()
    assert len(parts.client.requests) == 1


# Batches that are too late...


def test_a_batch_without_a_leader_expires_and_says_so() -> None:
    parts = SenderParts(leaders=(None,))
    outcomes = Outcomes()
    future = append(parts.accumulator, ORDERS_0, callback=outcomes)
    parts.metadata.progress.failed("connect to broker-0:9092 failed: Connection refused")
    parts.clock.sleep(120_000)
    parts.sender.run_once()
    with pytest.raises(
        KafkaTimeoutError,
        match=r"Expiring 1 record\(s\) for orders-0: 120000 ms have passed since the batch was made; "
        r"no leader is known for the partition \(connect to broker-0:9092 failed: Connection refused\)",
    ):
        future.result()
    assert outcomes.metadata == [RecordMetadata("orders", 0)]
    assert parts.accumulator.buffer_pool.available_bytes == 100_000


def test_a_batch_whose_leader_was_never_ready_expires_and_says_so(parts: SenderParts) -> None:
    parts.client.not_ready.add(0)
    future = append(parts.accumulator, ORDERS_0)
    parts.clock.sleep(120_000)
    parts.sender.run_once()
    with pytest.raises(KafkaTimeoutError, match=r"its leader broker-0:9092 \(node 0\) was not ready to take a request"):
        future.result()


def test_a_batch_says_what_kept_it_from_its_own_leader(parts: SenderParts) -> None:
    """Of another node, which was heard of since, it is not the fault."""
    parts.client.not_ready.add(0)
    parts.client.failures[0] = "connection to broker-0:9092 failed: certificate has expired"
    future = append(parts.accumulator, ORDERS_0)
    parts.clock.sleep(120_000)
    parts.sender.run_once()
    with pytest.raises(KafkaTimeoutError, match=r"take a request \(connection to .* certificate has expired\)"):
        future.result()


def test_a_batch_that_was_tried_in_vain_expires_with_its_last_error(parts: SenderParts) -> None:
    future = append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    parts.client.respond(produce_response(answer(error_code=NotEnoughReplicasError.code)))
    parts.client.not_ready.add(0)
    parts.clock.sleep(120_000)
    parts.sender.run_once()
    error = future.exception()
    assert isinstance(error, KafkaTimeoutError)
    assert "its only attempt failed: Fewer replicas are in sync" in str(error)
    assert isinstance(error.__cause__, NotEnoughReplicasError)


@pytest.mark.behaviour(132, 150)
def test_a_batch_under_way_expires_and_says_who_did_not_answer(parts: SenderParts) -> None:
    future = append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    parts.clock.sleep(120_000)
    parts.sender.run_once()
    with pytest.raises(KafkaTimeoutError, match=r"its leader broker-0:9092 \(node 0\) has not answered the request"):
        future.result()


@pytest.mark.behaviour(151)
def test_a_batch_expires_once(parts: SenderParts) -> None:
    outcomes = Outcomes()
    append(parts.accumulator, ORDERS_0, callback=outcomes)
    parts.sender.run_once()
    parts.clock.sleep(120_000)
    parts.sender.run_once()
    parts.sender.run_once()
    parts.client.respond(disconnected=True, failure="closed by the peer")
    parts.clock.sleep(10_000)
    parts.sender.run_once()
    assert len(outcomes.errors) == 1
    assert parts.client.requests == []


# The end...


@pytest.mark.behaviour(187)
def test_a_graceful_close_sends_what_lingers_and_waits_for_the_answer() -> None:
    parts = SenderParts(linger_ms=60_000)
    future = append(parts.accumulator, ORDERS_0)
    parts.sender.initiate_close()
    parts.client.while_polling += [
        lambda: None,
        lambda: parts.client.respond(produce_response(answer(base_offset=3))),
    ]
    parts.sender.run()
    assert future.result().offset == 3
    assert parts.client.is_closed


def test_a_graceful_close_retries() -> None:
    parts = SenderParts()
    future = append(parts.accumulator, ORDERS_0)
    parts.sender.initiate_close()
    parts.client.while_polling += [
        lambda: parts.client.respond(produce_response(answer(error_code=NotEnoughReplicasError.code))),
        lambda: parts.clock.sleep(1_000),
        lambda: parts.client.respond(produce_response(answer(base_offset=3))),
    ]
    parts.sender.run()
    assert future.result().offset == 3


def test_a_graceful_close_ends_when_the_delivery_timeout_has_failed_everything(parts: SenderParts) -> None:
    parts.client.not_ready.add(0)
    future = append(parts.accumulator, ORDERS_0)
    parts.sender.initiate_close()
    parts.client.while_polling.append(lambda: parts.clock.sleep(120_000))
    parts.sender.run()
    assert isinstance(future.exception(), KafkaTimeoutError)


@pytest.mark.behaviour(143)
def test_a_forced_close_fails_what_is_queued_and_what_is_under_way(
    parts: SenderParts, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes = Outcomes()
    futures = [append(parts.accumulator, ORDERS_0, callback=outcomes)]
    parts.sender.run_once()
    futures.append(append(parts.accumulator, ORDERS_1, callback=outcomes))
    parts.sender.force_close()
    with caplog.at_level(logging.WARNING):
        parts.sender.run()
    for future in futures:
        with pytest.raises(KafkaError, match="closed by force"):
            future.result()
    assert len(outcomes.errors) == 2
    assert "2 records were given up" in caplog.text
    assert parts.client.is_closed


def test_closing_while_the_loop_runs_ends_it(parts: SenderParts) -> None:
    parts.client.while_polling.append(parts.sender.initiate_close)
    parts.sender.run()
    assert parts.client.is_closed


@pytest.mark.behaviour(186)
def test_after_closing_begins_nothing_is_appended(parts: SenderParts) -> None:
    parts.sender.initiate_close()
    with pytest.raises(IllegalStateError):
        append(parts.accumulator, ORDERS_0)


@pytest.mark.behaviour(186)
def test_a_close_shuts_the_accumulator_before_it_stops_the_loop(
    parts: SenderParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the loop could make its last turn, and then a record could still be added."""
    was_running: list[bool] = []
    monkeypatch.setattr(parts.accumulator, "close", lambda: was_running.append(parts.sender._running))
    parts.sender.initiate_close()
    assert was_running == [True]
    assert not parts.sender._running


def test_the_end_tells_whoever_waits_for_metadata(parts: SenderParts) -> None:
    parts.sender.initiate_close()
    parts.sender.run()
    with pytest.raises(IllegalStateError):
        parts.metadata.await_update(parts.metadata.update_version, 1_000)


def test_closing_wakes_the_loop(parts: SenderParts) -> None:
    parts.sender.initiate_close()
    assert parts.client.wakeups == 1


def test_an_abandoned_sender_has_limited_time_and_says_how_many_records_it_gave_up(
    parts: SenderParts, caplog: pytest.LogCaptureFixture
) -> None:
    parts.client.not_ready.add(0)
    future = append(parts.accumulator, ORDERS_0)
    parts.sender.abandon(timeout_ms=10_000)
    parts.client.while_polling.append(lambda: parts.clock.sleep(parts.polled_ms))
    with caplog.at_level(logging.WARNING):
        parts.sender.run()
    assert parts.polled_ms == 10_000
    with pytest.raises(KafkaError, match="dropped without close"):
        future.result()
    assert "1 records were given up" in caplog.text


def test_an_abandoned_sender_still_sends_what_it_can(parts: SenderParts) -> None:
    future = append(parts.accumulator, ORDERS_2)
    parts.sender.abandon(timeout_ms=10_000)
    parts.client.while_polling.append(lambda: parts.client.respond(produce_response(answer(2, base_offset=9))))
    parts.sender.run()
    assert future.result().offset == 9


# What nobody foresaw...


@pytest.mark.behaviour(171)
def test_an_error_in_the_loop_is_logged_and_the_loop_goes_on(
    parts: SenderParts, caplog: pytest.LogCaptureFixture
) -> None:
    parts.client.while_polling += [lambda: 1 / 0, parts.sender.initiate_close]
    parts.sender.run()
    assert "Uncaught error in the producer's thread" in caplog.text
    assert len(parts.client.poll_timeouts) == 2


def test_whatever_ends_the_thread_no_future_stays_open(parts: SenderParts) -> None:
    def end_the_thread() -> None:
        raise SystemExit

    parts.client.not_ready.add(0)
    future = append(parts.accumulator, ORDERS_0)
    parts.client.while_polling.append(end_the_thread)
    with pytest.raises(SystemExit):
        parts.sender.run()
    assert isinstance(future.exception(), KafkaError)


def test_a_request_that_cannot_be_made_does_not_lose_its_batch(
    parts: SenderParts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(request: object, now_ms: int) -> None:
        raise IllegalStateError("node 0 is not ready")

    future = append(parts.accumulator, ORDERS_0)
    with monkeypatch.context() as patch:
        patch.setattr(parts.client, "send", refuse)
        with pytest.raises(IllegalStateError):
            parts.sender.run_once()
    parts.clock.sleep(120_000)
    parts.sender.run_once()
    assert isinstance(future.exception(), KafkaTimeoutError)


def test_the_sender_tells_its_state(parts: SenderParts) -> None:
    append(parts.accumulator, ORDERS_0)
    parts.sender.run_once()
    assert repr(parts.sender) == "<Sender: running, 1 batches under way>"
    parts.sender.initiate_close()
    assert repr(parts.sender) == "<Sender: closing, 1 batches under way>"
