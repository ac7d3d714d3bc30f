"""One run: the process, the count, and what makes it fail."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.contest import one_run
from tests.benchmarks.contest.brokers import Topic, mock
from tests.benchmarks.contest.cells import BY_NAME as CELLS
from tests.benchmarks.contest.cells import Cell, Measure
from tests.benchmarks.contest.contestants import BY_NAME, OURS, WITH_CALLBACK
from tests.benchmarks.contest.driver import percentile
from tests.benchmarks.contest.one_run import WARM_UP, run_once
from tests.benchmarks.contest.schedule import Planned
from tests.support.unavailable import Unavailable

if TYPE_CHECKING:
    from tests.benchmarks.contest.job import Job, Outcome

RECORDS = 2_000
TINY = Cell(name="tiny", differs_by="2,000 records", records=RECORDS, same_for_all=True, callback=True)


def planned(cell: Cell = TINY, contestant: str = OURS) -> Planned:
    return Planned(1, "mock", cell, BY_NAME[contestant])


@pytest.mark.parametrize("contestant", [OURS, WITH_CALLBACK])
def test_all_records_of_a_client_reach_the_mock_cluster(contestant: str) -> None:
    try:
        with mock() as new_topic:
            run = run_once(new_topic, planned(contestant=contestant))
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert run.failure is None
    assert run.sent == run.received == RECORDS
    assert min(run.seconds, run.cpu_s, run.peak_mib) > 0


class Shelf(Topic):
    """A topic that has so many records whatever is sent."""

    def count(self, expected: int) -> int:
        return WARM_UP + RECORDS


@contextmanager
def shelf(name: str, partitions: int) -> Iterator[Topic]:
    yield Shelf("nowhere:1", name, partitions, lambda: None)


def outcome_of(job: "Job", acknowledged: int | None) -> "Outcome":
    return {"seconds": 1.0, "cpu_s": 0.5, "peak_bytes": 2**20, "acknowledged": acknowledged}


@pytest.mark.parametrize(("spans", "failure"), [(0, 0), (-1, "sent 2,500 records, there were 2,499 spans for them")])
def test_a_traced_record_without_its_span_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, spans: int, failure: str | None
) -> None:
    outcome = outcome_of({}, None) | {"spans": WARM_UP + RECORDS + spans}  # type: ignore[typeddict-item]
    monkeypatch.setattr(one_run, "drive", lambda job: outcome)
    run = run_once(shelf, planned(replace(TINY, callback=False, measure=Measure.TRACED)))
    assert run.failure == (failure or None)


def test_where_the_marks_are_measured_nothing_may_reach_the_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(one_run, "drive", lambda job: outcome_of(job, None) | {"left_by_marks": 0.99})
    assert run_once(shelf, planned(CELLS["marks"])).failure == "sent 0 records, the broker has 2,500"


@pytest.mark.parametrize(
    ("records", "acknowledged", "failure"),
    [
        (RECORDS, RECORDS, None),
        (RECORDS, None, None),
        (RECORDS + 1, RECORDS + 1, "sent 2,501 records, the broker has 2,500"),
        (RECORDS - 1, RECORDS - 1, "sent 2,499 records, the broker has 2,500"),
        (RECORDS, RECORDS - 1, "sent 2,000 records, 1,999 callbacks reported success"),
    ],
)
def test_a_number_that_differs_fails_the_run(
    monkeypatch: pytest.MonkeyPatch, records: int, acknowledged: int | None, failure: str | None
) -> None:
    monkeypatch.setattr(one_run, "drive", lambda job: outcome_of(job, acknowledged))
    run = run_once(shelf, planned(Cell(name="tiny", differs_by="", records=records, same_for_all=True)))
    assert run.failure == failure
    assert run.received == (0 if failure else RECORDS)


def test_a_client_that_fails_is_quoted() -> None:
    nonsense = Cell(name="tiny", differs_by="", records=1, compression="steam")
    run = run_once(shelf, planned(nonsense))
    assert run.failure is not None
    assert "ended with status 1" in run.failure
    assert "steam" in run.failure


def test_the_job_says_all_that_a_cell_says() -> None:
    topic = Topic("nowhere:1", "orders", 6, lambda: None)
    job = one_run.make_job(topic, planned(CELLS["unique-keys"], WITH_CALLBACK))
    assert (job["records"], job["keys"], job["callback"], job["warm_up"]) == (200_000, "unique", True, WARM_UP)


def test_a_start_up_is_not_warmed_up() -> None:
    topic = Topic("nowhere:1", "orders", 6, lambda: None)
    assert CELLS["start-up"].measure is Measure.START_UP
    assert one_run.make_job(topic, planned(CELLS["start-up"]))["warm_up"] == 0


def test_a_percentile_is_the_value_that_so_many_do_not_exceed() -> None:
    values = [float(number) for number in range(100, 0, -1)]
    assert [percentile(values, percent) for percent in (50, 99, 100)] == [50, 99, 100]
    assert percentile([7.0], 50) == 7
