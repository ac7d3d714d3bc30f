"""kafka-nio."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kafka_nio import KafkaProducer
from tests.benchmarks.contest.job import BUFFER_BYTES, IN_FLIGHT, LARGEST_REQUEST_BYTES

if TYPE_CHECKING:
    from kafka_nio import RecordMetadata
    from tests.benchmarks.contest.job import Job, Pairs
    from tests.benchmarks.contest.records import Records


class Driver:
    """Sends, and looks at no future; or has each record's callback count."""

    def __init__(self, job: "Job") -> None:
        self.acknowledged = 0
        self._topic = job["topic"]
        self._callback = self._on_ack if job["callback"] else None
        self._producer = KafkaProducer(
            bootstrap_servers=job["bootstrap_servers"],
            acks="all" if job["idempotent"] else 1,
            enable_idempotence=job["idempotent"],
            batch_size=job["batch_bytes"],
            linger_ms=job["linger_ms"],
            compression_type=job["compression"],
            max_in_flight_requests_per_connection=IN_FLIGHT,
            buffer_memory=BUFFER_BYTES,
            max_request_size=LARGEST_REQUEST_BYTES,
        )

    def send_all(self, records: "Pairs") -> None:
        send, topic, callback = self._producer.send, self._topic, self._callback
        if callback is None:
            for value, key in records:
                send(topic, value, key)
        else:
            for value, key in records:
                send(topic, value, key, callback=callback)

    def _on_ack(self, metadata: "RecordMetadata | None", error: Exception | None) -> None:
        if error is None:
            self.acknowledged += 1

    def send_paced(self, records: "Records", every_s: float) -> list[float]:
        from tests.benchmarks.contest.clients.pacing import send_paced

        return send_paced(records, every_s, self._send, time.sleep, self.flush)

    def _send(self, value: bytes, key: bytes | None, acknowledged: Callable[..., None]) -> None:
        def on_ack(metadata: "RecordMetadata | None", error: Exception | None) -> None:
            acknowledged()
            self._on_ack(metadata, error)

        self._producer.send(self._topic, value, key, callback=on_ack)

    def flush(self) -> None:
        self._producer.flush()

    def close(self) -> None:
        self._producer.close()
