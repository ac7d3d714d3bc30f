"""No batch gets to a broker before one of its partition that was sent earlier, while that broker could take it first.

A broker that has nothing of a producer takes any number from it. The first half is stepped by hand; the second sends to
the embedded broker, which does as Kafka does.
"""

from collections.abc import Callable, Iterator
from uuid import UUID

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.faults import Ending, Fault
from kafka_nio.errors import (
    ApiError,
    CorruptMessageError,
    NotLeaderOrFollowerError,
    OutOfOrderSequenceError,
    PolicyViolationError,
)
from kafka_nio.producer import KafkaProducer
from kafka_nio.protocol.api import ApiKey
from tests.producer.numbered_parts import NumberedParts
from tests.producer.parts import NODE_0, NODE_1, ORDERS_0, ORDERS_1, batch

NOT_LEADER = NotLeaderOrFollowerError.code
OUT_OF_ORDER = OutOfOrderSequenceError.code
REFUSED = PolicyViolationError.code

WAIT_S = 20


@pytest.fixture
def parts() -> NumberedParts:
    """A producer that has its id."""
    ready = NumberedParts()
    ready.settle()
    return ready


def append_several(parts: NumberedParts, *values: bytes) -> None:
    """Append records, each in a turn of its own, so that those that may leave are in batches of their own."""
    for value in values:
        parts.append(value=value)
        parts.later()


# Before anything is acknowledged...


def test_a_second_batch_leaves_when_the_first_is_acknowledged(parts: NumberedParts) -> None:
    first = parts.send(value=b"a")
    parts.append(value=b"b")
    parts.later()
    assert parts.client.requests == [first]
    assert parts.polled_ms > 0, "there is nothing to do before the answer"
    parts.respond_to(parts.client.take(), base_offset=0)
    parts.later()
    append_several(parts, b"c", b"d")
    assert parts.under_way == [(0, 1, b"b"), (0, 2, b"c"), (0, 3, b"d")], "from then on several are under way"


def test_a_first_batch_that_is_refused_for_the_time_being_is_still_the_first(parts: NumberedParts) -> None:
    order = []
    parts.send(value=b"a")
    parts.append(value=b"b")
    for error in (NOT_LEADER, CorruptMessageError.code, 0):
        order += parts.under_way
        parts.respond_to(parts.client.take(), error, base_offset=0)
        parts.later()
    assert order == [(0, 0, b"a")] * 3
    assert parts.under_way == [(0, 1, b"b")]


def test_a_first_batch_that_fails_leaves_its_place_to_the_next_one(parts: NumberedParts) -> None:
    """The numbers begin at 0 again, and with them the rule."""
    refused = parts.send(value=b"a")
    parts.client.requests.clear()
    parts.respond_to(refused, REFUSED)
    append_several(parts, b"b", b"c")
    assert parts.under_way == [(1, 0, b"b")]
    parts.respond_to(parts.client.take(), base_offset=0)
    parts.later()
    assert parts.under_way == [(1, 1, b"c")]


def test_the_first_batch_of_another_epoch_goes_alone(parts: NumberedParts) -> None:
    """What is in flight is numbered anew, and the broker may have forgotten us."""
    parts.warm_up()
    request = parts.send(value=b"b")
    parts.client.requests.clear()
    parts.respond_to(request, OUT_OF_ORDER)
    append_several(parts, b"c", b"d")
    assert parts.under_way == [(1, 0, b"b")]
    parts.respond_to(parts.client.take(), base_offset=1)
    parts.later()
    append_several(parts, b"e")
    assert parts.under_way == [(1, 1, b"c"), (1, 3, b"e")], "d has joined c while that had to stay"


def test_an_answer_to_the_old_epoch_is_none_to_the_new_one(parts: NumberedParts) -> None:
    old, refused = parts.send(ORDERS_0, b"old"), parts.send(ORDERS_1, b"x")
    parts.client.requests.clear()
    parts.append(value=b"a")
    parts.transactions.epoch_bump_required = True
    parts.later()
    assert parts.under_way == [], "numbers of two epochs are not under way together"
    parts.respond_to(old, base_offset=0)
    parts.later()
    append_several(parts, b"b")
    assert parts.under_way == [(1, 0, b"a")]
    assert refused not in parts.client.requests


def test_other_partitions_of_the_node_do_not_wait(parts: NumberedParts) -> None:
    """The second round begins at partition 2, so partition 1 comes after the one that stays."""
    parts.send(ORDERS_0, b"a")
    parts.client.requests.clear()
    parts.append(ORDERS_0, b"b")
    parts.append(ORDERS_1, b"x")
    parts.later()
    assert parts.under_way == [(0, 0, b"x")]


@pytest.mark.parametrize(("transaction_version", "together"), [(0, 2), (2, 1)])
def test_the_first_batch_of_a_transaction_goes_alone_if_it_has_an_epoch_of_its_own(
    transaction_version: int, together: int
) -> None:
    parts = NumberedParts("till 3", transaction_version=transaction_version)
    parts.begin()
    parts.send(value=b"a")
    append_several(parts, b"b")
    assert [value for _, _, value in parts.under_way] == [b"a"], "in the first one, in any case"
    parts.respond_to(parts.client.take(), base_offset=0)
    parts.later()
    parts.respond_to(parts.client.take(), base_offset=1)
    parts.transactions.begin_commit()
    parts.settle()
    parts.transactions._pending_transition.result.wait(0)
    parts.transactions.begin_transaction()
    parts.send(value=b"c")
    append_several(parts, b"d")
    assert len(parts.under_way) == together


# To another place...


def moves_to_another_node(parts: NumberedParts) -> None:
    parts.learn(NODE_1, NODE_0, NODE_0, epoch=1)


def is_made_anew(parts: NumberedParts) -> None:
    parts.learn(NODE_0, NODE_0, NODE_0, topic_id=UUID(int=8))


@pytest.mark.parametrize("change", [moves_to_another_node, is_made_anew])
def test_a_new_batch_does_not_go_elsewhere_before_those_under_way_did(
    parts: NumberedParts, change: Callable[[NumberedParts], None]
) -> None:
    parts.warm_up()
    first, second = parts.send(value=b"a"), parts.send(value=b"b")
    parts.client.requests.clear()
    change(parts)
    append_several(parts, b"c")
    assert parts.under_way == [], "it could get there before a and b"
    parts.respond_to(first, NOT_LEADER)
    parts.respond_to(second, NOT_LEADER)
    parts.later()
    assert parts.under_way == [(0, 1, b"a")]
    parts.respond_to(parts.client.take(), base_offset=1)
    parts.later()
    parts.later()
    assert parts.under_way == [(0, 2, b"b"), (0, 3, b"c")], "b has gone there, so c may follow"


def test_what_has_come_back_from_elsewhere_goes_first_and_the_rest_follows(parts: NumberedParts) -> None:
    """The leader moves there and back; the middle one is answered last."""
    parts.warm_up()
    requests = [parts.send(value=value) for value in (b"a", b"b")]
    parts.client.requests.clear()
    moves_to_another_node(parts)
    parts.respond_to(requests[0], NOT_LEADER)
    parts.later()
    assert parts.under_way == [(0, 1, b"a")]
    parts.learn(NODE_0, NODE_0, NODE_0, epoch=2)
    append_several(parts, b"c")
    assert parts.under_way == [(0, 1, b"a")], "a is elsewhere, though b is where c would go"


def test_the_rule_asks_nothing_of_a_batch_without_company(parts: NumberedParts) -> None:
    lonely = batch(parts.clock)
    assert not parts.sequences.must_stay(lonely)
    parts.sequences.assign(lonely)
    lonely.destination = NODE_0, None
    assert not parts.sequences.must_stay(lonely), "it is the first itself"
    another, elsewhere = batch(parts.clock), batch(parts.clock, ORDERS_1)
    another.destination = NODE_0, None
    assert parts.sequences.must_stay(another)
    assert not parts.sequences.must_stay(elsewhere)
    parts.sequences.succeeded(lonely, 0)
    assert not parts.sequences.must_stay(another)
    parts.sequences.assign(another)
    third = batch(parts.clock)
    third.destination = NODE_0, None
    assert not parts.sequences.must_stay(third)
    third.destination = NODE_1, None
    assert parts.sequences.must_stay(third)


# With a broker...


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(nodes=3) as running:
        running.create_topic("orders", 2)
        yield running


def values(cluster: EmbeddedCluster) -> list[bytes | None]:
    return [record.value for record in cluster.log("orders", 0).records()]


@pytest.mark.parametrize("error", [NotLeaderOrFollowerError, CorruptMessageError])
def test_records_behind_a_refused_first_batch_arrive_after_it(cluster: EmbeddedCluster, error: type[ApiError]) -> None:
    """It is answered late, so that whatever may leave meanwhile does."""
    cluster.faults.add(Fault(ApiKey.PRODUCE, error=error, delay_ms=100))
    numbers = [b"%d" % number for number in range(100)]
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, linger_ms=0, batch_size=200) as producer:
        producer.partitions_for("orders")
        futures = [producer.send("orders", number, partition=0) for number in numbers]
        assert [future.result(WAIT_S).offset for future in futures] == list(range(100))
    assert values(cluster) == numbers


def test_a_batch_that_was_written_and_not_answered_is_not_forgotten_by_the_next_leader(
    cluster: EmbeddedCluster,
) -> None:
    """A broker knows the last five batches. Six later ones at a new leader, and the repeated one is out of order."""
    cluster.move_leader("orders", 0, 0)
    cluster.move_leader("orders", 1, 1)
    with KafkaProducer(
        bootstrap_servers=cluster.bootstrap_servers, linger_ms=0, batch_size=0, request_timeout_ms=1_000
    ) as producer:
        for partition in range(2):
            producer.send("orders", b"warm", partition=partition).result(WAIT_S)
        cluster.faults.add(Fault(ApiKey.PRODUCE, node_id=0, ending=Ending.SILENCE))
        futures = [producer.send("orders", b"0", partition=0)]
        while len(values(cluster)) < 2:
            producer.send("orders", b"meanwhile", partition=1).result(WAIT_S)
        cluster.move_leader("orders", 0, 1)
        cluster.move_leader("orders", 1, 2)
        while producer.partitions_for("orders")[0].leader.id != 1:
            producer.send("orders", b"so that it learns of the move", partition=1).result(WAIT_S)
        futures += [producer.send("orders", b"%d" % number, partition=0) for number in range(1, 9)]
        assert [future.result(WAIT_S).offset for future in futures] == list(range(1, 10))
    assert values(cluster) == [b"warm", *(b"%d" % number for number in range(9))]
