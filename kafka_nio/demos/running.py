"""Runs a demo in one of two ways: as it comes, or the same way every time.

Java: no counterpart.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from random import Random

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.client import resolve_all
from kafka_nio.clock import Clock, SystemClock
from kafka_nio.demos.demo import Demo, Outcome
from kafka_nio.demos.scene import Scene
from kafka_nio.nio import SocketAddress
from kafka_nio.producer import KafkaProducer, ProducerRuntime
from kafka_nio.tracing import record
from kafka_nio.tracing.turns import VirtualClock

SEED = 2017
"""Of all randomness in a recording."""

TICK_NS = 1_000
"""By how much time seems to move on with every event of a recording, so that no two begin together."""

KAFKA_PORT = 9092


def play(
    demo: Demo,
    *,
    bootstrap_servers: str | None = None,
    topic: str | None = None,
    timeout_s: float = 10,
    lines: bool = False,
) -> Outcome:
    """Run a demo on real threads and the wall clock.

    Args:
        bootstrap_servers: a cluster to write to; None for one of its own, in this process.
        topic: where its records go, if not where the demo says.
        timeout_s: after so many seconds it gives up.
        lines: note also which lines ran.

    Raises:
        KafkaError: why the record could not be sent.
    """
    clock = SystemClock()
    timeout_ms = round(timeout_s * 1000)
    # The record gives up earlier than the demo, because it can say why.
    record_ms = round(timeout_ms * 0.7)
    limits = {"max_block_ms": timeout_ms, "request_timeout_ms": record_ms, "delivery_timeout_ms": record_ms}
    with record(clock=clock, lines=lines, begin=False, name=demo.name) as watch, _cluster(bootstrap_servers) as servers:

        def make_producer(options: Mapping[str, object]) -> KafkaProducer:
            return KafkaProducer({"bootstrap_servers": servers, "client_id": "demo", **limits, **options})

        scene = Scene(topic or demo.topic, servers, watch, make_producer, clock, clock.now_ms() + timeout_ms)
        metadata = demo.run(scene)
    return Outcome(watch.recording, metadata, scene.leader)


@contextmanager
def _cluster(bootstrap_servers: str | None) -> Iterator[str]:
    if bootstrap_servers is not None:
        yield bootstrap_servers
    else:
        with EmbeddedCluster() as cluster:
            yield cluster.bootstrap_servers


def record_demo(demo: Demo) -> Outcome:
    """Run a demo so that it goes the same way every time: threads take turns, time is virtual, chance has a seed.

    The bytes still go through real sockets. Only the ports, which the kernel chooses, are hidden behind names.
    """
    clock = VirtualClock()
    with (
        record(clock=clock, lines=True, tick_ns=TICK_NS, begin=False, name=demo.name) as watch,
        EmbeddedCluster(clock=clock, advertised=lambda node_id, _: (f"broker-{node_id}", KAFKA_PORT)) as cluster,
    ):
        addresses = {f"broker-{node_id}": address for node_id, address in enumerate(cluster.addresses)}
        watch.renamed |= {f"{host}:{port}": f"{name}:{KAFKA_PORT}" for name, (host, port) in addresses.items()}

        servers = [f"{name}:{KAFKA_PORT}" for name in addresses]

        def make_producer(options: Mapping[str, object]) -> KafkaProducer:
            return KafkaProducer(
                {"bootstrap_servers": servers, "client_id": "demo", **options}, runtime=_runtime(clock, addresses)
            )

        scene = Scene(demo.topic, ",".join(servers), watch, make_producer, clock)
        metadata = demo.run(scene)
    return Outcome(watch.recording, metadata, scene.leader)


def _runtime(clock: Clock, addresses: Mapping[str, tuple[str, int]]) -> ProducerRuntime:
    def resolve(host: str, port: int) -> list[SocketAddress]:
        return resolve_all(*addresses[host])

    return ProducerRuntime(clock=clock, random=Random(SEED), resolve=resolve)
