"""What is handed in, and what comes back."""

import logging

import pytest

from kafka_nio.producer import ProducerRecord, RecordMetadata
from kafka_nio.producer.producer_record import call_back


@pytest.mark.behaviour(178)
def test_a_negative_partition_is_refused_when_the_record_is_made() -> None:
    with pytest.raises(ValueError, match="partition -1 is negative"):
        ProducerRecord("orders", b"a", partition=-1)


def test_a_negative_timestamp_is_refused_when_the_record_is_made() -> None:
    with pytest.raises(ValueError, match="timestamp_ms -5 is negative"):
        ProducerRecord("orders", b"a", timestamp_ms=-5)


def test_metadata_reads_as_topic_partition_and_offset() -> None:
    assert str(RecordMetadata("orders", 3, 17)) == "orders-3@17"
    assert str(RecordMetadata("orders", 3)) == "orders-3@unknown"


def test_timestamp_is_another_name_for_timestamp_ms() -> None:
    assert RecordMetadata("orders", 0, 0, 1_700_000_000_000).timestamp == 1_700_000_000_000


@pytest.mark.parametrize("error", [ValueError("mine"), SystemExit(1), KeyboardInterrupt()])
def test_what_a_callback_raises_is_logged_and_goes_no_further(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    def callback(metadata: RecordMetadata, failure: object) -> None:
        raise error

    with caplog.at_level(logging.ERROR):
        call_back(callback, RecordMetadata("orders", 0), None)
    assert "The callback of a record for orders-0@unknown raised" in caplog.text
