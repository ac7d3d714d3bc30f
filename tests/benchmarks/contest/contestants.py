"""Who takes part."""

from dataclasses import dataclass

from tests.benchmarks.contest.cells import Cell, Measure

OURS = "kafka-nio"
FIRE_AND_FORGET = "confluent-kafka"
WITH_CALLBACK = "confluent-kafka, callbacks"


@dataclass(frozen=True)
class Contestant:
    """One client, used in one way."""

    name: str
    driver: str
    """The module in `clients` whose `Driver` sends the records."""
    distribution: str
    times: int
    """So many times the records of a cell, because it is that fast."""
    always_has_callbacks: bool = False
    never_has_callbacks: bool = False

    def takes_part_in(self, cell: Cell) -> bool:
        """Who never has callbacks cannot say when a record was acknowledged; marks are ours alone."""
        if cell.measure is Measure.MARKS:
            return self.name == OURS
        return not (cell.callback and self.never_has_callbacks)

    def records_of(self, cell: Cell) -> int:
        """How many records it sends."""
        return cell.records if cell.same_for_all else cell.records * self.times


CONTESTANTS = (
    Contestant(OURS, "kafka_nio_driver", "kafka-nio", times=4),
    Contestant("kafka-python", "kafka_python_driver", "kafka-python", times=1),
    Contestant("aiokafka", "aiokafka_driver", "aiokafka", times=1),
    Contestant(FIRE_AND_FORGET, "confluent_driver", "confluent-kafka", times=10, never_has_callbacks=True),
    Contestant(WITH_CALLBACK, "confluent_driver", "confluent-kafka", times=4, always_has_callbacks=True),
)

BY_NAME = {contestant.name: contestant for contestant in CONTESTANTS}
