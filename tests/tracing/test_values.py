"""What a step shows of the producer's own values."""

import pytest

from kafka_nio.clock import NEVER, MockClock
from kafka_nio.cluster import Node, TopicPartition
from kafka_nio.producer.drain import ReadyCheckResult
from kafka_nio.producer.futures import FutureRecordMetadata, ProduceRequestResult
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.tracing.describe import describe


def ready(*ids: int, delay_ms: float = NEVER) -> ReadyCheckResult:
    nodes = [Node(node_id, "localhost", 9092) for node_id in ids]
    return ReadyCheckResult(ready_nodes=nodes, next_ready_check_delay_ms=delay_ms)


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (ready(0), "ready: node 0; look again never"),
        (ready(0, 2), "ready: node 0, node 2; look again never"),
        (ready(delay_ms=5), "ready: nobody; look again in 5 ms"),
    ],
)
def test_a_ready_check_names_nodes_so_that_their_numbers_are_no_counts(result: ReadyCheckResult, shown: str) -> None:
    assert describe(result) == shown


def test_a_future_is_told_in_words_that_read_as_one_value_in_a_list() -> None:
    result = ProduceRequestResult(TopicPartition("orders", 0), MockClock(), IoThread())
    future = FutureRecordMetadata.of(result, 0)
    assert describe([future, False]) == "[an open future, False]"
    result.done()
    assert describe(future) == "a done future"
