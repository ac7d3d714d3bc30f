"""aiokafka, in an event loop of its own.

It has one open batch a partition and one request in flight a broker, so there are no settings for either.
"""

import asyncio
import time
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaProducer  # type: ignore[import-untyped]

from tests.benchmarks.contest.job import LARGEST_REQUEST_BYTES

if TYPE_CHECKING:
    from tests.benchmarks.contest.job import Job, Pairs
    from tests.benchmarks.contest.records import Records


class Driver:
    """Awaits each `send`, and looks at no future; or has each future's callback count."""

    def __init__(self, job: "Job") -> None:
        self.acknowledged = 0
        self._topic = job["topic"]
        self._with_callback = job["callback"]
        self._runner = asyncio.Runner()
        self._producer = self._runner.run(self._start(job))

    async def _start(self, job: "Job") -> AIOKafkaProducer:
        producer = AIOKafkaProducer(
            bootstrap_servers=job["bootstrap_servers"],
            acks="all" if job["idempotent"] else 1,
            enable_idempotence=job["idempotent"],
            max_batch_size=job["batch_bytes"],
            linger_ms=job["linger_ms"],
            compression_type=None if job["compression"] == "none" else job["compression"],
            max_request_size=LARGEST_REQUEST_BYTES,
        )
        await producer.start()
        return producer

    def send_all(self, records: "Pairs") -> None:
        self._runner.run(self._send_all(records))

    async def _send_all(self, records: "Pairs") -> None:
        send, topic = self._producer.send, self._topic
        if self._with_callback:
            for value, key in records:
                (await send(topic, value, key)).add_done_callback(self._on_ack)
        else:
            for value, key in records:
                await send(topic, value, key)

    def _on_ack(self, future: "asyncio.Future[object]") -> None:
        if future.exception() is None:
            self.acknowledged += 1

    def send_paced(self, records: "Records", every_s: float) -> list[float]:
        return self._runner.run(self._send_paced(records, every_s))

    async def _send_paced(self, records: "Records", every_s: float) -> list[float]:
        from tests.benchmarks.contest.clients.pacing import Latencies

        latencies = Latencies(records.count)
        due_s = time.perf_counter()
        for number, (value, key) in enumerate(records):
            while (left_s := due_s - time.perf_counter()) > 0:
                await asyncio.sleep(left_s)
            acknowledged = latencies.start(number)
            future = await self._producer.send(self._topic, value, key)
            future.add_done_callback(acknowledged)
            future.add_done_callback(self._on_ack)
            due_s += every_s
        await self._producer.flush()
        return latencies.seconds

    def flush(self) -> None:
        self._runner.run(self._producer.flush())

    def close(self) -> None:
        self._runner.run(self._producer.stop())
        self._runner.close()
