"""An idempotent sender, stepped by hand: which numbers batches carry, in which order they go, what errors change."""

import pytest

from kafka_nio.errors import (
    ClusterAuthorizationFailedError,
    DuplicateSequenceNumberError,
    FatalTransactionError,
    NetworkExceptionError,
    OutOfOrderSequenceError,
    PolicyViolationError,
    UnknownProducerIdError,
)
from kafka_nio.producer.producer_identity import LAST_EPOCH
from kafka_nio.protocol.messages import InitProducerIdRequest, ProduceRequest
from tests.producer.numbered_parts import PRODUCER_ID, NumberedParts
from tests.producer.parts import ORDERS_0, ORDERS_1, ORDERS_2, answer, produce_response, sent_partitions

LOST = NetworkExceptionError.code
OUT_OF_ORDER = OutOfOrderSequenceError.code
REFUSED = PolicyViolationError.code


@pytest.fixture
def parts() -> NumberedParts:
    """A producer that has its id."""
    ready = NumberedParts()
    assert ready.settle() == ["InitProducerId"]
    return ready


# The id...


@pytest.mark.behaviour(172)
def test_nothing_is_sent_before_there_is_a_producer_id() -> None:
    parts = NumberedParts()
    parts.append()
    parts.sender.run_once()
    parts.sender.run_once()
    [request] = parts.client.requests
    assert isinstance(request.request, InitProducerIdRequest)
    assert parts.settle() == ["InitProducerId"]
    assert parts.under_way == [(0, 0, b"a")]
    assert parts.us == (PRODUCER_ID, 0)


def test_an_id_is_asked_for_again_if_the_answer_is_lost() -> None:
    parts = NumberedParts()
    parts.sender.run_once()
    parts.end(parts.client.take(), disconnected=True, failure="connection lost")
    parts.sender.run_once()
    assert parts.client.requests == [], "not at once"
    assert parts.settle() == ["InitProducerId"]
    assert parts.us.is_valid


def test_who_is_refused_an_id_may_ask_again() -> None:
    parts = NumberedParts()
    refused = parts.append()
    parts.settle(InitProducerId=ClusterAuthorizationFailedError.code)
    assert parts.settle() == ["InitProducerId"]
    assert isinstance(refused.exception(0), ClusterAuthorizationFailedError)
    assert parts.us.is_valid


def test_an_idempotent_request_names_no_transaction(parts: NumberedParts) -> None:
    request = parts.send().request
    assert isinstance(request, ProduceRequest)
    assert (request.transactional_id, request.latest_version) == (None, 13)


# Numbers and retries...


@pytest.mark.behaviour(166)
def test_a_retry_carries_the_number_of_the_first_attempt(parts: NumberedParts) -> None:
    first = parts.send(value=b"a")
    parts.client.requests.clear()
    parts.respond_to(first, LOST)
    parts.append(value=b"b")
    parts.later()
    assert parts.under_way == [(0, 0, b"a")]


@pytest.mark.behaviour(167)
@pytest.mark.behaviour(131)
def test_retries_go_one_at_a_time_in_the_order_of_their_numbers(parts: NumberedParts) -> None:
    parts.warm_up()
    requests = [parts.send(value=value) for value in (b"a", b"b", b"c")]
    parts.client.requests.clear()
    for request, error in zip(reversed(requests), (OUT_OF_ORDER, OUT_OF_ORDER, LOST), strict=True):
        parts.respond_to(request, error)
    order = []
    for offset in range(1, 4):
        parts.later()
        order += parts.under_way
        parts.respond_to(parts.client.take(), base_offset=offset)
    assert order == [(0, 1, b"a"), (0, 2, b"b"), (0, 3, b"c")]
    assert parts.client.requests == []


@pytest.mark.behaviour(167)
def test_new_batches_wait_behind_those_that_come_back(parts: NumberedParts) -> None:
    parts.warm_up()
    first, second = parts.send(value=b"a"), parts.send(value=b"b")
    parts.client.requests.clear()
    parts.respond_to(second, OUT_OF_ORDER)
    parts.append(value=b"c")
    parts.later()
    assert parts.under_way == [], "a is still under way, and b must wait for it"
    assert parts.polled_ms > 0, "and nothing is to be gained by looking again at once"
    parts.respond_to(first, base_offset=1)
    parts.later()
    assert parts.under_way == [(0, 2, b"b")]


@pytest.mark.behaviour(126)
def test_a_batch_that_must_wait_ends_the_round_for_its_node(parts: NumberedParts) -> None:
    """The third round begins at partition 1, so partition 2 comes after it."""
    parts.warm_up(ORDERS_1)
    first, second = parts.send(ORDERS_1, b"a"), parts.send(ORDERS_1, b"b")
    parts.client.requests.clear()
    parts.end(second, produce_response(answer(1, OUT_OF_ORDER)))
    parts.append(ORDERS_2, b"x")
    parts.later()
    assert parts.under_way == []
    parts.end(first, produce_response(answer(1, base_offset=1)))
    parts.later()
    [request] = parts.client.requests
    assert sent_partitions(request) == [ORDERS_1, ORDERS_2]


@pytest.mark.behaviour(154)
def test_a_duplicate_is_a_success_without_an_offset(parts: NumberedParts) -> None:
    future = parts.append()
    parts.settle()
    parts.respond_to(parts.client.take(), DuplicateSequenceNumberError.code)
    assert future.result(0).offset == -1
    assert parts.sequences.unresolved() == []


# Errors that change numbers...


@pytest.mark.behaviour(168)
def test_after_a_fatal_failure_the_numbers_begin_anew_under_another_epoch(parts: NumberedParts) -> None:
    first, second = parts.send(value=b"a"), parts.send(value=b"b")
    parts.client.requests.clear()
    parts.respond_to(first, REFUSED)
    parts.respond_to(second, OUT_OF_ORDER)
    parts.later()
    assert parts.under_way == [(1, 0, b"b")]
    assert parts.us.epoch == 1


def test_another_epoch_waits_for_the_batches_before_one_that_was_refused(parts: NumberedParts) -> None:
    """The broker may have them. Under another number it would write them again."""
    parts.warm_up()
    earlier = parts.send(value=b"a")
    refused = parts.send(value=b"b")
    parts.client.requests.clear()
    parts.respond_to(refused, REFUSED)
    parts.later()
    parts.end(earlier, disconnected=True, failure="lost")
    parts.append(value=b"c")
    parts.later()
    assert parts.under_way == [(0, 1, b"a")], "as it was sent before"
    parts.respond_to(parts.client.take(), base_offset=1)
    parts.later()
    assert parts.under_way == [(1, 0, b"c")]


def test_a_gap_at_the_next_batch_means_another_epoch(parts: NumberedParts) -> None:
    request = parts.send()
    parts.client.requests.clear()
    parts.respond_to(request, OUT_OF_ORDER)
    parts.later()
    assert parts.under_way == [(1, 0, b"a")]


def test_a_batch_that_a_later_one_has_overtaken_fails_at_once(parts: NumberedParts) -> None:
    """The topic was deleted and made anew, and its log was empty when the later batch came, so it took any number."""
    parts.warm_up()
    first = parts.append(value=b"a")
    parts.settle()
    requests = [parts.client.requests[-1], parts.send(value=b"b"), parts.send(value=b"c"), parts.send(value=b"d")]
    parts.client.requests.clear()
    parts.respond_to(requests[2], base_offset=0)
    parts.respond_to(requests[3], base_offset=1)
    parts.respond_to(requests[0], OUT_OF_ORDER)
    assert isinstance(first.exception(0), OutOfOrderSequenceError)
    parts.end(requests[1], disconnected=True, failure="lost")
    parts.later()
    assert parts.under_way == [(0, 2, b"b")], "nobody has said yet that this one is too late"
    parts.respond_to(parts.client.take(), OUT_OF_ORDER)
    parts.append(value=b"e")
    parts.later()
    assert parts.under_way == [(0, 5, b"e")], "what was taken is no reason for another epoch"


def test_a_producer_that_was_forgotten_begins_anew(parts: NumberedParts) -> None:
    parts.respond_to(parts.send(value=b"a"), base_offset=0)
    parts.client.requests.clear()
    request = parts.send(value=b"b")
    parts.client.requests.clear()
    parts.respond_to(request, UnknownProducerIdError.code, log_start_offset=10)
    parts.later()
    assert parts.under_way == [(1, 0, b"b")]


def test_another_epoch_waits_for_the_batches_of_the_old_one_elsewhere(parts: NumberedParts) -> None:
    elsewhere = parts.send(ORDERS_1, b"old")
    request = parts.send(ORDERS_0, b"a")
    parts.client.requests.clear()
    parts.respond_to(request, OUT_OF_ORDER)
    parts.later()
    parts.append(ORDERS_1, b"new")
    parts.later()
    assert parts.under_way == [(1, 0, b"a")]
    parts.end(elsewhere, disconnected=True, failure="lost")
    parts.client.requests.clear()
    parts.later()
    assert parts.under_way == [(0, 0, b"old")], "a retry keeps its epoch"


def test_after_the_last_epoch_comes_another_id(parts: NumberedParts) -> None:
    parts.transactions.producer = parts.us._replace(epoch=LAST_EPOCH)
    request = parts.send()
    parts.client.requests.clear()
    parts.respond_to(request, OUT_OF_ORDER)
    assert parts.settle() == ["InitProducerId"]
    parts.later()
    assert parts.under_way == [(0, 0, b"a")]


# Unknown fates...


@pytest.mark.behaviour(169)
def test_what_expires_under_way_leaves_a_question_that_later_batches_answer(parts: NumberedParts) -> None:
    parts.warm_up()
    expiring = parts.send(value=b"a")
    parts.clock.sleep(60_000)
    second = parts.send(value=b"b")
    parts.client.requests.clear()
    parts.clock.sleep(60_000)
    parts.later(0)
    assert parts.sequences.unresolved() == [ORDERS_0]
    parts.append(value=b"c")
    parts.later(0)
    assert parts.under_way == []
    parts.respond_to(second, base_offset=2)
    parts.later()
    assert parts.under_way == [(0, 3, b"c")], "b was taken, so the broker has a"
    parts.respond_to(expiring, base_offset=1)


@pytest.mark.behaviour(169)
def test_a_number_is_not_given_again_when_a_late_answer_leaves_open_who_has_it() -> None:
    """The connection is lost when the delivery timeout is over: no further attempt, and the broker may have it."""
    parts = NumberedParts("till 3")
    parts.begin()
    request = parts.send(value=b"a")
    parts.client.requests.clear()
    parts.transactions.begin_commit()
    parts.clock.sleep(120_000)
    parts.end(request, disconnected=True, failure="lost")
    [entry] = parts.transactions.partitions
    assert (entry.next_sequence, entry.is_unresolved) == (1, True)


def test_if_all_that_was_sent_expires_the_epoch_changes(parts: NumberedParts) -> None:
    expiring = parts.append(value=b"a")
    parts.settle()
    parts.client.requests.clear()
    parts.clock.sleep(120_000)
    parts.later(0)
    assert expiring.done()
    parts.append(value=b"b")
    parts.later()
    assert parts.under_way == [(1, 0, b"b")]


def test_what_was_never_sent_leaves_no_question(parts: NumberedParts) -> None:
    parts.client.not_ready.add(0)
    parts.append()
    parts.later(120_000)
    assert parts.sequences.unresolved() == []
    assert parts.us.epoch == 0


# The end...


def test_a_fatal_error_fails_all_batches_and_all_calls(parts: NumberedParts) -> None:
    request = parts.send()
    waiting = parts.append(ORDERS_1)
    parts.respond_to(request, ClusterAuthorizationFailedError.code)
    parts.later()
    assert isinstance(waiting.exception(0), ClusterAuthorizationFailedError)
    with pytest.raises(FatalTransactionError):
        parts.append()
