"""Who coordinates: the one broker that answers for groups, or for transactions.

In Kafka a coordinator's state is a partition of an internal topic, and the broker that leads that partition is the
coordinator. When the leader moves, the new one reads the partition from its beginning before it can answer. Here the
state is an object that all brokers of the process can reach, so only the rules are left: everybody else answers
NOT_COORDINATOR, and the new one COORDINATOR_LOAD_IN_PROGRESS for as long as a test wants.

Left out against Java: the internal topics `__transaction_state` and `__consumer_offsets`, 50 partitions of them each.

Java: org.apache.kafka.coordinator.common.runtime.CoordinatorRuntime
"""

from dataclasses import dataclass

from kafka_nio.errors import CoordinatorLoadInProgressError, NotCoordinatorError


@dataclass(slots=True)
class CoordinatorSeat:
    """One broker's turn. Read by every processor, moved by tests; each field is replaced in one piece."""

    node_id: int = 0
    epoch: int = 0
    """How often it has moved. Marks carry it."""
    is_loading: bool = False
    """Whether it still reads its state."""

    def move_to(self, node_id: int, *, is_loading: bool = False) -> None:
        """Make another broker the coordinator."""
        self.is_loading = is_loading
        self.epoch += 1
        self.node_id = node_id

    def ensure_taken_by(self, node_id: int) -> None:
        """Refuse a request that only the coordinator can answer.

        Raises:
            NotCoordinatorError: another broker is.
            CoordinatorLoadInProgressError: this one is, and cannot answer yet.
        """
        if self.node_id != node_id:
            raise NotCoordinatorError(f"broker {node_id} is not the coordinator: broker {self.node_id} is")
        if self.is_loading:
            raise CoordinatorLoadInProgressError()
