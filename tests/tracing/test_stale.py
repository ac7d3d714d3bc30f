"""What a stale recording is told."""

from dataclasses import replace

from kafka_nio.spans import Stage
from kafka_nio.tracing.recording import Recording, Step
from kafka_nio.tracing.stale import difference


def step(seq: int, name: str) -> Step:
    return Step(
        seq=seq,
        name=name,
        stage=Stage.POLL,
        thread="app",
        function=f"package.{name}",
        file="package.py",
        line=seq * 10,
        source="0123456789ab",
        start_ns=seq,
        end_ns=seq,
        lines={seq * 10 + 1: 2},
        shown={"timeout_ms": 5},
    )


KEPT = Recording("toy", (step(1, "poll"), step(2, "select")))


def changed(**changes: object) -> Recording:
    return replace(KEPT, steps=(KEPT.steps[0], replace(KEPT.steps[1], **changes)))  # type: ignore[arg-type]


def test_equal_recordings_do_not_differ() -> None:
    assert difference(KEPT, changed(), compare_lines=True) is None


def test_functions_whose_text_changed_are_named() -> None:
    assert difference(KEPT, changed(source="fff", line=3), compare_lines=True) == "changed since: select"


def test_functions_that_only_moved_are_told_from_changed_ones() -> None:
    moved = changed(line=25, lines={26: 2})
    assert difference(KEPT, moved, compare_lines=True) == ("no function has changed, only line numbers, in package.py")


def test_another_run_of_the_same_code_is_told_by_its_first_difference() -> None:
    said = difference(KEPT, changed(shown={"timeout_ms": 6}), compare_lines=True)
    assert said == "step 2, select(timeout_ms=5) on app, is now select(timeout_ms=6) on app"
    assert difference(KEPT, changed(depth=1), compare_lines=True) == (
        "step 2, select(timeout_ms=5) on app, differs in depth"
    )
    assert "at other times" in str(difference(KEPT, changed(end_ns=9), compare_lines=True))
    assert "ends after step 1" in str(difference(KEPT, Recording("toy", KEPT.steps[:1]), compare_lines=True))
    assert "goes on after step 1 with select" in str(
        difference(Recording("toy", KEPT.steps[:1]), KEPT, compare_lines=True)
    )


def test_lines_count_only_on_the_reference_python() -> None:
    other = changed(lines={21: 1, 22: 1})
    assert difference(KEPT, other, compare_lines=False) is None
    assert difference(KEPT, other, compare_lines=True) is not None
