"""What the end of a Produce request means for its batches."""

import pytest

from kafka_nio.clock import NEVER
from kafka_nio.errors import (
    ApiError,
    DuplicateSequenceNumberError,
    InvalidRecordError,
    InvalidRequestError,
    InvalidTimestampError,
    KafkaError,
    NetworkExceptionError,
    NotEnoughReplicasError,
    NotLeaderOrFollowerError,
    RecordTooLargeError,
    RequestTimedOutError,
    SerializationError,
    TopicAuthorizationFailedError,
    UnknownServerError,
    UnsupportedVersionError,
)
from kafka_nio.producer.futures import FutureRecordMetadata
from kafka_nio.protocol.messages import ProduceResponse, TopicProduceResponse
from kafka_nio.protocol.messages.produce import BatchIndexAndErrorMessage
from tests.producer.parts import ORDERS_0, ORDERS_1, ORDERS_ID, SenderParts, answer, append, produce_response


def sent(parts: SenderParts, values: tuple[bytes, ...] = (b"a",)) -> list[FutureRecordMetadata]:
    """The futures of records that are under way in one request."""
    futures = [append(parts.accumulator, ORDERS_0, value) for value in values]
    parts.sender.run_once()
    assert len(parts.client.requests) == 1
    return futures


@pytest.fixture
def parts() -> SenderParts:
    return SenderParts()


def fail(parts: SenderParts, error: type[ApiError], message: str | None = None) -> None:
    parts.client.respond(produce_response(answer(error_code=error.code, error_message=message)))


def updates_due(parts: SenderParts) -> bool:
    return parts.metadata.time_to_next_update(parts.clock.now_ms() + 10_000) == 0


# Success...


def test_records_get_the_offsets_of_the_answer(parts: SenderParts) -> None:
    futures = sent(parts, (b"a", b"b"))
    parts.client.respond(produce_response(answer(base_offset=40)))
    assert [future.result().offset for future in futures] == [40, 41]


@pytest.mark.behaviour(165)
def test_the_brokers_append_time_is_the_records_timestamp(parts: SenderParts) -> None:
    (future,) = sent(parts)
    parts.client.respond(produce_response(answer(base_offset=40, log_append_time_ms=1234)))
    assert future.result().timestamp_ms == 1234


def test_an_answer_that_names_topics_by_id_finds_its_batches(parts: SenderParts) -> None:
    (future,) = sent(parts)
    topic = TopicProduceResponse(topic_id=ORDERS_ID, partitions=[answer(base_offset=40)])
    parts.client.respond(ProduceResponse(topics=[topic]))
    assert future.result().offset == 40


def test_an_answer_about_other_partitions_too_is_no_problem(parts: SenderParts) -> None:
    (future,) = sent(parts)
    parts.client.respond(produce_response(answer(partition=7, error_code=3), answer(base_offset=40)))
    assert future.result().offset == 40


@pytest.mark.behaviour(157)
def test_without_acks_success_is_all_that_is_known() -> None:
    parts = SenderParts(acks=0)
    (future,) = sent(parts)
    assert not parts.client.requests[0].expect_response
    parts.client.respond(None)
    assert future.result().offset == -1


@pytest.mark.behaviour(154)
def test_a_batch_that_the_broker_had_already_is_a_success_without_offset(parts: SenderParts) -> None:
    (future,) = sent(parts)
    fail(parts, DuplicateSequenceNumberError)
    assert future.result().offset == -1


def test_success_gives_the_memory_back(parts: SenderParts) -> None:
    sent(parts)
    assert parts.accumulator.buffer_pool.available_bytes < 100_000
    parts.client.respond(produce_response(answer(base_offset=40)))
    assert parts.accumulator.buffer_pool.available_bytes == 100_000


# Another attempt...


@pytest.mark.behaviour(152)
def test_an_error_that_may_pass_leads_to_another_attempt_after_a_backoff(parts: SenderParts) -> None:
    (future,) = sent(parts)
    fail(parts, NotEnoughReplicasError)
    parts.sender.run_once()
    assert parts.client.requests == []
    parts.clock.sleep(120)
    parts.sender.run_once()
    parts.client.respond(produce_response(answer(base_offset=40)))
    assert future.result().offset == 40


def test_a_retry_sends_the_same_bytes(parts: SenderParts) -> None:
    sent(parts)
    first = parts.client.take()
    parts.client.respond(produce_response(answer(error_code=NotEnoughReplicasError.code)), to=first)
    parts.clock.sleep(120)
    parts.sender.run_once()
    assert parts.client.take().request == first.request


@pytest.mark.behaviour(152)
def test_retries_are_counted_and_end(parts: SenderParts) -> None:
    parts = SenderParts(retries=2)
    (future,) = sent(parts)
    for _ in range(2):
        fail(parts, NotEnoughReplicasError)
        assert not future.done()
        parts.clock.sleep(1_000)
        parts.sender.run_once()
    fail(parts, NotEnoughReplicasError)
    assert isinstance(future.exception(), NotEnoughReplicasError)
    assert parts.metrics.snapshot()["record-retry-total"] == 2


@pytest.mark.behaviour(152)
def test_an_error_that_does_not_pass_is_final(parts: SenderParts) -> None:
    (future,) = sent(parts)
    fail(parts, RecordTooLargeError, "the limit is 100 bytes")
    with pytest.raises(RecordTooLargeError, match="the limit is 100 bytes"):
        future.result()


@pytest.mark.behaviour(152)
def test_an_error_after_the_delivery_timeout_is_final(parts: SenderParts) -> None:
    (future,) = sent(parts)
    parts.clock.sleep(120_000)
    fail(parts, NotEnoughReplicasError)
    assert isinstance(future.exception(), NotEnoughReplicasError)


# Requests that end without an answer...


@pytest.mark.behaviour(155, 156)
def test_a_lost_connection_is_an_error_that_may_pass_and_metadata_is_asked_for(parts: SenderParts) -> None:
    parts = SenderParts(retries=0)
    (future,) = sent(parts)
    parts.client.respond(disconnected=True, failure="Produce to broker-0:9092 failed: closed by the peer")
    with pytest.raises(NetworkExceptionError, match="Produce to broker-0:9092 failed: closed by the peer"):
        future.result()
    assert updates_due(parts)


def test_a_lost_connection_leads_to_another_attempt(parts: SenderParts) -> None:
    (future,) = sent(parts)
    parts.client.respond(disconnected=True, failure="closed by the peer")
    assert not future.done()
    assert parts.accumulator.incomplete.has_open


@pytest.mark.behaviour(156)
def test_a_request_that_took_too_long_says_so(parts: SenderParts) -> None:
    parts = SenderParts(retries=0)
    (future,) = sent(parts)
    parts.client.respond(disconnected=True, timed_out=True, failure="no answer for 30000 ms")
    with pytest.raises(RequestTimedOutError, match="no answer for 30000 ms"):
        future.result()


@pytest.mark.behaviour(156)
def test_a_broker_too_old_or_too_new_is_final(parts: SenderParts) -> None:
    (future,) = sent(parts)
    parts.client.respond(version_mismatch=UnsupportedVersionError("Produce is served from version 20 on"))
    with pytest.raises(UnsupportedVersionError, match="from version 20 on"):
        future.result()


def test_a_request_that_could_not_be_written_is_final(parts: SenderParts) -> None:
    (future,) = sent(parts)
    parts.client.respond(version_mismatch=SerializationError("cannot write request Produce"))
    with pytest.raises(InvalidRequestError, match="cannot write request Produce"):
        future.result()


def test_a_batch_that_the_answer_forgets_fails_rather_than_waits(parts: SenderParts) -> None:
    (future,) = sent(parts)
    parts.client.respond(produce_response())
    with pytest.raises(UnknownServerError, match="says nothing about orders-0"):
        future.result()


# Errors of single records (KIP-467)...


@pytest.mark.behaviour(158)
def test_one_record_at_fault_has_the_batchs_error_and_the_others_a_general_one(parts: SenderParts) -> None:
    futures = sent(parts, (b"a", b"b", b"c"))
    at_fault = [BatchIndexAndErrorMessage(1, "too long ago")]
    parts.client.respond(produce_response(answer(error_code=InvalidTimestampError.code, record_errors=at_fault)))
    errors = [future.exception() for future in futures]
    assert [type(error) for error in errors] == [InvalidRecordError, InvalidTimestampError, InvalidRecordError]
    assert str(errors[1]) == "too long ago"
    assert "was in a batch with records that the broker refused" in str(errors[0])


@pytest.mark.behaviour(158)
def test_several_records_at_fault_are_invalid_records(parts: SenderParts) -> None:
    futures = sent(parts, (b"a", b"b", b"c"))
    at_fault = [BatchIndexAndErrorMessage(0, "too long ago"), BatchIndexAndErrorMessage(2, None)]
    parts.client.respond(
        produce_response(
            answer(error_code=InvalidTimestampError.code, record_errors=at_fault, error_message="some are bad")
        )
    )
    errors = [future.exception() for future in futures]
    assert [type(error) for error in errors] == [InvalidRecordError] * 3
    assert [str(errors[0]), str(errors[2])] == ["too long ago", "some are bad"]


def test_a_refused_topic_is_named(parts: SenderParts) -> None:
    (future,) = sent(parts)
    fail(parts, TopicAuthorizationFailedError)
    with pytest.raises(TopicAuthorizationFailedError, match="write to topic orders"):
        future.result()


# What else follows...


@pytest.mark.behaviour(155)
@pytest.mark.parametrize("retries", [0, 5])
def test_asking_the_wrong_broker_asks_for_metadata_whether_retried_or_not(retries: int) -> None:
    parts = SenderParts(retries=retries)
    sent(parts)
    assert not updates_due(parts)
    fail(parts, NotLeaderOrFollowerError)
    assert updates_due(parts)


@pytest.mark.behaviour(148)
@pytest.mark.parametrize("error", [None, NotEnoughReplicasError, RecordTooLargeError])
def test_whatever_the_outcome_the_partition_is_unmuted(error: type[ApiError] | None) -> None:
    parts = SenderParts(guarantee_message_order=True)
    sent(parts)
    append(parts.accumulator, ORDERS_0, b"second")
    parts.sender.run_once()
    assert len(parts.client.requests) == 1, "the second waits for the first"
    if error is None:
        parts.client.respond(produce_response(answer(base_offset=40)))
    else:
        fail(parts, error)
    parts.clock.sleep(1_000)
    parts.sender.run_once()
    assert len(parts.client.requests) == 1


@pytest.mark.behaviour(150, 151)
def test_a_late_answer_for_an_expired_batch_changes_nothing_but_gives_its_memory_back(parts: SenderParts) -> None:
    (future,) = sent(parts)
    parts.clock.sleep(120_000)
    parts.sender.run_once()
    told = future.exception()
    assert parts.accumulator.buffer_pool.available_bytes < 100_000, "the network layer may still read its bytes"
    parts.client.respond(produce_response(answer(base_offset=40)))
    assert future.exception() is told
    assert parts.accumulator.buffer_pool.available_bytes == 100_000


def test_records_are_counted_by_how_they_ended(parts: SenderParts) -> None:
    sent(parts, (b"a", b"b"))
    parts.client.respond(produce_response(answer(base_offset=40)))
    sent(parts)
    fail(parts, RecordTooLargeError)
    counted = parts.metrics.snapshot()
    assert counted["record-send-total"] == 3, "those that were put into requests"
    assert counted["record-error-total"] == 1


def test_each_batch_of_a_request_has_its_own_fate(parts: SenderParts) -> None:
    bad, good = append(parts.accumulator, ORDERS_0), append(parts.accumulator, ORDERS_1)
    parts.sender.run_once()
    parts.client.respond(produce_response(answer(0, error_code=RecordTooLargeError.code), answer(1, base_offset=3)))
    assert isinstance(bad.exception(), KafkaError)
    assert good.result().offset == 3
    assert parts.sender._in_flight.next_expiry_ms != NEVER
