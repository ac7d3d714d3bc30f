"""The fenced block ``kafka-trace``: a page names a recording and some of its steps, the site shows a figure.

    ```kafka-trace
    recording: one-record
    steps: KafkaProducer.do_send
    code: KafkaProducer.do_send, RecordAccumulator.append
    depth: 2
    caption: From the caller's hands into a batch.
    ```

recording  the file `traces/NAME.otlp.jsonl`; two names with a comma for `show: compare`
steps      the steps whose part of the run is shown (see `kafka_nio.book.selection`); all if left out
depth      how many levels of called steps are listed with them; all of them if left out
leave_out  names of steps not to list, nor what lies inside them
code       the functions to show, or `all` that run; those of the named steps if left out
show       any of the parts below; `lanes code steps` if left out, and the strip in an explorer
start      the step at which an explorer (`code: all`) opens; the first one if left out
beside     a second recording, which the explorer shows side by side with its own
strip      `compact` for a strip without numbers, `window` for the time of these steps alone
channels   those of the strip: `0`, `-1`, `broker-0 1`; those whose bits change if left out
frames     the messages of the wire, by a part of their names: `Produce`; all of these steps if left out
id         the figure's name in links; made from the first step if left out
caption    a sentence below the figure

The parts, in the order in which they stand in the figure:

lanes      a lane for each thread, a bar for each step, an arrow for each cause that lies on another thread
strip      which bits of each channel's key were on, and which steps turned them on and off (`kafka_nio.book.strip`)
code       functions: lines that ran, how often, which step each line called, what each marked condition came out of
steps      the steps as a list: what they were shown, gave back and changed, and whose work they go on with
wire       the messages that these steps handed over or moved: each field, its bytes, its writer and the system calls
state      the watched state after the last of these steps, and what it was before the first
compare    alone: two recordings aligned, with counts and costs (`kafka_nio.book.comparison`)

An explorer (`code: all`) also carries the recording's data for the script (`kafka_nio.book.data`).

Anything that is not so raises SuperFencesException. Any other exception would be swallowed by the Markdown extension,
and the page would show the block as text.

Java: no counterpart.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from pymdownx.superfences import SuperFencesException  # type: ignore[import-untyped]  # ships no types

from kafka_nio.book.bits import channels_of
from kafka_nio.book.bytes_table import bytes_table
from kafka_nio.book.code import Function, Library
from kafka_nio.book.comparison import compared
from kafka_nio.book.data import data_script
from kafka_nio.book.figure import FIGURE, Figure
from kafka_nio.book.html import element
from kafka_nio.book.listing import prose
from kafka_nio.book.problem import BookError, nearest
from kafka_nio.book.project import Project
from kafka_nio.book.selection import Selection
from kafka_nio.book.state_table import state_table
from kafka_nio.book.strip import strip
from kafka_nio.tracing.recording import Recording, Step

OPTIONS = frozenset(
    "recording steps depth leave_out code show start beside strip channels frames id caption".split()  # noqa: SIM905
)
PARTS = frozenset({"lanes", "code", "steps"})
MORE_PARTS = frozenset({"strip", "wire", "state"})
FORMS = frozenset({"compact", "window"})
ALL, COMPARE = "all", "compare"


def kafka_trace(source: str, language: str, css_class: str, options: Mapping[str, str], md: object, **_: object) -> str:
    """The figure for one block, in the form that pymdownx.superfences calls.

    Raises:
        SuperFencesException: if the page asks for what is not there, or not true any more.
    """
    try:
        return html(source, Project.here())
    except BookError as error:
        block = " | ".join(source.strip().splitlines())
        raise SuperFencesException(f"kafka-trace ({block}): {error}") from error


def html(source: str, project: Project) -> str:
    """What a block asks for, as HTML.

    Raises:
        BookError: if it cannot be had.
    """
    asked = _parse(source)
    return _comparison(asked, project) if asked["show"] == COMPARE else figure(source, project).html()


def figure(source: str, project: Project) -> Figure:
    """The figure that a block asks for.

    Raises:
        BookError: if it cannot be had.
    """
    asked = _parse(source)
    selection = Selection(project.recording(asked["recording"]))
    roots = [] if asked["steps"] == ALL else [selection.step(path) for path in _listed(asked["steps"])]
    steps = _steps(selection, roots, asked)
    shown = _shown(asked["code"], roots, steps, project.library)
    id = asked["id"] or _slug(roots[0].name if roots else asked["recording"])
    parts = _parts(asked, selection.recording)
    return Figure(
        id=id,
        library=project.library,
        selection=selection,
        steps=steps,
        shown=shown,
        functions={step.seq: project.library.find(step.function) for step in steps},
        parts=parts,
        caption=asked["caption"],
        is_explorer=asked["code"] == ALL,
        start=selection.step(asked["start"]).seq if asked["start"] else None,
        more={**_more(id, selection, steps, parts, asked), "beside": _beside(asked, project)},
    )


def _beside(asked: Mapping[str, str], project: Project) -> str:
    """The data of a second recording, for the explorer to show beside its own."""
    if not asked["beside"]:
        return ""
    if asked["code"] != ALL:
        raise BookError("only an explorer shows a recording beside its own: add `code: all`")
    return data_script(project.recording(asked["beside"]), {})


def _more(
    id: str, selection: Selection, steps: Sequence[Step], parts: frozenset[str], asked: Mapping[str, str]
) -> dict[str, str]:
    """The parts that only some figures have."""
    recording = selection.recording
    form = frozenset(asked["strip"].split())
    # A number is a link only where there is a list for it to lead to.
    listed = frozenset(step.seq for step in steps if "steps" in parts)
    made: dict[str, Callable[[], str]] = {
        "strip": lambda: strip(id, recording, steps, listed, _listed(asked["channels"]), form).html(),
        "wire": lambda: bytes_table(id, recording, steps, listed, asked["frames"]).html(),
        "state": lambda: state_table(recording, steps),
    }
    return {name: make() for name, make in made.items() if name in parts}


def _parts(asked: Mapping[str, str], recording: Recording) -> frozenset[str]:
    """The parts that a page asks for. An explorer has the strip if there is one."""
    if asked["show"]:
        return frozenset(asked["show"].split())
    return PARTS | {"strip"} if asked["code"] == ALL and channels_of(recording) else PARTS


def _comparison(asked: Mapping[str, str], project: Project) -> str:
    names = _listed(asked["recording"])
    if len(names) != 2:
        raise BookError("to compare, name two recordings: `recording: linger-0, linger-5`")
    before, after = (project.recording(name) for name in names)
    caption = element("figcaption", None, prose(asked["caption"])) if asked["caption"] else ""
    return element("figure", FIGURE, compared(before, after), caption)


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
    if asked["show"] != COMPARE and (unknown := set(asked["show"].split()) - PARTS - MORE_PARTS):
        known = PARTS | MORE_PARTS | {COMPARE}
        raise BookError(f"cannot show {', '.join(sorted(unknown))}; {nearest('', known)}")
    if unknown := set(asked["strip"].split()) - FORMS:
        raise BookError(f"no strip is {', '.join(sorted(unknown))}; {nearest('', FORMS)}")
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
