"""Runs a demo in one of two ways: as it comes, or the same way every time.

Java: no counterpart.
"""

import os
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from random import Random
from tempfile import TemporaryDirectory

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.client import resolve_all
from kafka_nio.client.addresses import Resolve
from kafka_nio.clock import Clock, SystemClock
from kafka_nio.demos.capped_channel import CappedChannel
from kafka_nio.demos.demo import Demo, Outcome, Setting
from kafka_nio.demos.scene import Scene
from kafka_nio.errors import KafkaError
from kafka_nio.nio import SocketAddress, SocketChannel
from kafka_nio.producer import KafkaProducer, ProducerRuntime
from kafka_nio.tracing import Watch, record
from kafka_nio.tracing.recorder import lanes
from kafka_nio.tracing.turns import VirtualClock

SEED = 2017
"""Of all randomness in a recording."""

TICK_NS = 1_000
"""By how much time seems to move on with every event of a recording, so that no two begin together."""

KAFKA_PORT = 9092

LOOPBACK = "127.0.0.1"

Sparing = Callable[[], AbstractContextManager[None]]
"""Has the brokers of this process do it right, for a block in which the producer does it wrong."""


# As it comes...


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
        KafkaError: why the record could not be sent, or why the demo cannot do with that cluster.
    """
    if bootstrap_servers is not None and demo.own_broker:
        raise KafkaError(f"{demo.name} brings its own broker: {demo.own_broker}. Leave out --bootstrap-servers")
    clock = SystemClock()
    with (
        _with_bug(demo) as sparing_brokers,
        record(
            clock=clock,
            lines=lines,
            keep=demo.keep or None,
            brokers=demo.shows_brokers,
            thread_name=_lanes(demo),
            begin=False,
            name=demo.name,
        ) as watch,
    ):
        if bootstrap_servers is not None:
            scene = _scene(demo, watch, clock, bootstrap_servers, None, topic, timeout_s)
            return _successful(_outcome(demo, scene, sparing_brokers))
        with _own_cluster(demo.setting, clock) as cluster:
            scene = _scene(demo, watch, clock, _names_of(cluster), cluster, topic, timeout_s)
            return _successful(_outcome(demo, scene, sparing_brokers))


def _scene(
    demo: Demo,
    watch: Watch,
    clock: Clock,
    servers: str,
    cluster: EmbeddedCluster | None,
    topic: str | None,
    timeout_s: float,
) -> Scene:
    timeout_ms = round(timeout_s * 1000)
    # A record gives up earlier than the demo, because it can say why.
    record_ms = round(timeout_ms * 0.7)
    options: dict[str, object] = {
        "bootstrap_servers": servers,
        "client_id": "demo",
        "max_block_ms": timeout_ms,
        "request_timeout_ms": round(record_ms * 0.8),  # leaves room for linger
        "delivery_timeout_ms": record_ms,
    }
    if demo.setting.bytes_a_write is not None:
        options["send_buffer_bytes"] = demo.setting.bytes_a_write
    runtime = ProducerRuntime(clock=clock, resolve=_resolver(cluster) if demo.setting.is_unix_socket else resolve_all)

    def make_producer(own_options: Mapping[str, object]) -> KafkaProducer:
        return KafkaProducer({**options, **own_options}, runtime=runtime)

    return Scene(topic or demo.topic, servers, watch, make_producer, clock, clock.now_ms() + timeout_ms, cluster)


# The same way every time...


def record_demo(demo: Demo, sparing_brokers: Sparing = nullcontext) -> Outcome:
    """Run a demo so that it goes the same way every time: threads take turns, time is virtual, chance has a seed.

    The bytes still go through real sockets. Only where these are, which the kernel chooses, is hidden behind names.

    Args:
        sparing_brokers: has the brokers do it right, if somebody else has put a wrong function in a right one's place.
    """
    return _successful(try_demo(demo, sparing_brokers))


def try_demo(demo: Demo, sparing_brokers: Sparing = nullcontext, *, lines: bool = True) -> Outcome:
    """As `record_demo`, but a failure of the demo is in the outcome, with what was recorded up to it.

    Args:
        sparing_brokers: as in `record_demo`.
        lines: note also which lines ran, which takes the most time.
    """
    clock = VirtualClock(look_ms=demo.setting.look_ms)
    outcome = None
    try:
        with (
            _with_bug(demo, sparing_brokers) as sparing,
            record(
                clock=clock,
                lines=lines,
                tick_ns=TICK_NS,
                keep=demo.keep or None,
                brokers=demo.shows_brokers,
                thread_name=_lanes(demo),
                begin=False,
                name=demo.name,
            ) as watch,
            _own_cluster(demo.setting, clock, named=True) as cluster,
        ):
            watch.renamed |= _renamed(cluster)
            outcome = _outcome(demo, _virtual_scene(demo, watch, clock, cluster), sparing)
    except Exception:
        if outcome is None or outcome.failure is None:
            raise  # else time has stopped, so that nothing could be closed in order either
    return outcome


def _virtual_scene(demo: Demo, watch: Watch, clock: VirtualClock, cluster: EmbeddedCluster) -> Scene:
    runtime = ProducerRuntime(
        clock=clock,
        random=Random(SEED),
        resolve=_resolver(cluster),
        open_channel=_channel_opener(demo.setting.bytes_a_write),
    )
    servers = _names_of(cluster)

    def make_producer(options: Mapping[str, object]) -> KafkaProducer:
        return KafkaProducer({"bootstrap_servers": servers, "client_id": "demo", **options}, runtime=runtime)

    return Scene(demo.topic, servers, watch, make_producer, clock, own_cluster=cluster)


def _lanes(demo: Demo) -> Callable[[threading.Thread], str | None]:
    name = lanes(threading.current_thread(), brokers=demo.shows_brokers)
    return lambda thread: None if thread.name in demo.idle else name(thread)


@contextmanager
def _with_bug(demo: Demo, sparing_brokers: Sparing = nullcontext) -> Iterator[Sparing]:
    """Entered before anybody watches, so that what is watched is the wrong function, if the demo has one."""
    if demo.bug is None:
        yield sparing_brokers
    else:
        stand_in = demo.bug.stand_in
        with stand_in.at_work() as places:
            yield partial(stand_in.sparing_brokers, places)


def _outcome(demo: Demo, scene: Scene, sparing_brokers: Sparing) -> Outcome:
    failure = None
    with sparing_brokers():
        try:
            demo.run(scene)
        except Exception as error:
            failure = error
    return Outcome(scene.watch.recording, tuple(scene.results), scene.leader, failure)


def _successful(outcome: Outcome) -> Outcome:
    if outcome.failure is not None:
        raise outcome.failure
    return outcome


def _channel_opener(bytes_a_write: int | None) -> Callable[[int], SocketChannel]:
    if bytes_a_write is None:
        return SocketChannel.open
    return lambda family: CappedChannel(family, bytes_a_write)


# A cluster of the demo's own...


@contextmanager
def _own_cluster(setting: Setting, clock: Clock, *, named: bool = False) -> Iterator[EmbeddedCluster]:
    """The brokers that a demo brings along.

    Args:
        named: whether clients are told names instead of addresses. For Unix sockets they are in any case: a path is no
            address that a broker could tell.
    """
    with (
        TemporaryDirectory(prefix="kafka-nio-") as folder,
        EmbeddedCluster(
            nodes=setting.brokers,
            host=folder if setting.is_unix_socket else LOOPBACK,
            partitions_per_topic=setting.partitions,
            advertised=_named if named or setting.is_unix_socket else None,
            clock=clock,
        ) as cluster,
    ):
        yield cluster


def _named(node_id: int, _: object = None) -> tuple[str, int]:
    return f"broker-{node_id}", KAFKA_PORT


def _names_of(cluster: EmbeddedCluster) -> str:
    """The bootstrap servers, as clients are told to call them."""
    return ",".join(f"{node.host}:{node.port}" for node in cluster.state.nodes)


def _resolver(cluster: EmbeddedCluster | None) -> Resolve:
    """Finds the brokers behind their names."""
    assert cluster is not None, "only a demo's own brokers go by names"
    addresses = {node.host: broker.address for node, broker in zip(cluster.state.nodes, cluster.brokers, strict=True)}

    def resolve(name: str, _: int) -> list[SocketAddress]:
        host, port = addresses[name]
        return [SocketAddress(socket.AF_UNIX, host)] if host.startswith(os.sep) else resolve_all(host, port)

    return resolve


def _renamed(cluster: EmbeddedCluster) -> dict[str, str]:
    """Where the brokers really are, which differs from run to run, and what to write instead."""
    names = {}
    for broker in cluster.brokers:
        host, port = broker.address
        if host.startswith(os.sep):
            names[host] = f"/run/{os.path.basename(host)}"
        else:
            names[f"{host}:{port}"] = f"broker-{broker.node_id}:{KAFKA_PORT}"
    return names
