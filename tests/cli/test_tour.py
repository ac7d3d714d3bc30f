"""`kafka-nio tour`, in a small checkout of its own."""

import shutil
import signal
import urllib.request
from pathlib import Path

import pytest

from tests.cli.conftest import KafkaNio
from tests.cli.processes import interrupt, running_command

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "mkdocs.yml").write_text("site_name: A small site\ntheme: {name: material, font: false}\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# Hello reader\n")
    (tmp_path / "traces").mkdir()
    shutil.copy(ROOT / "traces" / "one-record.otlp.jsonl", tmp_path / "traces")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_it_prints_the_demo_and_builds_the_site(kafka_nio: KafkaNio, checkout: Path) -> None:
    result = kafka_nio("tour", "--no-serve")
    assert (result.status, result.err) == (0, "")
    assert "KafkaProducer.send" in result.out
    assert "traces/one-record.otlp.jsonl" in result.out
    assert "is stale" not in result.out
    assert result.out.endswith(f"Built in {checkout / 'site'}.\n")
    assert "Hello reader" in (checkout / "site" / "index.html").read_text()


def test_a_stale_recording_is_told_and_the_tour_goes_on(kafka_nio: KafkaNio, checkout: Path) -> None:
    kept = checkout / "traces" / "one-record.otlp.jsonl"
    kept.write_text(kept.read_text().replace("greeting", "farewell"))
    result = kafka_nio("tour", "--no-serve")
    assert result.status == 0
    assert "traces/one-record.otlp.jsonl is stale" in result.out
    assert "kafka-nio record --all writes it again" in result.out


def test_it_can_be_started_below_the_checkouts_top(
    kafka_nio: KafkaNio, checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(checkout / "docs")
    assert kafka_nio("tour", "--no-serve").status == 0


def test_elsewhere_it_says_where_to_run_it(
    kafka_nio: KafkaNio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = kafka_nio("tour")
    assert (result.status, result.err) == (
        1,
        f"kafka-nio: there is no mkdocs.yml in {tmp_path}: run the tour in a checkout of the kafka-nio repository\n",
    )


def test_a_site_that_cannot_be_built_is_one_line(kafka_nio: KafkaNio, checkout: Path) -> None:
    (checkout / "mkdocs.yml").write_text("site_name: [broken\n")
    result = kafka_nio("tour", "--no-serve")
    assert result.status == 1
    assert result.err.startswith("kafka-nio: the site could not be built: ")
    assert result.err.count("\n") == 1


def test_a_figure_that_cannot_be_made_says_why(kafka_nio: KafkaNio, checkout: Path) -> None:
    fence = "{name: kafka-trace, class: x, format: !!python/name:kafka_nio.book.fence.kafka_trace }"
    extension = f"{{pymdownx.superfences: {{custom_fences: [{fence}]}}}}"
    with (checkout / "mkdocs.yml").open("a") as config:
        config.write(f"markdown_extensions: [{extension}]\n")
    (checkout / "docs" / "index.md").write_text("```kafka-trace\nrecording: nothing-like-it\n```\n")
    result = kafka_nio("tour", "--no-serve")
    assert result.status == 1
    assert result.err.startswith("kafka-nio: the site could not be built: kafka-trace (recording: nothing-like-it")
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("number", "in_background"), [(signal.SIGINT, False), (signal.SIGINT, True), (signal.SIGTERM, True)]
)
def test_it_serves_the_site_until_it_is_stopped(checkout: Path, number: signal.Signals, in_background: bool) -> None:
    with running_command("tour", "--port", "0", cwd=checkout, in_background=in_background) as tour:
        assert tour.stdout is not None
        url = next(line.split()[1] for line in tour.stdout if line.startswith("Open http://127.0.0.1:"))
        with urllib.request.urlopen(url, timeout=30) as page:
            assert "Hello reader" in page.read().decode()
        ended = interrupt(tour, number)
    assert ended == (130, "kafka-nio: interrupted\n")
