"""The page, and the results it is made from."""

from pathlib import Path

import pytest

from tests.benchmarks.contest.results import ResultsError
from tests.benchmarks.staircase.report import COMMAND, PAGE, page
from tests.benchmarks.staircase.results import KEPT, Results
from tests.benchmarks.staircase.sender_parts import PARTS, REST
from tests.benchmarks.staircase.stairs import BY_NAME, STAIRS


def sample() -> Results:
    """Stairs of 100 ns each, and parts of 1 µs in a turn of 100."""
    turns = {part.name: [1000.0, 1100.0] for part in PARTS} | {REST.name: [100_000.0, 120_000.0]}
    return Results(
        machine="2 cores of a loom",
        versions={"Python": "3.11"},
        stairs={name: [100.0 * place, 110.0 * place] for place, name in enumerate(BY_NAME, start=1)},
        batch_records=100,
        turns={"1": turns, "6": turns},
        flames={
            "application": {"load/application": 1, "load/application;producer/KafkaProducer.send": 3},
            "sender": {"producer/Sender.run": 2},
        },
    )


@pytest.fixture(scope="module")
def text() -> str:
    return page(sample())


def test_the_page_is_the_one_that_the_results_make() -> None:
    assert PAGE.exists() == KEPT.exists(), f"run: {COMMAND} --page"
    assert not KEPT.exists() or PAGE.read_text(encoding="utf-8") == page(Results.read(KEPT)), f"run: {COMMAND} --page"


def test_a_stair_says_what_it_adds_and_its_bar_begins_where_the_last_one_ends(text: str) -> None:
    row = next(line for line in text.splitlines() if line.startswith(f"| **{STAIRS[1].name}**"))
    share = 1 / len(STAIRS)
    assert f"margin-left:{share:.1%};width:{share:.1%}" in row
    assert row.endswith("| **+100**<br>200<br>(5%) |")


def test_the_parts_of_a_turn_make_up_all_of_it(text: str) -> None:
    assert "| **all of it** | **100.0**<br>100.0 |" in text
    assert "1.00\N{NO-BREAK SPACE}µs a record" in text.replace("\n", " ")


def test_both_threads_are_drawn_and_listed(text: str) -> None:
    assert text.count("<svg ") == 2
    assert "| `KafkaProducer.send` | 75.0% |" in text
    assert "| `Sender.run` | 100.0% |" in text


def test_without_graphs_the_page_does_not_speak_of_them() -> None:
    results = sample()
    results.flames = {}
    assert "<svg " not in page(results)
    assert "seen from outside" not in page(results)


def test_a_trial_says_that_it_is_one(text: str) -> None:
    trial = sample()
    trial.quick = True
    assert "from a trial" in page(trial)
    assert "from a trial" not in text


def test_each_row_of_a_table_has_as_many_columns_as_its_head(text: str) -> None:
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("| ")]
    assert len(tables) == 5
    assert all(len({line.count(" |") for line in [table[0], *table[2:]]}) == 1 for table in tables)


def test_the_page_says_where_it_was_measured(text: str) -> None:
    assert "On 2 cores of a loom. Python 3.11." in text


def test_results_are_kept_and_read(tmp_path: Path) -> None:
    sample().keep(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == sample()


def test_a_file_with_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text('{"runs": []}')
    with pytest.raises(ResultsError, match="no results of a staircase"):
        Results.read(tmp_path / "results.json")


def test_the_file_has_a_line_for_each_stair(tmp_path: Path) -> None:
    sample().keep(tmp_path / "results.json")
    assert '  "an empty method": [100.0, 110.0],\n' in (tmp_path / "results.json").read_text()
