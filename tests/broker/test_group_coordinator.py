"""Offsets in transactions: pending until the end, and then the group's or nobody's."""

from kafka_nio.broker.group_coordinator import GroupCoordinator, OffsetAndMetadata
from kafka_nio.cluster import TopicPartition

FIRST, SECOND = TopicPartition("orders", 0), TopicPartition("orders", 1)


def test_a_commit_takes_over_what_was_pending() -> None:
    groups = GroupCoordinator()
    groups.hold_pending(7, "readers", {FIRST: OffsetAndMetadata(1), SECOND: OffsetAndMetadata(2)})
    groups.hold_pending(7, "readers", {FIRST: OffsetAndMetadata(3, "note")})
    assert groups.committed_offsets("readers") == {}
    groups.end_transaction(7, committed=True)
    assert groups.committed_offsets("readers") == {FIRST: OffsetAndMetadata(3, "note"), SECOND: OffsetAndMetadata(2)}


def test_an_abort_drops_what_was_pending_and_nothing_else() -> None:
    groups = GroupCoordinator()
    groups.hold_pending(7, "readers", {FIRST: OffsetAndMetadata(1)})
    groups.hold_pending(8, "readers", {SECOND: OffsetAndMetadata(2)})
    groups.end_transaction(7, committed=False)
    groups.end_transaction(8, committed=True)
    assert groups.committed_offsets("readers") == {SECOND: OffsetAndMetadata(2)}
