"""When transactions take too long: the coordinator asks those that are under way, and no others."""

from typing import NoReturn

import pytest

from kafka_nio.broker.transaction_coordinator import TransactionCoordinator
from kafka_nio.broker.transaction_state import TransactionMetadata, TransactionState
from kafka_nio.clock import NEVER, MockClock
from kafka_nio.cluster import TopicPartition
from tests.broker.transactions import TIMEOUT_MS

ORDERS = TopicPartition("orders", 0)


class NeverWalked(dict[str, TransactionMetadata]):
    """The coordinator's ids: to look one up costs nothing, to look at all of them costs more with each."""

    def values(self) -> NoReturn:
        pytest.fail("all transactional ids were looked at")


def test_an_id_without_a_transaction_is_not_looked_at_when_time_passes(
    coordinator: TransactionCoordinator, clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coordinator, "_transactions", NeverWalked())
    one, another, _ = (coordinator.init_producer_id(name, TIMEOUT_MS) for name in ("one", "another", "idle"))
    coordinator.add_partitions("one", one, {ORDERS})
    clock.sleep(10)
    coordinator.add_partitions("another", another, {ORDERS})
    assert coordinator.next_deadline_ms == TIMEOUT_MS
    coordinator.end_transaction("one", one, committed=True)
    assert coordinator.next_deadline_ms == TIMEOUT_MS + 10
    coordinator.abort_timed_out_transactions(TIMEOUT_MS + 10)
    assert coordinator.state_of("another") is TransactionState.COMPLETE_ABORT
    assert coordinator.next_deadline_ms == NEVER
