"""Small recorded runs: a real producer and the embedded broker, the same way every time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import Any

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.client import resolve_all
from kafka_nio.nio import SocketAddress
from kafka_nio.producer import KafkaProducer, ProducerRuntime
from kafka_nio.tracing import Recording, Watch, record
from kafka_nio.tracing.recording import Step
from kafka_nio.tracing.turns import VirtualClock

SERVER = ("broker-0", 9092)


@dataclass
class Run:
    """What a test has in hand while it is recorded."""

    watch: Watch
    cluster: EmbeddedCluster
    clock: VirtualClock

    @contextmanager
    def producer(self, **options: object) -> Iterator[KafkaProducer]:
        """A producer that finds the cluster."""

        def resolve(host: str, port: int) -> list[SocketAddress]:
            found = resolve_all(*self.cluster.addresses[0])
            return [SocketAddress(address.family, address.address, host) for address in found]

        runtime = ProducerRuntime(clock=self.clock, random=Random(1), resolve=resolve)
        settings: dict[str, Any] = {"bootstrap_servers": "broker-0:9092", "client_id": "test", **options}
        with KafkaProducer(settings, runtime=runtime) as producer:
            yield producer


def recorded(scene: Callable[[Run], None], *, cluster: dict[str, Any] | None = None, **options: Any) -> Recording:
    """The recording of a scene; `cluster` is for the embedded broker, everything else for `record`."""
    clock = VirtualClock()
    options = {"lines": False, "state": False, "name": "test", **options}
    with (
        record(clock=clock, tick_ns=1000, **options) as watch,
        EmbeddedCluster(clock=clock, advertised=lambda node, address: SERVER, **(cluster or {})) as running,
    ):
        host, port = running.addresses[0]
        watch.renamed[f"{host}:{port}"] = "broker-0:9092"
        scene(Run(watch, running, clock))
    return watch.recording


def send_one(run: Run) -> None:
    """One record, and its result."""
    with run.producer() as producer:
        producer.send("orders", key=b"k", value=b"hello").result()


@cache
def sent_one(*, brokers: bool = False) -> Recording:
    """The recording of `send_one`, made once for all tests."""
    return recorded(send_one, brokers=brokers)


def named(recording: Recording, name: str, about: str | None = None) -> list[Step]:
    """The steps of this name, and only those that touch this, if it is said."""
    return [step for step in recording.steps if step.name == name and (about is None or about in step.about)]


def followed(recording: Recording, step: Step, why: str) -> list[Step]:
    """The steps that this one goes on from, for this reason."""
    return [recording.step(link.to) for link in step.links if link.why == why]
