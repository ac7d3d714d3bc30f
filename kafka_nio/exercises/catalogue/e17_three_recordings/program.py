"""The program whose three recordings are to be told apart: always the same, each time with one thing different.

Java: no counterpart.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache, partial

from kafka_nio.broker import Fault
from kafka_nio.demos import DEMOS, Demo, Setting, try_demo
from kafka_nio.demos.scene import Scene
from kafka_nio.protocol.api import ApiKey
from kafka_nio.tracing import Recording

RECORD = bytes(3000)
RECORDS = 3
BETWEEN_RECORDS_MS = 1

ANSWER_AFTER_MS = 2
"""How long the broker takes to answer."""

LINGER_MS = 5

BYTES_A_WRITE = 1024
"""What the small send buffer takes at a time."""

LOOK_MS = 0.05
"""How long a turn of the loop takes at least."""

KEPT = (
    "KafkaProducer.send",
    "RecordAccumulator.append",
    "nio.Selector.wakeup",
    "FutureRecordMetadata.result",
    "Sender.run_once",
    "RecordAccumulator.ready",
    "RecordAccumulator.drain",
    "NetworkClient.do_send",
    "KafkaChannel.set_send",
    "nio.Selector.select",
    "nio.Selector.select_now",
    "Selector.poll_selection_keys",
    "nio.SocketChannel.write",
    "nio.SocketChannel.read",
    "NetworkClient.parse_response",
    "ProducerBatch.complete",
)
"""The steps that tell it. `KafkaChannel.write` is not among them: which function that was would tell too much."""


def run(linger_ms: int, scene: Scene) -> None:
    """Send three records, a millisecond apart, and wait for them."""
    with scene.producer(linger_ms=linger_ms) as producer:
        scene.warm_up(producer)
        scene.order(*[Fault(ApiKey.PRODUCE, delay_ms=ANSWER_AFTER_MS)] * RECORDS)

        scene.begin()
        futures = []
        for _ in range(RECORDS):
            futures.append(producer.send(scene.topic, RECORD, partition=0))
            scene.pause(BETWEEN_RECORDS_MS)
        scene.wait_for(*futures)
        scene.end(producer)


def demo(name: str, *, linger_ms: int = 0, bytes_a_write: int | None = None) -> Demo:
    """The program under a name that does not tell."""
    do: Callable[[Scene], None] = partial(run, linger_ms)
    setting = Setting(bytes_a_write=bytes_a_write, look_ms=LOOK_MS)
    return Demo(id="e17", name=name, title="", sentence="", watch_for=(), run=do, setting=setting, keep=KEPT)


DEMOS_BY_LETTER = {
    "a": demo("a", bytes_a_write=BYTES_A_WRITE),
    "b": replace(demo("b"), bug=DEMOS["bug-write-interest-stuck"].bug),
    "c": demo("c", linger_ms=LINGER_MS),
}


@cache
def recordings() -> Mapping[str, Recording]:
    """The three recordings, by the letter that the learner knows them by."""
    # Without lines: which lines ran would tell, and turns that are alike could not be told once.
    return {letter: try_demo(demo, lines=False).recording for letter, demo in DEMOS_BY_LETTER.items()}
