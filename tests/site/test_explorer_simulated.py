"""A history that `kafka-nio simulate --seed` recorded opens in the explorer, and is told there as it is here."""

from pathlib import Path

from kafka_nio.simulation import record_history
from kafka_nio.tracing import Recording
from tests.site.explorer import OpenExplorer

SEED = 18


def test_a_recorded_history_can_be_walked_through(open_explorer: OpenExplorer, tmp_path: Path) -> None:
    path = tmp_path / "mine.otlp.jsonl"
    record_history(SEED, path)
    recording = Recording.parse(path.read_text(encoding="utf-8"))
    explorer = open_explorer("linger-5")
    explorer.choose_file(name=path.name, text=path.read_text(encoding="utf-8"))
    assert explorer.status == f"simulation-{SEED}: {len(recording.steps)} steps, 0 findings."
    assert explorer.steps == [step.seq for step in recording.steps]
    for seq in (explorer.steps[0], next(step.seq for step in recording.steps if step.frame), explorer.steps[-1]):
        explorer.go_to(seq)
        assert explorer.panel("state").locator("tr").count() == len(recording.state_after(seq))
        assert f"{recording.step(seq).thread} thread · {recording.step(seq).name}" in explorer.status
