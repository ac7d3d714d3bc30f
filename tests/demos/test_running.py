"""What a demo finds around it."""

import socket
import threading

import pytest

from kafka_nio.demos import DEMOS, Demo, Scene, Setting, play, record_demo
from kafka_nio.demos.capped_channel import CappedChannel
from kafka_nio.nio import SocketChannel


def demo(run: object, **options: object) -> Demo:
    assert callable(run)
    return Demo("d00", "trial", "Trial", "It runs.", ("That it runs.",), run, **options)  # type: ignore[arg-type]


def send_one(scene: Scene) -> None:
    with scene.producer(linger_ms=0) as producer:
        scene.begin()
        scene.wait_for(producer.send(scene.topic, b"hello", partition=0))
        scene.end(producer)


@pytest.mark.parametrize("run", [play, record_demo])
def test_it_has_as_many_brokers_and_partitions_as_it_asks_for(run: object) -> None:
    found = []

    def look(scene: Scene) -> None:
        send_one(scene)
        found.append((len(scene.cluster.brokers), len(scene.cluster.state.topic(scene.topic).partitions)))

    assert callable(run)
    run(demo(look, setting=Setting(brokers=3, partitions=2)))
    assert found == [(3, 2)]


@pytest.mark.parametrize("run", [play, record_demo])
def test_it_can_be_over_a_unix_socket(run: object) -> None:
    def look(scene: Scene) -> None:
        send_one(scene)
        assert scene.cluster.addresses[0][0].endswith("/broker-0.sock")

    assert callable(run)
    outcome = run(demo(look, setting=Setting(is_unix_socket=True)))
    assert outcome.metadata.offset == 0


def test_only_the_kept_steps_are_recorded() -> None:
    kept = ("KafkaProducer.send", "nio.SocketChannel.write")
    assert {step.name for step in record_demo(demo(send_one, keep=kept)).recording.steps} == set(kept)


def test_brokers_are_shown_if_asked_for() -> None:
    threads = record_demo(demo(send_one, shows_brokers=True)).recording.threads
    assert set(threads) == {"app", "sender", "broker-0 acceptor", "broker-0 processor"}


def test_what_happens_behind_the_scenes_happens_later_and_is_not_shown() -> None:
    happened = []

    def run(scene: Scene) -> None:
        with scene.producer() as producer:
            scene.know_topic(producer)
            scene.begin()
            began_ms = scene.clock.now_ms()
            scene.after(30, lambda: happened.append(scene.clock.now_ms() - began_ms))
            scene.pause(50)
            scene.end(producer)

    assert "behind the scenes" not in record_demo(demo(run)).recording.threads
    assert happened == [30]


def test_a_failure_that_is_the_point_is_kept_as_a_result() -> None:
    outcome = record_demo(DEMOS["request-timeout"])
    assert len(outcome.results) == 4
    assert outcome.leader is None
    with pytest.raises(LookupError, match="request-timeout wrote no record"):
        _ = outcome.metadata


def test_no_thread_of_a_demo_outlives_it() -> None:
    before = threading.active_count()
    record_demo(DEMOS["not-leader"])
    play(DEMOS["connect-at-once"])
    assert threading.active_count() == before


def test_a_capped_channel_hands_over_the_first_bytes_only() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        channel = CappedChannel(socket.AF_UNIX, 5)
        channel._socket.close()
        channel._socket = ours
        assert isinstance(channel, SocketChannel)
        assert channel.write([b"abc", memoryview(b"defgh"), b"ijk"]) == 5
        assert channel.write([b"xy"]) == 2
        assert theirs.recv(100) == b"abcdexy"
