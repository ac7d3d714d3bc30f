"""Where a demo takes place: a cluster to write to, a clock, and a watch that notes what happens.

Java: no counterpart.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from kafka_nio.clock import NEVER, Clock
from kafka_nio.cluster import Node
from kafka_nio.errors import KafkaError
from kafka_nio.producer import FutureRecordMetadata, KafkaProducer, RecordMetadata
from kafka_nio.tracing import Watch


@dataclass(slots=True)
class Scene:
    """What a demo is given.

    Args:
        topic: where its records go.
        bootstrap_servers: the cluster.
        watch: notes what happens between `begin` and `end`.
        make_producer: builds a producer from options, with the scene's cluster and clock.
        clock: the scene's.
        deadline_ms: when the demo gives up, by that clock.
    """

    topic: str
    bootstrap_servers: str
    watch: Watch
    make_producer: Callable[[Mapping[str, object]], KafkaProducer]
    clock: Clock
    deadline_ms: float = NEVER
    leader: Node | None = field(default=None, init=False)
    """Who took the demo's last record."""

    @contextmanager
    def producer(self, **options: object) -> Iterator[KafkaProducer]:
        """A producer for the block. If the block fails, it is closed without waiting for what is under way."""
        producer = self.make_producer(options)
        try:
            yield producer
        except BaseException:
            producer.close(timeout=0)
            raise
        producer.close()

    def know_topic(self, producer: KafkaProducer) -> None:
        """Have the producer learn who leads the topic's partitions.

        Raises:
            KafkaError: it could not; the message says which step failed, where and why.
        """
        try:
            producer.partitions_for(self.topic)
        except KafkaError as error:
            reason = str(error)
            if self.bootstrap_servers in reason:
                raise
            raise KafkaError(f"metadata of topic {self.topic} from {self.bootstrap_servers}: {reason}") from error

    def wait_for(self, future: FutureRecordMetadata) -> RecordMetadata:
        """The record's metadata, if it comes in time.

        Raises:
            KafkaError: the record was not written; the message says that it is about the last step, produce.
        """
        remaining_ms = self.deadline_ms - self.clock.now_ms()
        try:
            return future.result(None if remaining_ms == NEVER else max(remaining_ms, 0) / 1000)
        except (KafkaError, TimeoutError) as error:
            raise KafkaError(f"produce to {self.topic} failed: {error}") from error

    def begin(self) -> None:
        """The interesting part begins."""
        self.watch.begin()

    def end(self, producer: KafkaProducer, metadata: RecordMetadata) -> None:
        """The interesting part is over, and this came of it."""
        self.watch.end()
        partitions = producer.partitions_for(metadata.topic)
        self.leader = next((info.leader for info in partitions if info.partition == metadata.partition), None)
