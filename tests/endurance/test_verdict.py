"""What is flat, what is not, and what becomes of the figures."""

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.endurance import __main__ as command
from tests.endurance.broker_process import Counted
from tests.endurance.chart import HEIGHT, WIDTH, chart
from tests.endurance.gauges import Held, Latencies
from tests.endurance.hour import Measured, Sample
from tests.endurance.page import COMMAND, PAGE, page
from tests.endurance.producers import Left, Look
from tests.endurance.results import Results
from tests.endurance.verdict import Finding, is_good, of_hour, of_producers, of_wide, settled, trend
from tests.endurance.wide import Wide

SECONDS = 3600
RECORDS = 3_600_000
SEED = 20

STEADY = Sample(
    at_s=0.0,
    sent=0,
    acknowledged=0,
    failed=0,
    p50_ms=8.0,
    p99_ms=20.0,
    cpu_s=1.0,
    rss_kib=30_000,
    peak_rss_kib=30_000,
    descriptors=12,
    threads=2,
    blocks=100_000,
    objects=29_000,
    broker_cpu_s=1.0,
    broker_rss_kib=50_000,
)


def run_of(at: Callable[[float], Sample], seconds: int = SECONDS) -> Measured:
    """A run with this sample at each time."""
    return Measured(
        rate=1000,
        value_bytes=100,
        seconds=seconds,
        interrupted=False,
        sent=RECORDS,
        acknowledged=RECORDS,
        failed=0,
        first_failure=None,
        p50_ms=8.0,
        p99_ms=20.0,
        max_ms=80.0,
        counted=Counted(RECORDS, 0, 0),
        samples=[replace(at(at_s), at_s=at_s) for at_s in range(0, seconds + 1, 10)],
    )


def bad(measured: Measured) -> dict[str, Finding]:
    """What was found wanting."""
    return {finding.what: finding for finding in of_hour(measured) if not finding.is_good}


# An hour...


def test_a_process_that_grows_at_first_and_then_no_more_is_flat() -> None:
    chance = random.Random(SEED)
    measured = run_of(lambda at_s: replace(STEADY, rss_kib=30_000 + int(min(at_s, 600) * 5) + chance.randrange(200)))
    assert not bad(measured), f"seed {SEED}"


def test_two_bytes_of_each_record_are_seen() -> None:
    chance = random.Random(SEED)
    measured = run_of(
        lambda at_s: replace(STEADY, rss_kib=30_000 + int(at_s * 1000 * 2 / 1024) + chance.randrange(200))
    )
    memory = bad(measured)["memory"]
    assert "NOT FLAT" in memory.text, f"seed {SEED}"
    assert trend(settled(measured.samples), lambda sample: sample.rss_kib).per_hour == pytest.approx(7031, rel=0.05)


def test_memory_is_not_judged_by_a_few_minutes() -> None:
    measured = run_of(lambda at_s: replace(STEADY, rss_kib=30_000 + int(at_s)), seconds=600)
    assert not bad(measured)
    assert "10.0 minutes are too short" in of_hour(measured)[0].text


def test_a_descriptor_every_twenty_minutes_is_seen() -> None:
    measured = run_of(lambda at_s: replace(STEADY, descriptors=12 + int(at_s // 1200)))
    assert bad(measured)["descriptors"].text == "NOT FLAT: at most 13 at first, at most 15 at last"


def test_a_connection_that_comes_and_goes_is_none_too_many() -> None:
    assert not bad(run_of(lambda at_s: replace(STEADY, descriptors=12 + (at_s % 300 == 0))))


def test_a_thread_more_is_seen() -> None:
    assert bad(run_of(lambda at_s: replace(STEADY, threads=2 + (at_s > 3000)))).keys() == {"threads"}


@pytest.mark.parametrize(
    "changes",
    [
        {"counted": Counted(RECORDS - 1, 0, 0)},
        {"counted": Counted(RECORDS + 1, 1, 0)},
        {"counted": Counted(RECORDS, 0, 1)},
        {"acknowledged": RECORDS - 1, "failed": 1, "first_failure": "KafkaTimeoutError: too late"},
    ],
    ids=["lost", "twice", "out of order", "failed"],
)
def test_a_record_that_is_not_there_once_and_in_its_place_is_seen(changes: dict[str, object]) -> None:
    measured = replace(run_of(lambda at_s: STEADY), **changes)  # type: ignore[arg-type]
    assert bad(measured).keys() == {"records"}
    assert str(changes.get("first_failure", "")) in bad(measured)["records"].text


def test_the_exit_status_says_whether_it_is_flat(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    threads = 2

    class NoHour:
        def __init__(self, *arguments: object) -> None:
            pass

        def run(self) -> Measured:
            return run_of(lambda at_s: replace(STEADY, threads=threads + (threads > 2 and at_s > 3000)))

    monkeypatch.setattr(command, "Hour", NoHour)
    monkeypatch.setattr(command, "where", dict)
    assert command.main(["hour", "--to", str(tmp_path / "results.json")]) == 0
    threads = 3
    assert command.main(["hour", "--to", str(tmp_path / "results.json")]) == 1
    assert "threads: NOT FLAT: at most 3 at first, at most 4 at last" in capsys.readouterr().out


# The others...


def left_by(producers: int, *, rss_kib: int = 0, blocks: int = 0) -> Left:
    """Many producers, the last four fifths of which left so much more."""
    before = Held(rss_kib=29_000, peak_rss_kib=29_000, descriptors=7, threads=1, blocks=100_000)
    later = replace(before, rss_kib=before.rss_kib + 2000)
    after = replace(later, rss_kib=later.rss_kib + rss_kib, blocks=before.blocks + blocks)
    looks = [Look(0, before), Look(producers // 5, later), Look(producers, after)]
    return Left(producers, producers, 1.0, 1.0, interrupted=False, objects={}, looks=looks)


def bad_of(left: Left) -> list[str]:
    """What was found wanting."""
    return [finding.what for finding in of_producers(left) if not finding.is_good]


def test_some_bytes_of_each_producer_are_seen() -> None:
    assert bad_of(left_by(10_000, rss_kib=400)) == []
    assert bad_of(left_by(10_000, rss_kib=600)) == ["memory"]


def test_an_integer_of_each_producer_is_seen() -> None:
    assert bad_of(left_by(10_000, blocks=10_000)) == ["blocks"]


def test_memory_is_not_judged_by_a_few_producers() -> None:
    assert is_good(of_producers(left_by(100, rss_kib=500)))


def test_a_record_that_was_not_read_back_is_seen() -> None:
    run = Wide(1, 1000, 5, acknowledged=5000, read_back=5000, wrong=0, seconds=1.0, cpu_s=1.0, grown_kib=0)
    assert is_good(of_wide([run]))
    assert not is_good(of_wide([run, replace(run, read_back=4999)]))


def test_percentiles_are_right_within_five_percent() -> None:
    latencies = Latencies()
    assert latencies.percentile_ms(50) is None
    for took_ms in range(1, 1001):
        latencies.add(took_ms)
    assert latencies.percentile_ms(50) == pytest.approx(500, rel=0.05)
    assert latencies.percentile_ms(99) == pytest.approx(990, rel=0.05)


# What is kept and shown...


def test_what_was_kept_is_read_again(tmp_path: Path) -> None:
    run = Wide(1, 1000, 5, acknowledged=5000, read_back=5000, wrong=0, seconds=1.0, cpu_s=1.0, grown_kib=0)
    results = Results()
    results.add("hour", run_of(lambda at_s: STEADY), {"machine": "a large one"})
    results.add("producers", left_by(10_000), {"machine": "a small one"})
    results.add("wide", [run], {})
    results.keep(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == results


def test_the_picture_stays_within_its_frame() -> None:
    picture = ElementTree.fromstring(chart(run_of(lambda at_s: replace(STEADY, rss_kib=30_000 + int(at_s))).samples))
    (line,) = picture.iter("{http://www.w3.org/2000/svg}polyline")
    places = [tuple(map(float, place.split(","))) for place in line.attrib["points"].split()]
    assert len(places) == 361
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    assert places[-1][1] < places[0][1]  # higher up


def test_a_page_without_runs_says_so() -> None:
    assert page(Results()).count("Not run yet.") == 3


def test_a_page_of_runs_that_were_interrupted_at_once_says_so() -> None:
    results = Results()
    results.add("hour", replace(run_of(lambda at_s: STEADY, seconds=0), interrupted=True), {"machine": "a large one"})
    before = left_by(10_000).looks[0]
    results.add("producers", Left(0, 20, 0.0, 0.0, interrupted=True, objects={}, looks=[before]), {"machine": "a box"})
    assert page(results).count("This run was interrupted") == 2


def test_the_page_is_of_whole_runs_that_left_nothing_behind() -> None:
    results = Results.read()
    assert results.hour is not None
    assert results.hour.seconds >= SECONDS
    assert results.producers is not None
    assert results.producers.producers >= 10_000
    assert results.wide is not None
    assert is_good([*of_hour(results.hour), *of_producers(results.producers), *of_wide(results.wide)])


def test_the_page_is_the_one_that_the_results_make() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(Results.read()), f"docs/endurance.md is out of date; run: {COMMAND}"
