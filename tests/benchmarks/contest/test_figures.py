"""Medians, spreads, pairs, and the aims that are judged by them."""

import pytest

from tests.benchmarks.contest.aims import AIMS, Aim, against, cpu, judge, left_by_marks, per_second
from tests.benchmarks.contest.cells import BY_NAME
from tests.benchmarks.contest.contestants import BY_NAME as CONTESTANTS
from tests.benchmarks.contest.figures import Figures, Side, Summary, summary
from tests.benchmarks.contest.results import Run
from tests.benchmarks.contest.samples import sample_run

OURS, THEIRS = Side("base", "kafka-nio"), Side("base", "aiokafka")


def test_a_summary_has_the_median_and_the_spread_around_it() -> None:
    assert summary([3.0, 1.0, 2.0]) == Summary(median=2.0, least=1.0, most=3.0, rounds=3)
    assert Summary(median=2.0, least=1.0, most=3.0, rounds=3).spread == 1.0


def test_of_an_even_number_of_rounds_the_median_lies_between_the_middle_two() -> None:
    found = summary([1.0, 2.0, 4.0, 100.0])
    assert found is not None
    assert found.median == 3.0


def test_without_rounds_there_is_no_summary() -> None:
    assert summary([]) is None


def test_a_ratio_is_taken_within_each_round() -> None:
    """Both are slowed by half in the second round, by the same thing."""
    figures = Figures(
        [
            sample_run("kafka-nio", 1, a_second=400),
            sample_run("aiokafka", 1, a_second=100),
            sample_run("kafka-nio", 2, a_second=200),
            sample_run("aiokafka", 2, a_second=50),
        ],
        "mock",
    )
    found = figures.ratio(OURS, THEIRS, per_second)
    assert found is not None
    assert found.median == pytest.approx(4.0)
    assert found.spread == pytest.approx(0.0)
    assert found.rounds == 2


def test_a_round_with_one_side_alone_has_no_ratio() -> None:
    figures = Figures([sample_run("kafka-nio", 1), sample_run("aiokafka", 2)], "mock")
    assert figures.ratio(OURS, THEIRS, per_second) is None


def test_a_run_that_failed_and_one_against_another_broker_do_not_count() -> None:
    failed = Run(round=1, broker="mock", cell="base", contestant="kafka-nio", failure="it did not end")
    elsewhere = sample_run("kafka-nio", 2, broker="apache")
    assert Figures([failed, elsewhere], "mock").of(OURS, per_second) is None


# The aims...

PARTITION, PARTITIONS = BY_NAME["1-partition"], BY_NAME["base"]


def two_cells(*, base: float, one_partition: float) -> Figures:
    """We are so many times as fast as aiokafka, and take as much less CPU."""
    return Figures(
        [
            sample_run(name, 1, cell, a_second=1_000 * times, cpu_s=1 / times)
            for cell, ahead in (("base", base), ("1-partition", one_partition))
            for name, times in (("kafka-nio", ahead), ("aiokafka", 1.0))
        ],
        "mock",
    )


def test_the_median_over_the_cells_decides_and_the_worst_is_named() -> None:
    aim = Aim("records per second", "aiokafka", 5, against("aiokafka", [PARTITION, PARTITIONS]))
    verdict = judge(aim, two_cells(base=8, one_partition=4))
    assert verdict.measured == pytest.approx(6)
    assert verdict.met
    assert verdict.worst == pytest.approx(4)
    assert verdict.worst_cell == "1-partition"


def test_an_aim_for_each_cell_is_missed_by_the_worst() -> None:
    aim = Aim("records per second", "aiokafka", 5, against("aiokafka", [PARTITION, PARTITIONS]), each=True)
    verdict = judge(aim, two_cells(base=8, one_partition=4))
    assert not verdict.met
    assert verdict.missed_by == pytest.approx(0.2)


def test_an_aim_may_be_an_upper_limit() -> None:
    aim = Aim("CPU", "aiokafka", 0.2, against("aiokafka", [PARTITION, PARTITIONS]), cpu, at_most=True, each=True)
    verdict = judge(aim, two_cells(base=8, one_partition=4))
    assert not verdict.met
    assert verdict.missed_by == pytest.approx(0.25)
    assert verdict.worst_cell == "1-partition"


def test_what_was_not_measured_is_not_met() -> None:
    assert not any(judge(aim, Figures([], "mock")).met for aim in AIMS)


def test_an_aim_may_be_for_a_figure_that_is_a_ratio_already() -> None:
    aim = Aim("spans unwatched", "marks deleted", 0.99, ((Side("marks", "kafka-nio"), None),), left_by_marks)
    runs = [sample_run("kafka-nio", number, "marks", left_by_marks=0.98 + number / 100) for number in (1, 2, 3)]
    verdict = judge(aim, Figures(runs, "mock"))
    assert verdict.measured == pytest.approx(1.0)
    assert verdict.met


def test_each_aim_is_measured_by_cells_in_which_both_sides_take_part() -> None:
    sides = [side for aim in AIMS for pair in aim.pairs for side in pair if side is not None]
    assert all(aim.pairs for aim in AIMS)
    assert all(CONTESTANTS[side.contestant].takes_part_in(BY_NAME[side.cell]) for side in sides)
