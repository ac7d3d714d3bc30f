"""Why a branch was taken or not: what a marked condition was worked out from, at the end of the line that did it.

    if full or expired:        full=False expired=False → False, and 3 more, 1 of them → True
    if self.is_ready(node):
        ↳ ConnectionStates.is_ready: state=DISCONNECTED → False

What a helper decided stands at the line that called it, if the helper's own code is not there.

Java: no counterpart.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape

from kafka_nio.book.code import Function, Library
from kafka_nio.book.html import Attributes, element
from kafka_nio.book.ran import Ran
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.recording import Decision, Step

LONGEST_VALUE = 32
MOST_TOLD = 8
"""How many evaluations the mouse can read at a line."""
MOST_HELPERS = 3
"""How many helpers' reasons one line can carry."""
WIDEST = 84
"""Characters. Line and reason stand beside each other up to this; else the reason stands below."""


def decisions_by_line(steps: Iterable[Step], function: Function) -> dict[int, list[tuple[Step, Decision]]]:
    """Every time a marked condition of this function was worked out in these steps, by today's line."""
    found: dict[int, list[tuple[Step, Decision]]] = defaultdict(list)
    for step in steps:
        is_own = step.function == function.dotted_name
        shift = function.line - step.line if is_own else 0
        for one in step.decisions:
            if (one.function or step.function) == function.dotted_name:
                found[one.line + (0 if one.function else shift)].append((step, one))
    return found


def decisions_below(
    steps: Iterable[Step], function: Function, library: Library, shown: Collection[str]
) -> dict[int, dict[str, list[tuple[Step, Decision]]]]:
    """What helpers decided that have no code in the figure, by the line that called them and by their dotted names."""
    found: dict[int, dict[str, list[tuple[Step, Decision]]]] = defaultdict(lambda: defaultdict(list))
    for step in steps:
        if step.function != function.dotted_name:
            continue
        ran = Ran.of(step, function).lit()
        for one in step.decisions:
            if one.function in ("", function.dotted_name) or one.function in shown:
                continue
            if line := next((line for line in library.lines_calling(function, one.function) if line in ran), None):
                found[line][one.function].append((step, one))
    return found


def why(decided: Sequence[tuple[Step, Decision]], line: str) -> str:
    """What stands at the end of a line: the first evaluation, how many more there were, and the line's end."""
    if not decided:
        return "\n"
    if len(line) + len(_text(decided)) <= WIDEST:
        return element("span", {"class": "kt-why", "title": _all_told(decided)}, escape(_text(decided))) + "\n"
    return "\n" + _below(decided, line)


def why_below(helpers: Mapping[str, Sequence[tuple[Step, Decision]]], line: str) -> str:
    """What stands below a line: what helpers decided that it called."""
    few = list(helpers.items())[:MOST_HELPERS]
    return "".join(_below(decided, line, f"{'.'.join(name.split('.')[-2:])}: ") for name, decided in few)


def _below(decided: Sequence[tuple[Step, Decision]], line: str, prefix: str = "") -> str:
    indent = len(line) - len(line.lstrip())
    below: Attributes = {"class": "kt-why kt-below", "title": _all_told(decided), "style": f"--kt-in:{indent}"}
    return element("span", below, escape(prefix + _text(decided)))


def _text(decided: Sequence[tuple[Step, Decision]]) -> str:
    first = decided[0][1]
    return f"{operands_text(first)} → {shortened(first.result)}".strip() + _others(decided)


def _all_told(decided: Sequence[tuple[Step, Decision]]) -> str:
    title = "; ".join(f"step {step.seq}: {operands_text(one)} → {one.result}" for step, one in decided[:MOST_TOLD])
    return title + (f"; and {len(decided) - MOST_TOLD} more" if len(decided) > MOST_TOLD else "")


def operands_text(decision: Decision) -> str:
    """`full=False expired=False`"""
    return " ".join(f"{name}={shortened(value)}" for name, value in decision.operands.items())


def shortened(value: Shown) -> str:
    """A value that leaves room for the others."""
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _others(decided: Sequence[tuple[Step, Decision]]) -> str:
    first, *others = [one.result for _, one in decided]
    different = [result for result in others if result != first]
    if not others:
        return ""
    if not different:
        return f", and {len(others)} more {'like it' if _same_operands(decided) else '→ the same'}"
    if len({str(result) for result in different}) > 1:
        return f", and {len(others)} more"
    who = "all" if len(different) == len(others) > 1 else "" if len(others) == 1 else f"{len(different)} of them"
    return f", and {len(others)} more{f', {who}' if who else ''} → {shortened(different[0])}"


def _same_operands(decided: Sequence[tuple[Step, Decision]]) -> bool:
    return all(one.operands == decided[0][1].operands for _, one in decided)
