"""Two-phase commit (KIP-939): prepared, lost, found again, and ended as the other database says."""

import asyncio
from collections.abc import Iterator

import pytest

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.errors import (
    AbortableTransactionError,
    IllegalStateError,
    InvalidTxnStateError,
    KafkaError,
    KafkaTimeoutError,
    PolicyViolationError,
    ProducerFencedError,
    TransactionalIdAuthorizationError,
)
from kafka_nio.producer import AsyncKafkaProducer, KafkaProducer, PreparedTxnState
from kafka_nio.producer.sequence_numbers import ProducerIdAndEpoch
from kafka_nio.producer.transaction_state import State
from kafka_nio.protocol.messages import InitProducerIdRequest
from tests.producer.numbered_parts import PRODUCER_ID, NumberedParts

LONG_S = 20


@pytest.fixture(params=[1, 2], ids=["first protocol", "second protocol"])
def cluster(request: pytest.FixtureRequest) -> Iterator[EmbeddedCluster]:
    """A cluster that allows it."""
    config = BrokerConfig(transaction_version=request.param, transaction_two_phase_commit_enable=True)
    with EmbeddedCluster(config=config) as running:
        yield running


def till(cluster: EmbeddedCluster, *, keep: bool = False, enable: bool = True) -> KafkaProducer:
    """A producer that is ready to begin, or to end what is open."""
    producer = KafkaProducer(
        bootstrap_servers=cluster.bootstrap_servers,
        transactional_id="till 3",
        transaction_two_phase_commit_enable=enable,
        retry_backoff_ms=5,
    )
    try:
        producer.init_transactions(keep_prepared_txn=keep)
    except KafkaError:
        producer.close(timeout=0)
        raise
    return producer


def prepared(cluster: EmbeddedCluster, value: bytes) -> PreparedTxnState:
    """A transaction that is prepared by a producer which ends then; what it leaves in the other database."""
    with till(cluster) as producer:
        producer.begin_transaction()
        producer.send("orders", value)
        return PreparedTxnState.parse(str(producer.prepare_transaction()))


def committed(cluster: EmbeddedCluster) -> list[bytes | None]:
    return [record.value for record in cluster.log("orders").committed_records()]


def test_a_prepared_transaction_is_not_seen_and_takes_nothing_more(cluster: EmbeddedCluster) -> None:
    with till(cluster) as producer:
        producer.begin_transaction()
        sent = producer.send("orders", b"one")
        state = producer.prepare_transaction()
        assert sent.done()
        assert state.has_transaction
        assert committed(cluster) == []
        for call in (producer.begin_transaction, producer.prepare_transaction, lambda: producer.send("orders", b"two")):
            with pytest.raises(IllegalStateError, match="prepared"):
                call()
        producer.complete_transaction(state)
        assert committed(cluster) == [b"one"]
        with producer.transaction():
            producer.send("orders", b"three")
    assert committed(cluster) == [b"one", b"three"]


def test_commit_and_abort_end_a_prepared_transaction_too(cluster: EmbeddedCluster) -> None:
    with till(cluster) as producer:
        for end in (producer.commit_transaction, producer.abort_transaction):
            producer.begin_transaction()
            producer.send("orders", end.__name__.encode())
            producer.prepare_transaction()
            end()
    assert committed(cluster) == [b"commit_transaction"]


def test_who_comes_after_a_crash_commits_what_the_database_knows(cluster: EmbeddedCluster) -> None:
    state = prepared(cluster, b"one")
    with till(cluster, keep=True) as producer:
        assert committed(cluster) == []
        producer.complete_transaction(state)
        assert committed(cluster) == [b"one"]
        with producer.transaction():
            producer.send("orders", b"two")
    assert committed(cluster) == [b"one", b"two"]


def test_and_aborts_what_it_does_not_know(cluster: EmbeddedCluster) -> None:
    prepared(cluster, b"one")
    with till(cluster, keep=True) as producer:
        producer.complete_transaction(PreparedTxnState())
        with producer.transaction():
            producer.send("orders", b"two")
    assert committed(cluster) == [b"two"]


def test_a_second_crash_does_not_change_which_transaction_it_is(cluster: EmbeddedCluster) -> None:
    state = prepared(cluster, b"one")
    till(cluster, keep=True).close()
    with till(cluster, keep=True) as producer:
        producer.complete_transaction(state)
    assert committed(cluster) == [b"one"]


def test_where_nothing_is_open_there_is_nothing_to_complete(cluster: EmbeddedCluster) -> None:
    with till(cluster, keep=True) as producer:
        with pytest.raises(InvalidTxnStateError, match="no prepared transaction"):
            producer.complete_transaction(PreparedTxnState())
        with producer.transaction():
            producer.send("orders", b"one")
    assert committed(cluster) == [b"one"]


def test_who_does_not_keep_it_aborts_it(cluster: EmbeddedCluster) -> None:
    prepared(cluster, b"one")
    till(cluster).close()
    assert committed(cluster) == []


def test_the_one_who_prepared_it_is_fenced_off(cluster: EmbeddedCluster) -> None:
    with till(cluster) as first:
        first.begin_transaction()
        first.send("orders", b"one")
        state = first.prepare_transaction()
        with till(cluster, keep=True) as second:
            with pytest.raises(ProducerFencedError):
                first.commit_transaction()
            second.complete_transaction(state)
    assert committed(cluster) == [b"one"]


def test_without_the_option_there_is_none_of_it(cluster: EmbeddedCluster) -> None:
    with till(cluster, enable=False) as producer:
        for call in (
            lambda: producer.init_transactions(keep_prepared_txn=True),
            producer.prepare_transaction,
            lambda: producer.complete_transaction(PreparedTxnState()),
        ):
            with pytest.raises(InvalidTxnStateError, match=r"needs transaction\.two\.phase\.commit\.enable"):
                call()


def test_a_cluster_may_not_allow_it() -> None:
    with EmbeddedCluster() as cluster, pytest.raises(TransactionalIdAuthorizationError):
        till(cluster)


def test_outside_a_transaction_nothing_can_be_prepared(cluster: EmbeddedCluster) -> None:
    with till(cluster) as producer, pytest.raises(IllegalStateError, match="cannot prepare_transaction"):
        producer.prepare_transaction()


def test_from_an_event_loop_as_well(cluster: EmbeddedCluster) -> None:
    asyncio.run(prepare_and_complete(cluster))
    assert committed(cluster) == [b"one"]


async def prepare_and_complete(cluster: EmbeddedCluster) -> None:
    options = {"transactional_id": "till 3", "transaction_two_phase_commit_enable": True}
    async with AsyncKafkaProducer(bootstrap_servers=cluster.bootstrap_servers, **options) as producer:
        with pytest.raises(ValueError, match="negative"):
            await producer.complete_transaction(PreparedTxnState(), timeout=-1)
        await producer.init_transactions(keep_prepared_txn=True)
        producer.begin_transaction()
        await producer.send("orders", b"one")
        await producer.complete_transaction(await producer.prepare_transaction())


# Stepped by hand...


def test_what_is_asked_of_the_coordinator() -> None:
    parts = NumberedParts("till 3", transaction_version=2, is_2pc_enabled=True)
    parts.ongoing = ProducerIdAndEpoch(PRODUCER_ID, 0)
    result = parts.transactions.initialize_transactions(keep_prepared_txn=True)
    assert parts.settle() == ["FindCoordinator", "InitProducerId"]
    result.wait(0)
    request = parts.settled[-1]
    assert isinstance(request, InitProducerIdRequest)
    assert (request.enable_two_phase_commit, request.keep_prepared_txn) == (True, True)
    parts.transactions.maybe_update_transaction_v2_enabled(on_initialization=True)
    assert parts.transactions.state.state is State.PREPARED_TRANSACTION
    assert parts.transactions.prepared == (PRODUCER_ID, 0)
    parts.transactions.begin_abort()
    assert parts.settle() == ["EndTxn"]
    assert not parts.transactions.prepared.is_valid


def test_a_producer_that_closes_leaves_what_it_has_prepared() -> None:
    parts = NumberedParts("till 3", transaction_version=2, is_2pc_enabled=True)
    parts.begin()
    parts.transactions.prepare_transaction()
    assert not parts.sender._transactional.has_work_left()


def test_what_has_failed_cannot_be_prepared() -> None:
    parts = NumberedParts("till 3", transaction_version=2, is_2pc_enabled=True)
    parts.begin()
    parts.respond_to(parts.send(), PolicyViolationError.code)
    with pytest.raises(AbortableTransactionError):
        parts.transactions.prepare_transaction()


@pytest.mark.parametrize("timeout", [-1, -0.001, float("nan")])
def test_a_wrong_timeout_is_told_before_anything_happens(timeout: float) -> None:
    with EmbeddedCluster() as cluster:
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers)
        producer.close()
        calls = (
            producer.init_transactions,
            producer.commit_transaction,
            producer.abort_transaction,
            producer.prepare_transaction,
            lambda timeout: producer.complete_transaction(PreparedTxnState(), timeout),
            lambda timeout: producer.send_offsets_to_transaction({}, None, timeout),
        )
        for call in calls:
            with pytest.raises(ValueError, match="timeout"):
                call(timeout)


def test_a_preparation_that_takes_too_long_leaves_the_transaction_as_it_is(cluster: EmbeddedCluster) -> None:
    with till(cluster) as producer:
        producer.begin_transaction()
        sent = producer.send("orders", b"one")
        with pytest.raises(KafkaTimeoutError):
            producer.prepare_transaction(timeout=0)
        sent.result(LONG_S)
        producer.complete_transaction(producer.prepare_transaction())
    assert committed(cluster) == [b"one"]
