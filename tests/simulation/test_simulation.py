"""What histories of a whole producer are made of, and the proof that they would show a mistake."""

from dataclasses import replace
from pathlib import Path

import pytest

from kafka_nio.simulation import plan, record_history, simulate
from kafka_nio.simulation.plan import Plan
from kafka_nio.simulation.run import live_through
from kafka_nio.tracing.lint import lint
from kafka_nio.tracing.recording import Recording
from tests.simulation.conftest import assert_kept
from tests.simulation.mistakes import MISTAKES, Mistake

PATIENCE = 500
"""In so many other histories a mistake is looked for that no longer shows in the one it is known to show in."""


@pytest.mark.parametrize(
    ("seed", "what_it_was"),
    [
        (7, "a close forgot the memory of what was purged under way"),
        (456, "a close waited for partitions that would never be added, and without an end"),
        (5034, "a batch that may have been written was numbered anew, and written again"),
    ],
)
def test_what_once_broke_a_promise_does_not_any_more(seed: int, what_it_was: str) -> None:
    assert_kept(simulate(seed))


@pytest.mark.usefixtures("garbage_kept")
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_breaks_a_promise(mistake: Mistake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mistake.owner, mistake.name, mistake.wrong)
    for seed in (mistake.seed, *range(PATIENCE)):
        verdict = simulate(seed)
        if any(mistake.symptom in sentence for sentence in verdict.broken):
            print(f"seed {seed}: {verdict.broken}")
            return
    pytest.fail(f"nobody noticed the mistake in the history of seed {mistake.seed}, nor in {PATIENCE} others")


def test_the_same_seed_gives_the_same_history() -> None:
    assert simulate(7) == simulate(7)


def test_seeds_differ() -> None:
    assert len({str(plan(seed)) for seed in range(50)}) > 45


def test_there_are_producers_and_clusters_of_every_kind() -> None:
    """What the ten thousand are made of: nothing may be missing because of a slip in the plan."""
    plans = [plan(seed) for seed in range(1_000)]
    assert {kind(one) for one in plans} == {"plain", "idempotent", "transactional"}
    assert {one.acks for one in plans} == {0, 1, "all"}
    assert {one.brokers for one in plans} == {1, 2, 3}
    assert {one.partitions for one in plans} == {1, 2, 3, 4}
    assert {one.transaction_version for one in plans} == {0, 2}
    assert len({event.what for one in plans for event in one.events}) == 6
    assert len({step.do for one in plans for step in one.steps}) == 8


def kind(one: Plan) -> str:
    return "transactional" if one.is_transactional else "idempotent" if one.is_idempotent else "plain"


# Replaying one...


@pytest.mark.parametrize("seed", [3, 19, 25])
def test_a_recorded_history_goes_as_it_goes_unrecorded(seed: int, tmp_path: Path) -> None:
    path = tmp_path / "history.otlp.jsonl"
    assert record_history(seed, path) == simulate(seed)
    recording = Recording.parse(path.read_text(encoding="utf-8"), str(path))
    assert recording.name == f"simulation-{seed}"
    assert {"KafkaProducer.send", "Sender.run_once", "nio.SocketChannel.write"} <= {
        step.name for step in recording.steps
    }
    assert lint(recording) == []


def test_a_recording_is_the_same_every_time(tmp_path: Path) -> None:
    first, second = tmp_path / "first.otlp.jsonl", tmp_path / "second.otlp.jsonl"
    record_history(3, first)
    record_history(3, second)
    assert first.read_bytes() == second.read_bytes()


def test_a_calm_history_loses_nothing() -> None:
    calm = replace(plan(3), badness=0.0, events=(), close_timeout_s=None)
    verdict = live_through(calm)
    assert_kept(verdict)
    assert verdict.acknowledged
