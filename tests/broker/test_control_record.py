"""The mark at a transaction's end is what Kafka writes, byte for byte where it counts."""

import pytest

from kafka_nio.broker.control_record import ControlRecordType, end_transaction_marker, kind_of


@pytest.mark.parametrize("kind", ControlRecordType)
def test_a_mark_is_a_sound_batch_with_one_record(kind: ControlRecordType) -> None:
    marker = end_transaction_marker(7, 3, 1, kind, 1_700_000_000_000)
    marker.ensure_valid()
    assert (marker.is_control, marker.is_transactional, marker.base_sequence) == (True, True, -1)
    assert (marker.producer_id, marker.producer_epoch) == (7, 3)
    assert kind_of(marker) is kind


def test_key_and_value_are_version_type_and_coordinator_epoch() -> None:
    (record,) = end_transaction_marker(7, 3, 9, ControlRecordType.COMMIT, 5).records()
    assert (record.key, record.value) == (b"\0\0\0\1", b"\0\0\0\0\0\x09")
    assert record.timestamp_ms == 5
