"""The fenced block ``kafka-trace``: a page names a recording and some of its steps, the site shows a figure.

    ```kafka-trace
    recording: one-record
    steps: KafkaProducer.do_send
    code: KafkaProducer.do_send, RecordAccumulator.append
    depth: 2
    caption: From the caller's hands into a batch.
    ```

recording  the file `traces/NAME.otlp.jsonl`
steps      the steps whose part of the run is shown (see `kafka_nio.book.selection`); all if left out
depth      how many levels of called steps are listed with them; all of them if left out
leave_out  names of steps not to list, nor what lies inside them
code       the functions to show, or `all` that run; those of the named steps if left out
show       any of `lanes code steps`; all three if left out
start      the step at which an explorer (`code: all`) opens; the first one if left out
id         the figure's name in links; made from the first step if left out
caption    a sentence below the figure

Anything that is not so raises SuperFencesException. Any other exception would be swallowed by the Markdown extension,
and the page would show the block as text.

Java: no counterpart.
"""

import re
from collections.abc import Mapping, Sequence

from pymdownx.superfences import SuperFencesException  # type: ignore[import-untyped]  # ships no types

from kafka_nio.book.code import Function, Library
from kafka_nio.book.figure import Figure
from kafka_nio.book.problem import BookError, nearest
from kafka_nio.book.project import Project
from kafka_nio.book.selection import Selection
from kafka_nio.tracing.recording import Step

OPTIONS = frozenset({"recording", "steps", "depth", "leave_out", "code", "show", "start", "id", "caption"})
PARTS = frozenset({"lanes", "code", "steps"})
ALL = "all"


def kafka_trace(source: str, language: str, css_class: str, options: Mapping[str, str], md: object, **_: object) -> str:
    """The figure for one block, in the form that pymdownx.superfences calls.

    Raises:
        SuperFencesException: if the page asks for what is not there, or not true any more.
    """
    try:
        return figure(source, Project.here()).html()
    except BookError as error:
        block = " | ".join(source.strip().splitlines())
        raise SuperFencesException(f"kafka-trace ({block}): {error}") from error


def figure(source: str, project: Project) -> Figure:
    """What a block asks for.

    Raises:
        BookError: if it cannot be had.
    """
    asked = _parse(source)
    selection = Selection(project.recording(asked["recording"]))
    roots = [] if asked["steps"] == ALL else [selection.step(path) for path in _listed(asked["steps"])]
    steps = _steps(selection, roots, asked)
    shown = _shown(asked["code"], roots, steps, project.library)
    return Figure(
        id=asked["id"] or _slug(roots[0].name if roots else asked["recording"]),
        library=project.library,
        selection=selection,
        steps=steps,
        shown=shown,
        functions={step.seq: project.library.find(step.function) for step in steps},
        parts=frozenset(asked["show"].split()) or PARTS,
        caption=asked["caption"],
        is_explorer=asked["code"] == ALL,
        start=selection.step(asked["start"]).seq if asked["start"] else None,
    )


def _parse(source: str) -> dict[str, str]:
    asked = dict.fromkeys(OPTIONS, "") | {"steps": ALL}
    for line in filter(str.strip, source.splitlines()):
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or name not in OPTIONS:
            raise BookError(f"cannot read {line.strip()!r}; {nearest(name, OPTIONS)}")
        asked[name] = value.strip()
    if not asked["recording"]:
        raise BookError("the block does not say which recording: add a line `recording: NAME`")
    if unknown := set(asked["show"].split()) - PARTS:
        raise BookError(f"cannot show {', '.join(sorted(unknown))}; {nearest('', PARTS)}")
    if asked["depth"] and not asked["depth"].isdecimal():
        raise BookError(f"depth is a number of levels, not {asked['depth']!r}")
    return asked


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _steps(selection: Selection, roots: Sequence[Step], asked: Mapping[str, str]) -> list[Step]:
    """The named steps with what lies inside them, in order, without those that the page leaves out."""
    levels = int(asked["depth"]) if asked["depth"] else None
    chosen = {step.seq for root in roots for step in [root, *selection.below(root, levels)]}
    steps = [step for step in selection.recording.steps if not roots or step.seq in chosen]
    left_out = {seq for name in _listed(asked["leave_out"]) for seq in _inside(selection, name)}
    if kept := [step for step in steps if step.seq not in left_out]:
        return kept
    raise BookError("leave_out leaves nothing to show")


def _inside(selection: Selection, name: str) -> list[int]:
    """Every step of a name and what lies inside them."""
    steps = selection.named(name)
    if not steps:
        raise BookError(f"leave_out: no step {name} in {selection.recording.name}")
    return [inside.seq for step in steps for inside in [step, *selection.below(step)]]


def _shown(code: str, roots: Sequence[Step], steps: Sequence[Step], library: Library) -> list[Function]:
    if code and code != ALL:
        return [library.find(name) for name in _listed(code)]
    running = steps if code == ALL or not roots else roots
    return [library.find(name) for name in dict.fromkeys(step.function for step in running)]


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
