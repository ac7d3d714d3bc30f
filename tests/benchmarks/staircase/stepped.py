"""A producer without a thread of its own: its sender takes a turn when it is told to, on the thread that tells it.

So the two sides of the producer can be measured one at a time, without waiting for each other.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Condition, Thread

from kafka_nio.clock import SystemClock
from kafka_nio.producer import KafkaProducer
from kafka_nio.producer.assembly import ProducerRuntime
from kafka_nio.producer.sender import Sender
from kafka_nio.producer.sender_thread import SenderThread

VALUE = b"a record of one hundred bytes, which is what most benchmarks of Kafka send; so does this one.......!"
assert len(VALUE) == 100

OPTIONS: dict[str, object] = {
    "acks": 1,
    "enable.idempotence": False,
    "batch.size": 16 * 1024,
    "buffer.memory": 64 * 1024 * 1024,
    "max.request.size": 4 * 1024 * 1024,
}
"""As in the base of the contest."""

NO_OTHERS: Mapping[str, object] = {}


class SteppedClock(SystemClock):
    """Starts no thread. Whoever waits lets the sender take its turns meanwhile."""

    def start(self, thread: Thread) -> None:
        assert isinstance(thread, SenderThread)
        self._sender: Sender = thread.sender

    def wait(self, condition: Condition, predicate: Callable[[], bool], timeout_ms: float) -> bool:
        give_up_ms = self.now_ms() + timeout_ms
        while not predicate() and self.now_ms() < give_up_ms:
            condition.release()
            try:
                self._sender.run_once()
            finally:
                condition.acquire()
        return predicate()

    def join(self, thread: Thread, timeout_ms: float) -> bool:
        thread.run()  # the last turns
        return True


@contextmanager
def stepped_producer(
    bootstrap_servers: str, topic: str, options: Mapping[str, object] = NO_OTHERS
) -> Iterator[KafkaProducer]:
    """One that knows the topic. What it has not sent in the end it gives up.

    Args:
        options: besides `OPTIONS`, or instead of them; under Kafka's names.
    """
    producer = KafkaProducer(
        {"bootstrap.servers": bootstrap_servers, "linger.ms": 60_000, **OPTIONS, **options},
        runtime=ProducerRuntime(clock=SteppedClock()),
    )
    try:
        producer.partitions_for(topic)
        yield producer
    finally:
        producer.close(timeout=0)


def give_up_records(producer: KafkaProducer) -> None:
    """Empty the producer's batches."""
    producer.purge()
    producer.flush()
