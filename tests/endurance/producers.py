"""Many producers, one after the other: each is opened, sends one record, and is closed. What do they leave behind?"""

import gc
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from kafka_nio import KafkaProducer
from tests.endurance.broker_process import value_of
from tests.endurance.gauges import Held, cpu_s, held

TOPIC = "orders"

WARM_UP = 20
"""The first ones leave what is made once for all: plans of messages, caches, memory that Python keeps at hand."""

LOOKS = 10
"""How many looks there are after the warm-up."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the process holds when so many producers have come and gone since the warm-up."""

    producers: int
    held: Held


@dataclass(frozen=True, slots=True)
class Left:
    """What came of all of them."""

    producers: int
    acknowledged: int
    seconds: float
    cpu_s: float
    interrupted: bool
    objects: dict[str, int]
    """Objects of kafka_nio's own classes, beyond those of the warm-up."""
    looks: list[Look]


class ManyProducers:
    """One run.

    Args:
        count: how many, after the warm-up.
        tell: called after each of them with how many there were.
        is_over: asked after each of them whether somebody wants no more.
    """

    def __init__(
        self,
        bootstrap_servers: str,
        count: int,
        tell: Callable[[int], None] = lambda done: None,
        is_over: Callable[[], bool] = lambda: False,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._count = count
        self._tell = tell
        self._is_over = is_over

    def run(self) -> Left:
        """Open and close them all.

        Raises:
            KafkaError: a record was not acknowledged.
        """
        for number in range(WARM_UP):
            self._one(number)
        before, looks = own_objects(), [self._look(0)]
        began_s, began_cpu_s = time.monotonic(), cpu_s()
        done = 0
        while done < self._count and not self._is_over():
            self._one(WARM_UP + done)
            done += 1
            self._tell(done)
            if done % max(1, self._count // LOOKS) == 0:
                looks.append(self._look(done))
        seconds, took_cpu_s = time.monotonic() - began_s, cpu_s() - began_cpu_s
        if looks[-1].producers < done:
            looks.append(self._look(done))
        return Left(
            producers=done,
            acknowledged=WARM_UP + done,
            seconds=round(seconds, 1),
            cpu_s=round(took_cpu_s, 1),
            interrupted=done < self._count,
            objects=dict(own_objects() - before),
            looks=looks,
        )

    def _one(self, number: int) -> None:
        with KafkaProducer(bootstrap_servers=self._bootstrap_servers) as producer:
            producer.send(TOPIC, value_of(number)).result(timeout=30)

    @staticmethod
    def _look(producers: int) -> Look:
        gc.collect()
        return Look(producers, held())


def own_objects() -> Counter[str]:
    """How many objects there are of each of kafka_nio's classes, once the garbage is collected."""
    gc.collect()
    kinds = (type(thing) for thing in gc.get_objects())
    return Counter(
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in kinds
        if str(kind.__module__).startswith("kafka_nio")  # other people's classes have made a property of it
    )
