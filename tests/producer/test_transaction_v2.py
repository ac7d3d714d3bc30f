"""The second protocol of transactions (KIP-890), stepped by hand: what nobody asks any more, and whose epoch it is."""

import pytest

from kafka_nio.errors import (
    AbortableTransactionError,
    ApiError,
    ConcurrentTransactionsError,
    InvalidProducerEpochError,
    PolicyViolationError,
    ProducerFencedError,
    TransactionAbortableError,
)
from kafka_nio.producer import ConsumerGroupMetadata, OffsetAndMetadata
from kafka_nio.producer.sequence_numbers import ProducerIdAndEpoch
from kafka_nio.producer.transaction_state import State
from kafka_nio.protocol.messages import EndTxnRequest, EndTxnResponse, ProduceRequest, TxnOffsetCommitRequest
from tests.producer.numbered_parts import PRODUCER_ID, NumberedParts
from tests.producer.parts import ORDERS_0, ORDERS_1

OFFSETS = {ORDERS_1: OffsetAndMetadata(5)}
READERS = ConsumerGroupMetadata("readers")


@pytest.fixture
def parts() -> NumberedParts:
    """A producer in a transaction of the second protocol."""
    begun = NumberedParts("till 3", transaction_version=2)
    begun.begin()
    return begun


def end(parts: NumberedParts, *, committed: bool = True) -> list[str]:
    """End the transaction; return what was asked for that."""
    result = parts.transactions.begin_commit() if committed else parts.transactions.begin_abort()
    asked = parts.settle()
    result.wait(0)
    return asked


def written(parts: NumberedParts, value: bytes = b"a") -> ProduceRequest:
    """A record that the broker has taken; the request it came in."""
    request = parts.send(value=value)
    parts.client.requests.remove(request)
    parts.respond_to(request, base_offset=0)
    assert isinstance(request.request, ProduceRequest)
    return request.request


def test_a_batch_needs_nobody_to_announce_it(parts: NumberedParts) -> None:
    parts.append()
    assert parts.settle() == []
    [request] = parts.client.requests
    assert (request.request.transactional_id, request.request.latest_version) == ("till 3", 13)


def test_offsets_go_to_their_group_at_once(parts: NumberedParts) -> None:
    result = parts.transactions.send_offsets_to_transaction(OFFSETS, READERS)
    assert parts.settle() == ["FindCoordinator", "TxnOffsetCommit"]
    result.wait(0)
    request = parts.settled[-1]
    assert isinstance(request, TxnOffsetCommitRequest)
    assert request.latest_version == 5
    assert end(parts) == ["EndTxn"]


@pytest.mark.parametrize("committed", [True, False])
def test_every_transaction_has_an_epoch_of_its_own(parts: NumberedParts, committed: bool) -> None:
    for epoch in range(3):
        assert parts.us == (PRODUCER_ID, epoch)
        parts.append()
        parts.settle()
        assert parts.under_way == [(epoch, 0, b"a")]
        request = parts.client.take()
        parts.respond_to(request, base_offset=epoch)
        assert end(parts, committed=committed) == ["EndTxn"]
        parts.transactions.begin_transaction()


def test_after_the_last_epoch_comes_another_producer_id(parts: NumberedParts) -> None:
    written(parts)
    result = parts.transactions.begin_commit()
    parts.sender.run_once()
    request = parts.client.take()
    assert isinstance(request.request, EndTxnRequest)
    assert request.request.latest_version == 5
    parts.end(request, EndTxnResponse(producer_id=99, producer_epoch=0))
    result.wait(0)
    assert parts.us == (99, 0)
    assert parts.transactions.state.state is State.READY


def test_what_was_never_used_is_not_ended(parts: NumberedParts) -> None:
    assert end(parts) == []
    assert parts.us == (PRODUCER_ID, 0)


def test_an_abort_brings_the_epoch_that_mends_lost_numbers(parts: NumberedParts) -> None:
    parts.respond_to(parts.send(), PolicyViolationError.code)
    parts.client.requests.clear()
    with pytest.raises(AbortableTransactionError):
        parts.append()
    assert end(parts, committed=False) == ["EndTxn"]
    assert parts.us == (PRODUCER_ID, 1)


@pytest.mark.parametrize("error", [TransactionAbortableError, InvalidProducerEpochError])
def test_what_an_abort_mends_is_not_fatal(parts: NumberedParts, error: type[ApiError]) -> None:
    parts.respond_to(parts.send(), error.code)
    parts.client.requests.clear()
    with pytest.raises(AbortableTransactionError):
        parts.transactions.begin_commit()
    assert end(parts, committed=False) == ["EndTxn"]
    parts.transactions.begin_transaction()


def test_a_coordinator_that_says_that_an_abort_is_needed_is_believed(parts: NumberedParts) -> None:
    written(parts)
    result = parts.transactions.begin_commit()
    parts.settle(EndTxn=TransactionAbortableError.code)
    with pytest.raises(TransactionAbortableError):
        result.wait(0)
    assert parts.transactions.state.has_abortable_error


def test_who_is_fenced_off_stays_so(parts: NumberedParts) -> None:
    written(parts)
    result = parts.transactions.begin_commit()
    parts.settle(EndTxn=ProducerFencedError.code)
    with pytest.raises(ProducerFencedError):
        result.wait(0)


def test_a_batch_that_comes_before_the_last_transaction_is_marked_is_sent_again(parts: NumberedParts) -> None:
    parts.respond_to(parts.send(), ConcurrentTransactionsError.code)
    parts.client.requests.clear()
    parts.later()
    assert parts.under_way == [(0, 0, b"a")]


# Changing over...


def test_a_transaction_ends_in_the_protocol_that_it_began_in() -> None:
    parts = NumberedParts("till 3", transaction_version=1)
    parts.begin()
    parts.finalize_transaction_version(2)
    parts.append()
    assert parts.settle() == ["AddPartitionsToTxn"]
    parts.respond_to(parts.client.take(), base_offset=0)
    result = parts.transactions.begin_commit()
    parts.sender.run_once()
    assert parts.client.requests[-1].request.latest_version == 4
    assert parts.settle() == ["EndTxn", "InitProducerId"]
    result.wait(0)
    assert parts.us == (PRODUCER_ID, 1)
    parts.transactions.begin_transaction()
    assert written(parts).latest_version == 13
    assert end(parts) == ["EndTxn"]
    assert parts.us == (PRODUCER_ID, 2)


def test_back_to_the_first_protocol_takes_no_new_epoch(parts: NumberedParts) -> None:
    written(parts)
    parts.finalize_transaction_version(1)
    assert end(parts) == ["EndTxn"]
    parts.transactions.begin_transaction()
    parts.append(ORDERS_0)
    assert parts.settle() == ["AddPartitionsToTxn"]


def test_a_merely_idempotent_producer_does_not_care() -> None:
    parts = NumberedParts(transaction_version=2)
    parts.append()
    parts.settle()
    assert parts.client.requests[-1].request.transaction_v2 is False
    assert parts.us == ProducerIdAndEpoch(PRODUCER_ID, 0)
