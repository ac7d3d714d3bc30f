"""What waits in the purgatory comes out when something changes, or when its time is over."""

from dataclasses import dataclass, field, replace

from kafka_nio.broker.purgatory import Purgatory
from kafka_nio.broker.request_channel import Request, SendResponse
from kafka_nio.clock import NEVER
from kafka_nio.cluster import TopicPartition
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.messages import FetchRequest, FetchResponse

FIRST, SECOND = TopicPartition("orders", 0), TopicPartition("orders", 1)

REQUEST = Request("connection-0", RequestHeader(ApiKey.FETCH, 11, 1, None), FetchRequest())


@dataclass
class Waiting:
    """An operation that is satisfied when the test says so."""

    deadline_ms: float = NEVER
    partitions: frozenset[TopicPartition] = frozenset({FIRST})
    satisfied: bool = False
    times_asked: int = field(default=0, init=False)

    def is_satisfied(self) -> bool:
        self.times_asked += 1
        return self.satisfied

    def complete(self) -> SendResponse:
        return SendResponse(FetchResponse())


def purgatory_with(*operations: Waiting) -> Purgatory:
    purgatory = Purgatory()
    for operation in operations:
        purgatory.watch(REQUEST, operation)
    return purgatory


def test_nobody_is_asked_before_something_changes() -> None:
    operation = Waiting(satisfied=True)
    assert purgatory_with(operation).take_completed(now_ms=0) == []
    assert operation.times_asked == 0


def test_a_change_brings_out_who_waits_for_it_and_is_satisfied() -> None:
    purgatory = purgatory_with(
        Waiting(satisfied=True), Waiting(), Waiting(partitions=frozenset({SECOND}), satisfied=True)
    )
    purgatory.partition_changed(FIRST)
    assert purgatory.has_changes
    assert [request for request, _ in purgatory.take_completed(now_ms=0)] == [REQUEST]
    assert (len(purgatory), purgatory.has_changes) == (2, False)


def test_a_change_brings_nobody_out_twice() -> None:
    purgatory = purgatory_with(Waiting(satisfied=True))
    purgatory.partition_changed(FIRST)
    purgatory.partition_changed(FIRST)
    assert len(purgatory.take_completed(now_ms=0)) == 1
    assert purgatory.take_completed(now_ms=0) == []


def test_a_deadline_brings_out_who_is_not_satisfied() -> None:
    purgatory = purgatory_with(Waiting(deadline_ms=100), Waiting(deadline_ms=50))
    assert purgatory.next_deadline_ms == 50
    assert purgatory.take_completed(now_ms=49) == []
    assert len(purgatory.take_completed(now_ms=50)) == 1
    assert purgatory.next_deadline_ms == 100


def test_an_empty_purgatory_has_no_deadline() -> None:
    assert Purgatory().next_deadline_ms == NEVER


def test_what_waits_for_a_connection_that_is_gone_is_forgotten() -> None:
    another = replace(REQUEST, connection_id="connection-1")
    purgatory = purgatory_with(Waiting(satisfied=True), Waiting(satisfied=True))
    purgatory.watch(another, Waiting(satisfied=True))
    purgatory.forget("connection-0")
    purgatory.partition_changed(FIRST)
    assert [request for request, _ in purgatory.take_completed(now_ms=0)] == [another]
