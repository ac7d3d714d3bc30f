"""A page of its own that shows two runs, or one: for `kafka-nio learn --open`, from a file, without the site around it.

    page = comparison_page("Take turns", yours, reference, files={"exercises/e03_frames.py": path})

Where the runs part comes first, then what each took and both aligned step by step, then an explorer for each. All that
the page needs is in it. It works without JavaScript, too: then the explorers are listings, with the code, the state and
the bytes of messages.

Java: no counterpart.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from html import escape
from pathlib import Path

import kafka_nio
from kafka_nio.book.bits import channels_of
from kafka_nio.book.bytes_table import bytes_table
from kafka_nio.book.code import Function, Library
from kafka_nio.book.comparison import compared
from kafka_nio.book.data import data_script
from kafka_nio.book.figure import Figure
from kafka_nio.book.html import element
from kafka_nio.book.inline import script, style
from kafka_nio.book.listing import anchor, prose
from kafka_nio.book.parting import Parting, parting
from kafka_nio.book.problem import BookError
from kafka_nio.book.selection import Selection
from kafka_nio.book.state_table import state_table
from kafka_nio.book.strip import strip
from kafka_nio.tracing.recording import Recording, Step
from kafka_nio.tracing.source import functions_in

YOURS, REFERENCE = "your run", "the reference"
IDS = {YOURS: "yours", REFERENCE: "reference"}

FEW = 8
"""So many steps in both runs need no windows to scroll in."""

CHANGED = "This function has changed since the run was recorded: run the exercise again to see here what ran."


def comparison_page(
    title: str,
    yours: Recording,
    reference: Recording,
    *,
    files: Mapping[str, Path],
    hidden: Mapping[str, str] | None = None,
) -> str:
    """Both runs on one page, as HTML.

    Args:
        title: what was tried.
        yours: the learner's run.
        reference: the right one.
        files: where the files are whose functions took the place of the package's, by what the recordings call them.
        hidden: functions whose code the page does not show, by their dotted names, and what it says instead.

    Raises:
        BookError: if the installation lacks the style sheets or the script.
    """
    one, other = replace(yours, name=YOURS), replace(reference, name=REFERENCE)
    code = Code.of((one, other), files, hidden or {})
    part = parting(one, other)
    explorers = (
        _explorer("Your run", one, code, part.yours if part else None, beside=other),
        _explorer("The reference", other, code, part.reference if part else None),
    )
    kicker = element("p", {"class": "ks-kicker"}, "Your run beside the reference")
    head = element("header", None, kicker, element("h1", None, prose(title)))
    css_class = "md-typeset ks-short" if len(one.steps) + len(other.steps) <= FEW else "md-typeset"
    main = element("main", {"class": css_class}, head, _parting(part), compared(one, other), *explorers)
    return _page(f"{title}: your run beside the reference", main)


def run_page(title: str, run: Recording, *, files: Mapping[str, Path]) -> str:
    """One run on a page, as HTML: what a question is about that has nothing of the learner's in it.

    Raises:
        BookError: if the installation lacks the style sheets or the script.
    """
    one = replace(run, name=REFERENCE)
    head = element("header", None, element("h1", None, prose(title)))
    explorer = _explorer("The run", one, Code.of((one,), files, {}), None)
    return _page(title, element("main", {"class": "md-typeset"}, head, explorer))


def _page(title: str, main: str) -> str:
    width = {"name": "viewport", "content": "width=device-width, initial-scale=1"}
    head = element(
        "head",
        None,
        '<meta charset="utf-8">',
        element("meta", width).removesuffix("</meta>"),
        element("title", None, escape(title.replace("`", ""))),
        element("style", None, style()),
    )
    body = element("body", None, main, element("script", None, script()))
    return f"<!doctype html>\n{element('html', {'lang': 'en'}, head, body)}\n"


# Where the runs part...


def _parting(found: Parting | None) -> str:
    if found is None:
        said = element("p", None, "Both runs took the same steps and saw the same values.")
    elif found.values:
        said = element("p", None, "Here the runs part: in the same step they saw other values.") + _values(found)
    else:
        said = element("p", None, "Here the runs part: they go on with different steps.") + _values(found)
    return element("div", {"class": "ks-parting"}, said)


def _values(found: Parting) -> str:
    """A table: the steps, and what they saw."""
    heads = [element("th", {"scope": "col"}, text) for text in ("", YOURS, REFERENCE)]
    steps = ("step", _named(YOURS, found.yours), _named(REFERENCE, found.reference))
    rows = [steps, *(tuple(map(escape, value)) for value in found.values)]
    body = [
        element("tr", None, element("th", {"scope": "row"}, name), element("td", None, one), element("td", None, other))
        for name, one, other in rows
    ]
    return element("table", None, element("thead", None, element("tr", None, *heads)), element("tbody", None, *body))


def _named(run: str, step: Step | None) -> str:
    if step is None:
        return "nothing more"
    name = escape(step.name).replace(".", "<wbr>.")
    return element("a", {"href": f"#{anchor(IDS[run], step.seq)}"}, f"{step.seq} {name}")


# The explorers...


@dataclass(frozen=True)
class Code:
    """The functions that ran, as they stand now.

    Of one that changed since, or is not to be shown, there is nothing but what to say in its place.
    """

    library: Library
    functions: Mapping[str, Function]
    reasons: Mapping[str, str]
    own: frozenset[str]
    """The files that are not the package's."""

    @classmethod
    def of(cls, runs: Iterable[Recording], files: Mapping[str, Path], hidden: Mapping[str, str]) -> "Code":
        """The functions of these runs."""
        steps = {step.function: step for run in runs for step in run.steps}
        root = Path(kafka_nio.__file__).parents[1]
        package = {step.file: root / step.file for step in steps.values() if step.file.startswith("kafka_nio/")}
        library = Library(root, files=_readable({**package, **files}))
        found: dict[str, Function] = {}
        reasons = {name: reason for name, reason in hidden.items() if name in steps}
        for name, step in steps.items():
            with suppress(BookError):
                # In the learner's file no mark says so, but it is a step.
                found[name] = replace(library.find(name), is_step=True)
            if name not in found or found[name].digest != step.source:
                reasons.setdefault(name, CHANGED)
                found[name] = _unknown(step)
        return cls(library, found, reasons, frozenset(files))

    def shown(self, run: Recording) -> list[Function]:
        """The functions of a run that can be shown, those that are not the package's first."""
        names = dict.fromkeys(step.function for step in run.steps)
        found = [self.functions[name] for name in names if name not in self.reasons]
        return sorted(found, key=lambda function: function.file not in self.own)

    def withheld(self, run: Recording) -> str:
        """What is said in the place of the others, as HTML."""
        steps = {step.function: step for step in run.steps if step.function in self.reasons}
        return "".join(_withheld(step, self.reasons[name]) for name, step in steps.items())


def _readable(files: Mapping[str, Path]) -> dict[str, Path]:
    """Those that can be read as Python. The learner may be in the middle of a line."""
    found = {}
    for name, path in files.items():
        with suppress(OSError, SyntaxError, ValueError):
            functions_in(path)
            found[name] = path
    return found


def _unknown(step: Step) -> Function:
    """The function of a step, with nothing known of its text."""
    return Function(
        name=step.name,
        dotted_name=step.function,
        file=step.file,
        first=step.line,
        line=step.line,
        last=step.line,
        text="",
        digest=step.source,
        is_step=True,
        sentence="",
        docstring=range(0),
        statements=(),
        calls=(),
    )


def _withheld(step: Step, reason: str) -> str:
    name = element("code", None, escape(step.name))
    place = element("span", {"class": "kt-place"}, escape(f"{step.file}:{step.line}"))
    return element(
        "section",
        {"class": "kt-function", "data-function": step.function, "data-stage": step.stage},
        element("p", {"class": "kt-head"}, name, place),
        element("p", {"class": "kt-no-code"}, prose(reason)),
    )


def _explorer(title: str, run: Recording, code: Code, start: Step | None, beside: Recording | None = None) -> str:
    """A run on its own; with `beside`, also step by step beside another one."""
    id = IDS[run.name]
    listed = frozenset(step.seq for step in run.steps)
    functions = {step.seq: code.functions[step.function] for step in run.steps}
    has_messages = any(step.frame is not None for step in run.steps)
    has_state = any(step.state or step.changes for step in run.steps)
    # The explorer has panels for these, so they are for who has no script.
    still = {
        "wire": bytes_table(id, run, run.steps, listed).html() if has_messages else "",
        "state": state_table(run, run.steps) if has_state else "",
    }
    figure = Figure(
        id=id,
        library=code.library,
        selection=Selection(run),
        steps=run.steps,
        shown=code.shown(run),
        functions=functions,
        parts=frozenset({"lanes", "code", "steps"}),
        caption="",
        is_explorer=True,
        start=start.seq if start is not None else None,
        more={
            **{name: element("noscript", None, html) for name, html in still.items() if html},
            "strip": strip(id, run, run.steps, listed).html() if channels_of(run) else "",
            "functions": code.withheld(run),
            "beside": data_script(beside, {}) if beside is not None else "",
        },
    )
    return element("h2", None, escape(title)) + figure.html()
