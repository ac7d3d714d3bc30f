"""kafka-python. It has no limit to the memory of its batches, so BUFFER_BYTES is not for it.

librdkafka's mock cluster answers a request for the supported versions that it does not know in a way that kafka-python
cannot read. Told that the brokers are of release 2.3, it asks in the older way; everything in the contest is in that
release.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kafka import KafkaProducer  # type: ignore[import-untyped]

from tests.benchmarks.contest.job import IN_FLIGHT, LARGEST_REQUEST_BYTES

if TYPE_CHECKING:
    from tests.benchmarks.contest.job import Job, Pairs
    from tests.benchmarks.contest.records import Records

RELEASE_TO_SUPPOSE = {"mock": (2, 3)}


class Driver:
    """Sends, and looks at no future; or has each future's callback count."""

    def __init__(self, job: "Job") -> None:
        self.acknowledged = 0
        self._topic = job["topic"]
        self._with_callback = job["callback"]
        self._producer = KafkaProducer(
            bootstrap_servers=job["bootstrap_servers"],
            api_version=RELEASE_TO_SUPPOSE.get(job["broker"]),
            acks="all" if job["idempotent"] else 1,
            enable_idempotence=job["idempotent"],
            batch_size=job["batch_bytes"],
            linger_ms=job["linger_ms"],
            compression_type=None if job["compression"] == "none" else job["compression"],
            max_in_flight_requests_per_connection=IN_FLIGHT,
            max_request_size=LARGEST_REQUEST_BYTES,
        )

    def send_all(self, records: "Pairs") -> None:
        send, topic = self._producer.send, self._topic
        if self._with_callback:
            for value, key in records:
                send(topic, value, key).add_callback(self._on_ack)
        else:
            for value, key in records:
                send(topic, value, key)

    def _on_ack(self, metadata: object) -> None:
        self.acknowledged += 1

    def send_paced(self, records: "Records", every_s: float) -> list[float]:
        from tests.benchmarks.contest.clients.pacing import send_paced

        return send_paced(records, every_s, self._send, time.sleep, self.flush)

    def _send(self, value: bytes, key: bytes | None, acknowledged: Callable[..., None]) -> None:
        def on_ack(metadata: object) -> None:
            acknowledged()
            self._on_ack(metadata)

        self._producer.send(self._topic, value, key).add_callback(on_ack)

    def flush(self) -> None:
        self._producer.flush()

    def close(self) -> None:
        self._producer.close()
