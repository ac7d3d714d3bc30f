"""The table of cells, the order of the runs, and the records."""

import zlib
from dataclasses import fields

from tests.benchmarks.contest.cells import BY_NAME as CELLS_BY_NAME
from tests.benchmarks.contest.cells import CELLS, Cell, Keys, Measure
from tests.benchmarks.contest.contestants import BY_NAME, CONTESTANTS, FIRE_AND_FORGET, OURS
from tests.benchmarks.contest.records import DIFFERENT_KEYS, Records
from tests.benchmarks.contest.schedule import schedule

BASE = CELLS[0]
SETTINGS = {one.name for one in fields(Cell)} - {"name", "differs_by", "records", "same_for_all", "measure"}

BOTH_MAKE_ONE_THING = {
    "large-batches": {"batch_bytes", "linger_ms"},
    "10000-keys-1000-partitions": {"keys", "partitions"},
    "latency-linger-0": {"linger_ms", "callback"},
    "start-up": {"linger_ms", "callback"},
}


def test_each_cell_has_a_name_of_its_own() -> None:
    assert len({cell.name for cell in CELLS}) == len(CELLS)


def test_each_cell_differs_from_the_base_by_one_thing() -> None:
    for cell in CELLS[1:]:
        different = {name for name in SETTINGS if getattr(cell, name) != getattr(BASE, name)}
        assert len(different) <= 1 or different == BOTH_MAKE_ONE_THING[cell.name]


def test_a_cell_of_latency_or_start_up_has_callbacks() -> None:
    assert all(cell.callback for cell in CELLS if cell.measure in (Measure.LATENCY, Measure.START_UP))


def test_the_fast_send_more_unless_the_number_is_what_matters() -> None:
    by_name = {cell.name: cell for cell in CELLS}
    assert BY_NAME[OURS].records_of(BASE) == 200_000
    assert {one.records_of(by_name["10^6-records"]) for one in CONTESTANTS} == {1_000_000}


def test_a_quick_cell_differs_by_its_number_of_records() -> None:
    assert [cell.quick().records for cell in CELLS if cell.name in ("base", "10^6-records", "start-up")] == [
        500,
        10_000,
        1,
    ]


# The order...


def test_in_each_round_another_begins() -> None:
    planned = list(schedule(len(CONTESTANTS), "mock", [BASE], CONTESTANTS))
    rounds = [planned[start : start + len(CONTESTANTS)] for start in range(0, len(planned), len(CONTESTANTS))]
    assert {runs[0].contestant.name for runs in rounds} == set(BY_NAME)
    assert all({run.contestant.name for run in runs} == set(BY_NAME) for runs in rounds)


def test_a_round_goes_through_all_cells_before_the_next_begins() -> None:
    numbers = [run.round for run in schedule(3, "mock", CELLS, CONTESTANTS)]
    assert numbers == sorted(numbers)
    assert len({run.key for run in schedule(3, "mock", CELLS, CONTESTANTS)}) == len(numbers)


def test_fire_and_forget_has_no_part_in_cells_with_callbacks() -> None:
    for run in schedule(1, "mock", CELLS, CONTESTANTS):
        assert not (run.cell.callback and run.contestant.name == FIRE_AND_FORGET)


def test_marks_are_ours_alone() -> None:
    assert [run.contestant.name for run in schedule(1, "mock", [CELLS_BY_NAME["marks"]], CONTESTANTS)] == [OURS]


# The records...


def test_records_are_the_same_in_every_run() -> None:
    assert list(Records(1_500, 100, keys="10,000")) == list(Records(1_500, 100, keys="10,000"))


def test_values_have_their_size() -> None:
    assert {len(value) for value, _ in Records(1_500, 100)} == {100}
    sizes = {len(value) for value, _ in Records(1_500, 100, random_sizes=True)}
    assert 60 <= min(sizes) < 65
    assert 135 < max(sizes) <= 140


def test_there_are_as_many_keys_as_the_cell_says() -> None:
    several = 2 * DIFFERENT_KEYS
    assert {key for _, key in Records(several, 10)} == {None}
    assert len({key for _, key in Records(several, 10, keys=Keys.TEN_THOUSAND.value)}) == DIFFERENT_KEYS
    assert len({key for _, key in Records(several, 10, keys=Keys.UNIQUE.value)}) == several


def test_values_compress_to_a_half_or_a_third() -> None:
    values = b"".join(value for value, _ in Records(160, 100))
    assert 2 < len(values) / len(zlib.compress(values)) < 4
