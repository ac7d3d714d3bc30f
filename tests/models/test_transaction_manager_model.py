"""The transaction manager against six states and a coordinator that believes what it is told.

It is driven as the producer drives it: calls from the application, turns of the sender; answers come by hand.
The coordinator is a set, the partitions that take part in the transaction that is open.
"""

import itertools
from collections.abc import Callable
from enum import Enum, auto

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from kafka_nio.client import ClientRequest
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import (
    AbortableTransactionError,
    CoordinatorLoadInProgressError,
    IllegalStateError,
    KafkaError,
    NotCoordinatorError,
    NotEnoughReplicasError,
    PolicyViolationError,
    ProducerFencedError,
)
from kafka_nio.producer.futures import FutureRecordMetadata
from kafka_nio.producer.transactional_result import TransactionalRequestResult
from kafka_nio.protocol.messages import AddPartitionsToTxnRequest, EndTxnRequest, ProduceRequest
from tests.models.settings import MODEL
from tests.producer.numbered_parts import NumberedParts
from tests.producer.parts import ORDERS_0, ORDERS_1, answer, produce_response, sent_partitions

pytestmark = pytest.mark.timeout(600)  # to make a failure short may take long

Partitions = st.sampled_from([ORDERS_0, ORDERS_1])

PASSING = (NotCoordinatorError, CoordinatorLoadInProgressError)


class Is(Enum):
    """What the application may do next."""

    NEW = auto()
    READY = auto()
    OPEN = auto()
    FAILED = auto()
    FENCED = auto()


class TransactionManagerModel(RuleBasedStateMachine):
    """`state` is what the application knows; `told` is what the coordinator does."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = NumberedParts("till 3")
        self.state = Is.NEW
        self.values = itertools.count()
        self.futures: list[FutureRecordMetadata] = []
        """Of the transaction that is open."""
        self.told: set[TopicPartition] = set()
        self.ends: list[bool] = []
        """How transactions ended, as the coordinator was told."""
        self.ended: list[bool] = []
        """How they did, as the application was told."""
        self.offset = 0

    @initialize(version=st.sampled_from([0, 2]), is_new=st.integers(0, 5), may_be_fenced=st.integers(0, 5))
    def agree_on_a_protocol(self, version: int, is_new: int, may_be_fenced: int) -> None:
        """Mostly, begin where it becomes interesting, and stay where it is: being fenced off is the end."""
        self.version = version
        self.may_be_fenced = may_be_fenced == 5
        self.parts.finalize_transaction_version(version)
        if is_new != 5:
            self.init_transactions()

    # The application's calls...

    @rule()
    def init_transactions(self) -> None:
        manager = self.parts.transactions
        if self.state is not Is.NEW:
            with pytest.raises(KafkaError):
                manager.initialize_transactions()
            self._stays(self.state)
            return
        self._wait_for(manager.initialize_transactions())
        manager.maybe_update_transaction_v2_enabled(on_initialization=True)
        self.state = Is.READY

    @rule()
    def begin(self) -> None:
        if self.state is Is.READY:
            self.parts.transactions.begin_transaction()
            self.futures, self.state = [], Is.OPEN
        else:
            self._refused(self.parts.transactions.begin_transaction)

    @rule(topic_partition=Partitions)
    def begin_and_send(self, topic_partition: TopicPartition) -> None:
        if self.state is Is.READY:
            self.begin()
        self.send(topic_partition)

    @rule(topic_partition=Partitions)
    def send(self, topic_partition: TopicPartition) -> None:
        value = b"%d" % next(self.values)
        if self.state is Is.OPEN:
            self.futures.append(self.parts.append(topic_partition, value))  # type: ignore[arg-type]
        else:
            self._refused(lambda: self.parts.append(topic_partition, value))

    @rule()
    def commit(self) -> None:
        if self.state is not Is.OPEN:
            self._refused(self.parts.transactions.begin_commit)
            return
        self._wait_for(self.parts.transactions.begin_commit())
        assert all(future.done() and future.exception(0) is None for future in self.futures), "commit waits for records"
        self._is_over(committed=True)

    @rule()
    def abort(self) -> None:
        if self.state not in (Is.OPEN, Is.FAILED):
            self._refused(self.parts.transactions.begin_abort)
            return
        self._wait_for(self.parts.transactions.begin_abort())
        assert all(future.done() for future in self.futures), "abort leaves no record open"
        self._is_over(committed=False)

    def _is_over(self, *, committed: bool) -> None:
        # In the second protocol a batch may be on its way that tells it, so the end is told as soon as one could be.
        was_told = bool(self.told if self.version == 0 else self.futures)
        if was_told:
            self.ended.append(committed)
        assert self.ends == self.ended, "the coordinator heard the same, once"
        self.told.clear()
        self.state = Is.READY

    def _refused(self, call: Callable[[], object]) -> None:
        """It raises, says so in its type, and changes nothing."""
        expected = {Is.FAILED: AbortableTransactionError, Is.FENCED: ProducerFencedError}
        with pytest.raises(expected.get(self.state, IllegalStateError)):
            call()
        self._stays(self.state)

    def _stays(self, state: Is) -> None:
        manager = self.parts.transactions.state
        assert manager.has_abortable_error == (state is Is.FAILED)
        assert manager.has_fatal_error == (state is Is.FENCED)

    # Turns and answers...

    def _wait_for(self, result: TransactionalRequestResult) -> None:
        """Take turns and answer all that is asked, until the call has its outcome."""
        for _ in range(60):
            if result.is_completed:
                break
            self._turn()
            while self.parts.client.requests:
                self._answer(self.parts.client.take())
            self.parts.clock.sleep(1_000)
        result.wait(0)

    @rule()
    def turn(self) -> None:
        self._turn()
        self.parts.clock.sleep(100)

    def _turn(self) -> None:
        self.parts.sender.run_once()
        for request in self.parts.client.requests:
            self._check(request)

    def _check(self, request: ClientRequest) -> None:
        asked = request.request
        if isinstance(asked, ProduceRequest) and self.version == 0:
            assert {TopicPartition(*place) for place in sent_partitions(request)} <= self.told, "first it is added"
        if isinstance(asked, EndTxnRequest):
            assert not self.parts.accumulator.incomplete, "the end waits for all batches"

    @precondition(lambda self: self.parts.client.requests)
    @rule()
    def a_broker_answers(self) -> None:
        self._answer(self.parts.client.take())

    @precondition(lambda self: self.parts.client.requests)
    @rule()
    def the_connection_is_lost(self) -> None:
        self.parts.end(self.parts.client.take(), disconnected=True, failure="lost")

    @precondition(lambda self: self.parts.client.requests)
    @rule(error=st.sampled_from(PASSING))
    def a_broker_is_not_ready(self, error: type[KafkaError]) -> None:
        request = self.parts.client.take()
        if isinstance(request.request, ProduceRequest):
            self._answer_batches(request, NotEnoughReplicasError.code)
        else:
            self.parts.end(request, self.parts.answer_to(request.request, error.code))  # type: ignore[attr-defined]

    @precondition(lambda self: any(isinstance(one.request, ProduceRequest) for one in self.parts.client.requests))
    @rule()
    def a_batch_is_refused(self) -> None:
        request = next(one for one in self.parts.client.requests if isinstance(one.request, ProduceRequest))
        self.parts.client.requests.remove(request)
        self._answer_batches(request, PolicyViolationError.code)
        self.state = Is.FAILED

    @precondition(lambda self: self.may_be_fenced and self.state in (Is.READY, Is.OPEN, Is.FAILED))
    @rule()
    def another_producer_takes_over(self) -> None:
        self.parts.transactions.maybe_transition_to_error_state(ProducerFencedError())
        self.state = Is.FENCED

    def _answer(self, request: ClientRequest) -> None:
        asked = request.request
        if isinstance(asked, ProduceRequest):
            self._answer_batches(request)
            return
        if isinstance(asked, AddPartitionsToTxnRequest):
            self.told |= {TopicPartition(topic.name, number) for topic in asked.topics for number in topic.partitions}
        if isinstance(asked, EndTxnRequest):
            self.ends.append(asked.committed)
        self.parts.end(request, self.parts.answer_to(asked, 0))

    def _answer_batches(self, request: ClientRequest, error_code: int = 0) -> None:
        places = [TopicPartition(*place) for place in sent_partitions(request)]
        self.told |= set(places)  # in the second protocol that is how the coordinator learns it
        self.offset += 1
        answers = [answer(place.partition, error_code, -1 if error_code else self.offset) for place in places]
        self.parts.end(request, produce_response(*answers))

    # What must hold...

    @invariant()
    def the_state_is_what_the_application_knows(self) -> None:
        self._stays(self.state)
        assert self.parts.transactions.state.has_ongoing_transaction == (self.state in (Is.OPEN, Is.FAILED))

    @invariant()
    def the_coordinator_hears_of_no_end_that_nobody_called_for(self) -> None:
        assert self.ends == self.ended

    def teardown(self) -> None:
        for _ in range(5):
            self._turn()
        self.parts.sender.force_close()
        self.parts.sender.run()
        assert all(future.done() for future in self.futures)
        pool = self.parts.accumulator.buffer_pool
        assert pool.available_bytes == pool.total_bytes


TransactionManagerModel.TestCase.settings = MODEL
TestTransactionManager = TransactionManagerModel.TestCase
