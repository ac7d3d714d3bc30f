"""A transactional sender, stepped by hand: what is asked when, and what errors make of it."""

import pytest

from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    AbortableTransactionError,
    ApiError,
    CommitFailedError,
    ConcurrentTransactionsError,
    CoordinatorLoadInProgressError,
    IllegalStateError,
    InvalidPidMappingError,
    InvalidProducerEpochError,
    InvalidTxnStateError,
    KafkaError,
    KafkaTimeoutError,
    NotCoordinatorError,
    PolicyViolationError,
    ProducerFencedError,
    TopicAuthorizationFailedError,
    TransactionAbortedError,
    TransactionalIdAuthorizationError,
)
from kafka_nio.producer import ConsumerGroupMetadata, OffsetAndMetadata
from kafka_nio.producer.offset_handlers import NO_MEMBER
from kafka_nio.producer.transaction_state import State
from kafka_nio.protocol.messages import EndTxnRequest, ProduceRequest, TxnOffsetCommitRequest
from tests.producer.numbered_parts import NumberedParts
from tests.producer.parts import ORDERS_0, ORDERS_1

OFFSETS = {TopicPartition("read", 0): OffsetAndMetadata(5), TopicPartition("read", 1): OffsetAndMetadata(9)}
READERS = ConsumerGroupMetadata("readers", 3, "reader-1")


@pytest.fixture
def parts() -> NumberedParts:
    """A producer in a transaction."""
    begun = NumberedParts("till 3")
    begun.begin()
    return begun


def state(parts: NumberedParts) -> State:
    return parts.transactions.state.state


# A transaction from end to end...


def test_the_coordinator_is_looked_for_before_the_id_is_asked_for() -> None:
    parts = NumberedParts("till 3")
    result = parts.transactions.initialize_transactions()
    assert parts.settle() == ["FindCoordinator", "InitProducerId"]
    result.wait(0)
    assert state(parts) is State.READY


def test_a_transactional_producer_asks_for_nothing_by_itself() -> None:
    parts = NumberedParts("till 3")
    assert parts.settle() == []


@pytest.mark.behaviour(172)
def test_a_partition_is_added_before_its_first_batch_leaves(parts: NumberedParts) -> None:
    parts.append(ORDERS_0)
    parts.append(ORDERS_1)
    parts.sender.run_once()
    assert not any(isinstance(request.request, ProduceRequest) for request in parts.client.requests)
    assert parts.settle() == ["AddPartitionsToTxn"]
    [request] = parts.client.requests
    assert isinstance(request.request, ProduceRequest)
    assert (request.request.transactional_id, request.request.latest_version) == ("till 3", 11)


def test_a_partition_is_added_once(parts: NumberedParts) -> None:
    parts.warm_up()
    parts.send()
    parts.append()
    assert parts.settle() == []
    assert [sequence for _, sequence, _ in parts.under_way] == [1, 2]


@pytest.mark.parametrize("committed", [True, False])
def test_the_end_waits_for_every_batch(parts: NumberedParts, committed: bool) -> None:
    request = parts.send()
    result = parts.transactions.begin_commit() if committed else parts.transactions.begin_abort()
    parts.sender.run_once()
    assert parts.client.requests == [request]
    parts.respond_to(request, base_offset=0)
    parts.client.requests.clear()
    parts.sender.run_once()
    [end] = parts.client.requests
    assert isinstance(end.request, EndTxnRequest)
    assert end.request.committed is committed
    parts.end(end, parts.answer_to(end.request, 0))
    result.wait(0)
    assert state(parts) is State.READY


@pytest.mark.behaviour(117)
def test_a_commit_does_not_linger() -> None:
    parts = NumberedParts("till 3", linger_ms=60_000)
    parts.begin()
    parts.append()
    assert parts.settle() == ["AddPartitionsToTxn"]
    assert parts.under_way == []
    parts.transactions.begin_commit()
    parts.sender.run_once()
    assert len(parts.under_way) == 1


def test_a_transaction_without_records_asks_nobody(parts: NumberedParts) -> None:
    result = parts.transactions.begin_commit()
    assert parts.settle() == []
    result.wait(0)
    assert state(parts) is State.READY


def test_an_abort_drops_what_was_not_sent() -> None:
    parts = NumberedParts("till 3", linger_ms=60_000)
    parts.begin()
    dropped = parts.append()
    result = parts.transactions.begin_abort()
    assert parts.settle() == []
    assert isinstance(dropped.exception(0), TransactionAbortedError)
    result.wait(0)


def test_offsets_go_to_the_coordinator_of_their_group(parts: NumberedParts) -> None:
    result = parts.transactions.send_offsets_to_transaction(OFFSETS, READERS)
    asked = parts.settle()
    assert asked == ["AddOffsetsToTxn", "FindCoordinator", "TxnOffsetCommit"]
    result.wait(0)
    parts.transactions.begin_commit()
    assert parts.settle() == ["EndTxn"]


def test_offsets_that_fail_for_a_while_are_sent_again(parts: NumberedParts) -> None:
    result = parts.transactions.send_offsets_to_transaction(OFFSETS, READERS)
    assert parts.settle(TxnOffsetCommit=CoordinatorLoadInProgressError.code)[-2:] == ["TxnOffsetCommit"] * 2
    result.wait(0)


def test_offsets_say_who_has_read(parts: NumberedParts) -> None:
    parts.transactions.send_offsets_to_transaction(OFFSETS, READERS)
    while not parts.client.requests or not isinstance(parts.client.requests[0].request, TxnOffsetCommitRequest):
        parts.sender.run_once()
        if parts.client.requests and not isinstance(parts.client.requests[0].request, TxnOffsetCommitRequest):
            request = parts.client.take()
            parts.end(request, parts.answer_to(request.request, 0))
    commit = parts.client.take().request
    assert isinstance(commit, TxnOffsetCommitRequest)
    assert (commit.group_id, commit.generation_id, commit.member_id) == ("readers", 3, "reader-1")
    assert [(p.partition_index, p.committed_offset) for p in commit.topics[0].partitions] == [(0, 5), (1, 9)]


# Coordinators that move...


@pytest.mark.parametrize("request_name", ["InitProducerId", "AddPartitionsToTxn", "EndTxn"])
def test_a_coordinator_that_has_moved_is_looked_for(request_name: str) -> None:
    parts = NumberedParts("till 3")
    parts.transactions.initialize_transactions()
    asked = parts.settle(**{request_name: NotCoordinatorError.code})
    parts.transactions._pending_transition.result.wait(0)
    parts.transactions.begin_transaction()
    parts.append()
    asked += parts.settle(**{request_name: NotCoordinatorError.code} if request_name == "AddPartitionsToTxn" else {})
    parts.respond_to(parts.client.take(), base_offset=0)
    parts.transactions.begin_commit()
    asked += parts.settle(**{request_name: NotCoordinatorError.code} if request_name == "EndTxn" else {})
    at = asked.index(request_name)
    assert asked[at : at + 3] == [request_name, "FindCoordinator", request_name]
    assert state(parts) is State.READY


def test_a_coordinator_that_cannot_be_reached_is_looked_for() -> None:
    parts = NumberedParts("till 3")
    parts.transactions.initialize_transactions()
    parts.sender.run_once()
    parts.sender.run_once()
    found = parts.client.take()
    parts.end(found, parts.answer_to(found.request, 0))
    parts.client.not_ready.add(1)
    parts.client.connection_has_failed = True
    parts.sender.run_once()
    parts.client.not_ready.clear()
    parts.client.connection_has_failed = False
    assert parts.settle() == ["FindCoordinator", "InitProducerId"]


def test_a_lost_answer_is_asked_for_again(parts: NumberedParts) -> None:
    parts.append()
    parts.sender.run_once()
    parts.end(parts.client.take(), disconnected=True, failure="connection lost")
    assert parts.settle() == ["FindCoordinator", "AddPartitionsToTxn"]


def test_while_the_last_transaction_is_being_completed_the_next_one_waits_a_moment(parts: NumberedParts) -> None:
    parts.append()
    assert parts.settle(AddPartitionsToTxn=ConcurrentTransactionsError.code) == ["AddPartitionsToTxn"] * 2


# Errors...


@pytest.mark.parametrize("error", [TopicAuthorizationFailedError, PolicyViolationError, InvalidPidMappingError])
def test_partitions_that_cannot_be_added_can_be_aborted(parts: NumberedParts, error: type[ApiError]) -> None:
    failed = parts.append()
    parts.settle(AddPartitionsToTxn=error.code)
    assert failed.exception(0) is not None
    with pytest.raises(AbortableTransactionError) as raised:
        parts.transactions.begin_commit()
    assert not raised.value.fatal
    result = parts.transactions.begin_abort()
    parts.settle()
    result.wait(0)
    parts.transactions.begin_transaction()


def test_a_batch_that_fails_must_be_aborted_and_then_there_is_a_new_epoch(parts: NumberedParts) -> None:
    parts.respond_to(parts.send(), PolicyViolationError.code)
    parts.client.requests.clear()
    with pytest.raises(AbortableTransactionError):
        parts.append()
    result = parts.transactions.begin_abort()
    assert parts.settle() == ["EndTxn", "InitProducerId"]
    result.wait(0)
    parts.transactions.begin_transaction()
    parts.send()
    assert parts.under_way == [(1, 0, b"a")]


def test_a_mapping_that_was_lost_is_not_aborted_but_replaced(parts: NumberedParts) -> None:
    parts.append()
    parts.settle(AddPartitionsToTxn=InvalidPidMappingError.code)
    result = parts.transactions.begin_abort()
    assert parts.settle() == ["InitProducerId"]
    result.wait(0)
    assert state(parts) is State.READY


@pytest.mark.parametrize("error", [ProducerFencedError, InvalidProducerEpochError])
def test_who_is_fenced_off_can_do_nothing_any_more(parts: NumberedParts, error: type[ApiError]) -> None:
    failed = parts.append()
    parts.settle(AddPartitionsToTxn=error.code)
    assert isinstance(failed.exception(0), ProducerFencedError)
    for call in (parts.transactions.begin_commit, parts.transactions.begin_abort, parts.append):
        with pytest.raises(ProducerFencedError, match="another one with the same transactional id") as raised:
            call()
        assert raised.value.fatal


@pytest.mark.parametrize("error", [InvalidTxnStateError, TransactionalIdAuthorizationError])
def test_a_commit_that_nobody_understands_is_fatal(parts: NumberedParts, error: type[ApiError]) -> None:
    parts.respond_to(parts.send(), base_offset=0)
    parts.client.requests.clear()
    result = parts.transactions.begin_commit()
    parts.settle(EndTxn=error.code)
    with pytest.raises(KafkaError) as raised:
        result.wait(0)
    assert raised.value.fatal
    assert state(parts) is State.FATAL_ERROR


@pytest.mark.parametrize("code", NO_MEMBER)
def test_a_reader_that_has_left_its_group_must_abort(parts: NumberedParts, code: int) -> None:
    result = parts.transactions.send_offsets_to_transaction(OFFSETS, READERS)
    parts.settle(TxnOffsetCommit=code)
    with pytest.raises(CommitFailedError):
        result.wait(0)
    assert state(parts) is State.ABORTABLE_ERROR


# The application's calls...


def test_a_call_that_took_too_long_can_be_made_again_and_no_other(parts: NumberedParts) -> None:
    request = parts.send()
    result = parts.transactions.begin_commit()
    with pytest.raises(KafkaTimeoutError, match="commit_transaction was not done in 5 ms"):
        result.wait(5)
    with pytest.raises(IllegalStateError, match="abort_transaction must wait, call commit_transaction again"):
        parts.transactions.begin_abort()
    assert parts.transactions.begin_commit() is result
    parts.respond_to(request, base_offset=0)
    parts.client.requests.clear()
    assert parts.settle() == ["EndTxn"]
    parts.transactions.begin_commit().wait(0)
    parts.transactions.begin_transaction()


def test_outside_a_transaction_nothing_may_be_sent() -> None:
    parts = NumberedParts("till 3")
    with pytest.raises(IllegalStateError, match="the producer is uninitialized, so it cannot send"):
        parts.append()
    with pytest.raises(IllegalStateError, match="cannot be told to begin"):
        parts.transactions.begin_transaction()


def test_closing_in_a_transaction_aborts_it(parts: NumberedParts) -> None:
    parts.respond_to(parts.send(), base_offset=0)
    parts.client.requests.clear()
    ends = []

    def answer_end() -> None:
        if parts.client.requests:
            request = parts.client.take()
            ends.append(request.request)
            parts.end(request, parts.answer_to(request.request, 0))

    parts.client.while_polling = [answer_end] * 10
    parts.sender.initiate_close()
    parts.sender.run()
    assert [end.committed for end in ends if isinstance(end, EndTxnRequest)] == [False]


def test_a_close_after_an_error_does_not_wait_for_partitions_that_will_not_be_added(parts: NumberedParts) -> None:
    """After an error no partition is added any more, so the close has to abort what it finds."""
    parts.append()
    parts.sender.purge(True, True)
    parts.sender.run_once()
    assert parts.transactions.state.has_abortable_error
    assert parts.transactions.has_pending_requests
    parts.sender.initiate_close()
    give_up = parts.sender.force_close
    parts.client.while_polling = [lambda: None] * 10 + [give_up]
    parts.sender.run()
    assert parts.client.while_polling, "it would have gone on for ever"


def test_a_forced_close_ends_the_wait_of_a_call(parts: NumberedParts) -> None:
    parts.send()
    result = parts.transactions.begin_commit()
    parts.sender.force_close()
    parts.sender.run()
    with pytest.raises(KafkaError, match="closed by force"):
        result.wait(0)
