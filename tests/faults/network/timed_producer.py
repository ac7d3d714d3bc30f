"""How long the producer's calls take, and its records."""

from collections.abc import Callable
from typing import NamedTuple

from kafka_nio.errors import KafkaError
from kafka_nio.producer import FutureRecordMetadata, KafkaProducer, RecordMetadata
from tests.faults.network.loop_watch import NS_PER_MS


class Acknowledged(NamedTuple):
    """When a record was handed over, and when its future succeeded."""

    sent_ns: int
    at_ns: int

    @property
    def took_ms(self) -> float:
        """From the one to the other."""
        return (self.at_ns - self.sent_ns) / NS_PER_MS


class TimedProducer:
    """Hands records on to a producer, and notes how long the calls took, and after each of them its outcome."""

    def __init__(self, producer: KafkaProducer, now_ns: Callable[[], int]) -> None:
        self._producer = producer
        self._now_ns = now_ns
        self.longest_call_ms = 0.0
        self.longest_outcome_ms = 0.0
        self.acknowledged: list[Acknowledged] = []
        """Written by the producer's thread."""

    def send(
        self,
        topic: str,
        value: bytes,
        *,
        partition: int,
        callback: Callable[[RecordMetadata, KafkaError | None], None] = lambda metadata, error: None,
    ) -> FutureRecordMetadata:
        """As `KafkaProducer.send`."""
        began_ns = self._now_ns()
        returned_ns: list[int] = []

        def note(metadata: RecordMetadata, error: KafkaError | None) -> None:
            now_ns = self._now_ns()
            for since_ns in returned_ns:  # unless the outcome was faster than the call
                self.longest_outcome_ms = max(self.longest_outcome_ms, (now_ns - since_ns) / NS_PER_MS)
            if error is None:
                self.acknowledged.append(Acknowledged(began_ns, now_ns))
            callback(metadata, error)

        future = self._producer.send(topic, value, partition=partition, callback=note)
        returned_ns.append(self._now_ns())
        self.longest_call_ms = max(self.longest_call_ms, (returned_ns[0] - began_ns) / NS_PER_MS)
        return future
