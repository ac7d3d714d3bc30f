"""Where a demo takes place: a cluster to write to, a clock, and a watch that notes what happens.

Java: no counterpart.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from kafka_nio.broker import EmbeddedCluster, Fault
from kafka_nio.clock import NEVER, Clock
from kafka_nio.cluster import Node
from kafka_nio.errors import KafkaError
from kafka_nio.producer import FutureRecordMetadata, KafkaProducer, RecordMetadata
from kafka_nio.tracing import Watch

Result = RecordMetadata | KafkaError
"""What becomes of a record: a place in a partition, or the reason why it has none."""

A_BREATH_MS = 2
"""Long enough for the other threads to come to rest, on a machine that is not too busy."""


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
        own_cluster: the cluster, if it is the demo's own.
    """

    topic: str
    bootstrap_servers: str
    watch: Watch
    make_producer: Callable[[Mapping[str, object]], KafkaProducer]
    clock: Clock
    deadline_ms: float = NEVER
    own_cluster: EmbeddedCluster | None = None
    results: list[Result] = field(default_factory=list, init=False)
    """What became of the records that were waited for since `begin`."""
    leader: Node | None = field(default=None, init=False)
    """Who took the last of them."""

    # The producer...

    @contextmanager
    def producer(self, **options: object) -> Iterator[KafkaProducer]:
        """A producer for the block. If the block fails, it is closed without waiting for what is under way.

        Without idempotence unless asked for: a producer id is a story of its own.
        """
        producer = self.make_producer({"enable_idempotence": False, **options})
        try:
            yield producer
        except BaseException:
            producer.close(timeout=0)
            raise
        producer.close()

    def know_topic(self, producer: KafkaProducer, partitions: int = 1) -> None:
        """Have the producer learn who leads the topic's partitions.

        Args:
            partitions: how many it needs to have.

        Raises:
            KafkaError: it could not; the message says which step failed, where and why.
        """
        try:
            found = len(producer.partitions_for(self.topic))
        except KafkaError as error:
            reason = str(error)
            if self.bootstrap_servers in reason:
                raise
            raise KafkaError(f"metadata of topic {self.topic} from {self.bootstrap_servers}: {reason}") from error
        if found < partitions:
            raise KafkaError(
                f"this demo needs a topic with {partitions} partitions, and {self.topic} has {found}; "
                "make one, and name it with --topic"
            )

    def warm_up(self, producer: KafkaProducer, partitions: int = 1) -> None:
        """Have the producer know the topic and be connected to the leader of its first partition, with nothing to do.

        It sends a record for that, because a connection is opened only when there is something to send.
        """
        self.know_topic(producer, partitions)
        self._result_of(producer.send(self.topic, b"warm-up", partition=0))
        self.pause(A_BREATH_MS)

    # Time, and what is to go wrong...

    def pause(self, duration_ms: float) -> None:
        """Let time pass, and the other threads come to rest."""
        self.clock.sleep(duration_ms)

    def after(self, delay_ms: float, do: Callable[[], object]) -> None:
        """Have something happen later, behind the scenes: on a thread that is not shown."""

        def run() -> None:
            self.clock.sleep(delay_ms)
            do()

        self.clock.start(threading.Thread(target=run, name="behind the scenes", daemon=True))

    def order(self, *faults: Fault) -> None:
        """Have these things go wrong, one after the other."""
        for fault in faults:
            self.cluster.faults.add(fault)

    @property
    def cluster(self) -> EmbeddedCluster:
        """The demo's own cluster. A demo that asks for it says in `Demo.own_broker` why."""
        assert self.own_cluster is not None, "a demo with own_broker is not played on a cluster that is not its own"
        return self.own_cluster

    # What became of the records...

    def wait_for(self, *futures: FutureRecordMetadata) -> None:
        """Wait until all these records are written.

        Raises:
            KafkaError: one was not; the message says that it is about the last step, produce.
        """
        self.results.extend([self._result_of(future) for future in futures])

    def wait_for_the_end_of(self, futures: Iterable[FutureRecordMetadata]) -> None:
        """Wait until each of these records is written or given up; a failure is what one wants to see."""
        for future in futures:
            try:
                self.results.append(self._result_of(future))
            except KafkaError as failure:
                self.results.append(failure)

    def _result_of(self, future: FutureRecordMetadata) -> RecordMetadata:
        remaining_ms = self.deadline_ms - self.clock.now_ms()
        try:
            return future.result(None if remaining_ms == NEVER else max(remaining_ms, 0) / 1000)
        except (KafkaError, TimeoutError) as error:
            raise KafkaError(f"produce to {self.topic} failed: {error}") from error

    # The interesting part...

    def begin(self) -> None:
        """The interesting part begins."""
        self.watch.begin()

    def end(self, producer: KafkaProducer) -> None:
        """The interesting part is over."""
        self.watch.end()
        written = [result for result in self.results if isinstance(result, RecordMetadata)]
        if written:
            partitions = producer.partitions_for(written[-1].topic)
            self.leader = next((info.leader for info in partitions if info.partition == written[-1].partition), None)
