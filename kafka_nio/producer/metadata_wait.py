"""Waiting until a topic is known, and saying why it is not.

`send` and `partitions_for` need to know a topic's partitions. If they are not known, somebody has to ask: the sender's
thread, within its next poll. The application's thread notes the topic, wakes that thread, and waits here for the next
answer, and for the one after it, until the topic is in one of them or the time is over.

Java: org.apache.kafka.clients.producer.KafkaProducer, its waitOnMetadata
"""

from collections.abc import Callable

from kafka_nio.client import Metadata
from kafka_nio.clock import Clock
from kafka_nio.cluster import Cluster
from kafka_nio.errors import InvalidTopicError, KafkaTimeoutError
from kafka_nio.metrics import Metrics
from kafka_nio.producer.argument_checks import refuse_impossible_topic
from kafka_nio.producer.io_thread import IoThread


def is_known(cluster: Cluster, topic: str, partition: int | None) -> bool:
    """Whether the topic is there, and the partition, if one is named."""
    return (partition or 0) < cluster.partition_counts.get(topic, 0)


class MetadataWait:
    """Where the application's threads wait for news of a topic.

    Args:
        metadata: what is known of the cluster.
        wakeup: ends the sleep of the thread that asks the brokers.
        clock: where time comes from.
        io_thread: that thread, which therefore never waits here.
        metrics: where the time spent waiting is noted.
    """

    def __init__(
        self, metadata: Metadata, wakeup: Callable[[], None], clock: Clock, io_thread: IoThread, metrics: Metrics
    ) -> None:
        self._metadata = metadata
        self._wakeup = wakeup
        self._clock = clock
        self._io_thread = io_thread
        self._metrics = metrics

    def until_known(self, topic: str, partition: int | None, max_block_ms: float) -> tuple[Cluster, float]:
        """Ask for the topic and wait for it; return what is known then, and how much of the time is left.

        Raises:
            KafkaTimeoutError: the topic or the partition did not turn up in that time; the message says why.
            InvalidTopicError, TopicAuthorizationFailedError: the cluster refuses the topic.
            IllegalStateError: the producer was closed meanwhile.
            BootstrapResolutionError: nobody knows the bootstrap servers.
        """
        cluster = self._metadata.cluster
        refuse_impossible_topic(topic)
        if topic in cluster.invalid_topics:
            raise InvalidTopicError(f"{topic!r} is not a valid name for a topic")
        # On the producer's own thread, in a callback, nobody would be left to bring the metadata we wait for.
        max_block_ms = 0 if self._io_thread.is_current else max_block_ms
        began_ms, began_ns = self._clock.now_ms(), self._clock.now_ns()
        self._metadata.add(topic, began_ms)
        while not is_known(cluster, topic, partition):
            self._metadata.raise_bootstrap_error()
            if not self._await_update(topic, began_ms + max_block_ms):
                raise self._not_present(topic, partition, max_block_ms)
            cluster = self._metadata.cluster
        self._metrics.record("metadata-wait-time-ns", self._clock.now_ns() - began_ns)
        return cluster, max(0, max_block_ms - (self._clock.now_ms() - began_ms))

    def _await_update(self, topic: str, deadline_ms: float) -> bool:
        """Ask for metadata and wait for the next answer, whatever it says. False if the time is over."""
        version = self._metadata.request_update_for_topic(topic)
        self._wakeup()
        remaining_ms = deadline_ms - self._clock.now_ms()
        if remaining_ms <= 0:
            return False
        try:
            self._metadata.await_update(version, remaining_ms)
        except KafkaTimeoutError:
            return False
        error = self._metadata.error_for_topic(topic)
        if error is not None and not error.retriable:
            raise error
        return True

    def _not_present(self, topic: str, partition: int | None, waited_ms: float) -> KafkaTimeoutError:
        count = self._metadata.cluster.partition_counts.get(topic)
        what = f"Topic {topic}" if count is None else f"Partition {partition} of topic {topic} with {count} partitions"
        topic_error = self._metadata.error_for_topic(topic)
        if self._io_thread.is_current:
            why = "inside a callback, send cannot wait for it"
        else:
            why = str(topic_error or self._metadata.last_failure or "the brokers that answered do not know it")
        error = KafkaTimeoutError(f"{what} not present in metadata after {waited_ms:.0f} ms: {why}")
        error.__cause__ = topic_error
        return error
