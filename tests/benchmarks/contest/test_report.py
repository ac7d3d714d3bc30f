"""The page."""

from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests.benchmarks.contest import report
from tests.benchmarks.contest.aims import AIMS, Verdict
from tests.benchmarks.contest.chart import chart, thousands
from tests.benchmarks.contest.report import COMMAND, PAGE, page, unexplained, verdict
from tests.benchmarks.contest.results import KEPT, Results
from tests.benchmarks.contest.samples import sample_contest, sample_results, sample_run

NAMES = ("kafka-nio", "aiokafka")


@pytest.fixture(scope="module")
def text() -> str:
    return page(sample_contest())


def test_the_page_is_the_one_that_the_results_make() -> None:
    assert PAGE.exists() == KEPT.exists(), f"run: {COMMAND} --page"
    assert not KEPT.exists() or PAGE.read_text(encoding="utf-8") == page(Results.read(KEPT)), f"run: {COMMAND} --page"


def test_it_says_where_and_with_what_it_was_measured(text: str) -> None:
    assert "2 cores of a loom" in text
    assert "Python 3.11, kafka-nio 0.1.0 (sources 00000000)" in text
    assert "\n## Against librdkafka's mock cluster\n\n2 rounds." in text
    assert "\n## Against Apache Kafka\n" in text


def test_a_figure_has_its_spread_and_our_ratio(text: str) -> None:
    row = next(line for line in text.splitlines() if line.startswith("| **base**"))
    assert "| 800k (0%) | 20k (0%)<br>40\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN} |" in row


def test_an_aim_is_met_or_missed_by_so_much(text: str) -> None:
    aims = [line for line in text.splitlines() if line.startswith("| records per second, no keys |")]
    assert ", met |" in aims[0]
    assert "**missed by 11%**" in aims[1]


def test_an_aim_that_is_missed_says_why_or_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "AIMS", [replace(aim, why_missed="") for aim in AIMS])
    missed = unexplained(sample_contest())
    assert [aim.against for aim in missed if aim.what.endswith("no keys")] == ["confluent-kafka"]
    explained = replace(missed[0], why_missed="The loom was stuck.")
    monkeypatch.setattr(report, "AIMS", [explained, *missed[1:]])
    assert unexplained(sample_contest()) == missed[1:]
    why = page(sample_contest()).partition("### Why some are missed")[2].splitlines()
    assert why[2] == "- records per second, no keys, against confluent-kafka: The loom was stuck."
    assert why[3].endswith(": not explained yet.")


def test_what_is_close_to_its_limit_has_more_digits() -> None:
    aim = next(aim for aim in AIMS if aim.what == "spans unwatched")
    nbsp = "\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}"
    assert verdict(Verdict(aim, 0.9885, 0.9885, "marks")) == f"0.989{nbsp}, **missed by 0.2%**"
    assert verdict(Verdict(aim, 0.9955, 0.9955, "marks")) == f"0.996{nbsp}, met"


def test_traced_figures_say_what_is_left_of_the_untraced_ones() -> None:
    runs = [
        sample_run(name, 1, cell, a_second=a_second)
        for name, cell, a_second in (
            ("kafka-nio", "base", 100_000),
            ("aiokafka", "base", 50_000),
            ("kafka-nio", "traced", 30_000),
            ("aiokafka", "traced", 10_000),
        )
    ]
    row = next(line for line in page(sample_results(*runs)).splitlines() if line.startswith("| **traced**"))
    assert "| 30k (0%)<br>30% left |" in row
    assert "| 10k (0%)<br>3.00\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}<br>20% left |" in row


def test_the_marks_have_a_paragraph(text: str) -> None:
    assert "`send` alone takes 1.2 µs (0%) with the marks" in text
    assert "It does 99.5% (0%) of what it does with the marks deleted" in text.replace("\n", " ")


def test_what_was_not_measured_is_said_and_what_cannot_be_is_marked(text: str) -> None:
    assert "not measured" in text
    latencies = [line for line in text.splitlines() if line.startswith("| **latency-linger-0**")]
    assert latencies[0].split(" | ")[4] == "-"
    assert "0.20 (0%), 0.50 (0%)" in latencies[0]


def test_a_run_that_failed_is_listed(text: str) -> None:
    assert "- round 3, librdkafka's mock cluster, base, aiokafka: `sent 10 records, the broker has 9`" in text


def test_a_trial_says_that_it_is_one() -> None:
    trial = sample_results(sample_run())
    trial.quick = True
    assert "from a trial" in page(trial)
    assert "from a trial" not in page(sample_results(sample_run()))


def test_each_row_of_a_table_has_as_many_columns_as_its_head(text: str) -> None:
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("| ")]
    assert len(tables) == 1 + 2 * 6
    assert all(len({line.count("|") for line in table}) == 1 for table in tables)


def test_the_chart_has_a_bar_for_each_value_in_proportion() -> None:
    drawn = chart("Speed", {"base": {"kafka-nio": 800.0, "aiokafka": 200.0}, "lz4": {"aiokafka": 100.0}}, NAMES)
    bars = [
        one for one in ElementTree.fromstring(drawn).iter() if one.tag.endswith("rect") and one.get("height") == "9"
    ]
    long, short, shorter = (float(bar.attrib["width"]) for bar in bars)
    assert long / short == pytest.approx(4, rel=0.01)
    assert short / shorter == pytest.approx(2, rel=0.01)
    assert bars[1].get("fill") == bars[2].get("fill") != bars[0].get("fill")


def test_the_chart_is_one_block_of_html() -> None:
    assert "\n\n" not in chart("Speed", {"a <b>": {"kafka-nio": 1.0}}, NAMES)
    assert "a &lt;b&gt;" in chart("Speed", {"a <b>": {"kafka-nio": 1.0}}, NAMES)


def test_thousands_are_short() -> None:
    assert [thousands(value) for value in (834_210, 12_345, 3_940)] == ["834k", "12k", "3.9k"]
