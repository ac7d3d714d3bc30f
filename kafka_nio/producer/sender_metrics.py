"""What the sender counts, of the whole producer and of each topic; `metric_names` lists what is made of it.

Java: org.apache.kafka.clients.producer.internals.Sender.SenderMetrics
"""

from collections.abc import Sequence

from kafka_nio.client.requests import ClientResponse
from kafka_nio.metrics import Metrics
from kafka_nio.producer.producer_batch import ProducerBatch


class SenderMetrics:
    """Tells the sensors of requests, batches and records."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def update_produce_request_metrics(self, batches: Sequence[ProducerBatch]) -> None:
        """These batches leave in one request."""
        by_topic: dict[str, list[ProducerBatch]] = {}
        for batch in batches:
            by_topic.setdefault(batch.topic_partition.topic, []).append(batch)
        for topic, its_batches in by_topic.items():
            self._metrics.record_all("record-send", [batch.record_count for batch in its_batches], topic)
            self._metrics.record_all("batch-size", [batch.estimated_size for batch in its_batches], topic)
            self._metrics.record_all("compression-rate", [batch.compression_ratio for batch in its_batches], topic)
        self._metrics.record_all("record-queue-time", [batch.queue_time_ms for batch in batches])
        self._metrics.record_all("record-size", [batch.largest_record_size for batch in batches])
        self._metrics.record("records-per-request", sum(batch.record_count for batch in batches))

    def record_latency(self, response: ClientResponse) -> None:
        """A Produce request is over."""
        self._metrics.record("request-latency", response.latency_ms, f"node-{response.destination}")

    def record_retries(self, batch: ProducerBatch) -> None:
        """A batch goes back into its queue."""
        self._metrics.count("record-retry", batch.record_count, batch.topic_partition.topic)

    def record_errors(self, batch: ProducerBatch) -> None:
        """A batch is given up."""
        self._metrics.count("record-error", batch.record_count, batch.topic_partition.topic)

    def record_batch_split(self) -> None:
        """A batch goes on in parts."""
        self._metrics.count("batch-split")
