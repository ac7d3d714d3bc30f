"""confluent-kafka: fire and forget, or with a delivery callback and `poll(0)` after each record.

Keys are spread by murmur2, as the others do it, and neither the number of records in the queue nor that in a batch
limits it before their bytes do.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from confluent_kafka import Producer

from tests.benchmarks.contest.job import BUFFER_BYTES, IN_FLIGHT, LARGEST_REQUEST_BYTES

if TYPE_CHECKING:
    from tests.benchmarks.contest.job import Job, Pairs
    from tests.benchmarks.contest.records import Records

QUEUE_IS_FULL_S = 0.01
"""How long to wait for room before the next try."""


class Driver:
    """One producer; its callbacks are called by `poll` and `flush`."""

    def __init__(self, job: "Job") -> None:
        self.acknowledged = 0
        self._topic = job["topic"]
        self._with_callback = job["callback"]
        self._producer = Producer(
            {
                "bootstrap.servers": job["bootstrap_servers"],
                "acks": "all" if job["idempotent"] else 1,
                "enable.idempotence": job["idempotent"],
                "batch.size": job["batch_bytes"],
                "batch.num.messages": 1_000_000,
                "linger.ms": job["linger_ms"],
                "compression.type": job["compression"],
                "max.in.flight.requests.per.connection": IN_FLIGHT,
                "queue.buffering.max.kbytes": BUFFER_BYTES // 1024,
                "queue.buffering.max.messages": 10_000_000,
                "message.max.bytes": LARGEST_REQUEST_BYTES,
                "partitioner": "murmur2_random",
                "log_level": 0,
            }
        )

    def send_all(self, records: "Pairs") -> None:
        if self._with_callback:
            self._send_all_with_callback(records)
        else:
            self._fire_and_forget(records)

    def _fire_and_forget(self, records: "Pairs") -> None:
        produce, topic = self._producer.produce, self._topic
        for value, key in records:
            try:
                produce(topic, value, key)
            except BufferError:
                self._try_again(value, key, None)

    def _send_all_with_callback(self, records: "Pairs") -> None:
        produce, poll, topic, on_ack = self._producer.produce, self._producer.poll, self._topic, self._on_ack
        for value, key in records:
            try:
                produce(topic, value, key, on_delivery=on_ack)
            except BufferError:
                self._try_again(value, key, on_ack)
            poll(0)

    def _try_again(self, value: bytes, key: bytes | None, on_ack: Callable[..., None] | None) -> None:
        while True:
            self._producer.poll(QUEUE_IS_FULL_S)
            try:
                return self._producer.produce(self._topic, value, key, on_delivery=on_ack)
            except BufferError:
                continue

    def _on_ack(self, error: object, message: object) -> None:
        if error is None:
            self.acknowledged += 1

    def send_paced(self, records: "Records", every_s: float) -> list[float]:
        from tests.benchmarks.contest.clients.pacing import send_paced

        return send_paced(records, every_s, self._send, self._producer.poll, self.flush)

    def _send(self, value: bytes, key: bytes | None, acknowledged: Callable[..., None]) -> None:
        def on_ack(error: object, message: object) -> None:
            acknowledged()
            self._on_ack(error, message)

        self._producer.produce(self._topic, value, key, on_delivery=on_ack)

    def flush(self) -> None:
        self._producer.flush()

    def close(self) -> None:
        self._producer.close()
