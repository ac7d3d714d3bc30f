"""The mark `@span`: what it notes, and what it refuses to mark."""

from collections.abc import Callable, Iterator

import pytest

from kafka_nio import spans
from kafka_nio.spans import RETURN, Span, Stage, decision, span


@pytest.fixture(autouse=True)
def no_marks_but_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "SPANS", {})


def marked(function: Callable[..., object], show: str = "", module: str = "kafka_nio.network.selector") -> Span:
    """Mark a function as if it stood at the top of a module of the package."""
    function.__module__ = module
    function.__qualname__ = function.__qualname__.rpartition("<locals>.")[2]
    span(Stage.POLL, show)(function)
    return list(spans.SPANS.values())[-1]


def test_a_marked_function_is_the_very_same_function() -> None:
    def poll(timeout_ms: float) -> float:
        """Sleep."""
        return timeout_ms

    assert marked(poll).function is poll


def test_a_mark_notes_the_stage_and_what_to_show() -> None:
    def poll(self: object, timeout_ms: float) -> None:
        """Sleep until the kernel reports something.

        Then wake up.
        """

    mark = marked(poll, show="self timeout_ms return")
    assert (mark.name, mark.stage, mark.show) == ("poll", Stage.POLL, ("self", "timeout_ms", RETURN))
    assert mark.sentence == "Sleep until the kernel reports something."


def test_of_the_two_selectors_the_lower_keeps_its_package_in_front() -> None:
    def select() -> None:
        """Sleep."""

    def poll() -> None:
        """Work."""

    assert marked(select, module="kafka_nio.nio.selector").name == "nio.select"
    assert marked(poll, module="kafka_nio.network.selector").name == "poll"


def test_a_module_that_is_loaded_again_marks_again() -> None:
    def poll() -> None:
        """Work."""

    assert marked(poll) == marked(poll)
    assert len(spans.SPANS) == 1


def test_two_steps_cannot_share_a_name() -> None:
    def marked_in(module: str) -> Span:
        def poll() -> None:
            """Work."""

        return marked(poll, module=module)

    marked_in("kafka_nio.network.selector")
    with pytest.raises(TypeError, match=r"poll is marked in kafka_nio\.network\.selector and again in"):
        marked_in("kafka_nio.client.network_client")


def test_a_function_without_a_sentence_is_refused() -> None:
    def poll() -> None: ...

    with pytest.raises(TypeError, match="poll has no docstring"):
        marked(poll)


def test_showing_what_is_no_argument_is_refused() -> None:
    def poll(timeout_ms: float) -> None:
        """Sleep."""

    with pytest.raises(TypeError, match="poll has no argument deadline to show"):
        marked(poll, show="timeout_ms deadline")


def test_a_function_inside_a_function_is_refused() -> None:
    def poll() -> None:
        """Sleep."""

    with pytest.raises(TypeError, match="is local to another function"):
        span(Stage.POLL)(poll)


def test_a_generator_is_refused() -> None:
    def poll() -> Iterator[int]:
        """Count."""
        yield 1

    with pytest.raises(TypeError, match="poll is suspended half way"):
        marked(poll)


def test_a_coroutine_is_refused() -> None:
    async def poll() -> None:
        """Sleep."""

    with pytest.raises(TypeError, match="poll is suspended half way"):
        marked(poll)


def test_what_is_no_plain_function_is_refused() -> None:
    with pytest.raises(AssertionError, match="directly above def"):
        span(Stage.POLL)(property(lambda self: None))  # type: ignore[type-var]


# Decisions...


@pytest.fixture
def no_decisions_but_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans, "DECISIONS", [])


@pytest.mark.usefixtures("no_decisions_but_ours")
def test_a_marked_decision_is_noted_and_its_function_left_alone() -> None:
    def poll(batch: object, now_ms: int) -> bool:
        is_due = now_ms > 5
        return is_due

    assert decision("is_due", "now_ms batch.attempts")(poll) is poll
    (mark,) = spans.DECISIONS
    assert (mark.function, mark.name, mark.operands) == (poll, "is_due", ("now_ms", "batch.attempts"))


@pytest.mark.usefixtures("no_decisions_but_ours")
def test_what_a_function_gives_back_is_called_as_the_function() -> None:
    def is_due(now_ms: int) -> bool:
        return now_ms > 5

    decision("return", "now_ms")(is_due)
    assert spans.DECISIONS[0].name == "is_due"


@pytest.mark.parametrize(("variable", "operands"), [("is_over", ""), ("is_due", "now_ms later.attempts")])
def test_a_decision_about_a_variable_that_is_not_there_is_refused(variable: str, operands: str) -> None:
    def poll(now_ms: int) -> bool:
        is_due = now_ms > 5
        return is_due

    with pytest.raises(TypeError, match=r"poll has no variable (is_over|later)"):
        decision(variable, operands)(poll)
