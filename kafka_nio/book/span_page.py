"""The page of marked steps: each with its sentence, its file and what it shows; and the attributes of a span.

    python -m kafka_nio.book

writes it into `docs/`; a test says so when it is out of date. Each step has an anchor that is its name, so that other
pages can link to `spans.md#Selector.poll`.

Java: no counterpart.
"""

import ast
import inspect
from collections.abc import Iterable, Iterator
from importlib import import_module
from pathlib import Path

from kafka_nio.book.tables import code, table
from kafka_nio.spans import SPANS, Span, Stage

INTRODUCTION = """\
# Marked steps

A function with `@span` above it is a *step*: it becomes an OpenTelemetry span while somebody watches, and costs nothing
while
nobody does. The span is called what the function is called. There are two classes called `Selector`; the lower one,
which knows sockets only, is `nio.Selector`.

A step belongs to a *stage*, a chapter of a record's journey, and each stage has its colour on this site. *Shows* says
which arguments are noted when the step begins; `return` is what it gave back, and `self` the object as its `__repr__`
tells it.

This page is made of the marks in the code by `python -m kafka_nio.book`.
"""

ATTRIBUTES_INTRODUCTION = """\
## Attributes

What a span in a recording carries. What would say nothing is left out.
"""

ATTRIBUTES = {
    "code.function.name": "the function with its module, `kafka_nio.network.selector.Selector.poll`",
    "code.file.path": "its file",
    "code.line.number": "the line of its `def`",
    "thread.name": "the thread it ran on: `app`, `sender`, and those of a broker where they are kept",
    "kafka_nio.stage": "its stage, one of the above",
    "kafka_nio.seq": "its number: steps are counted from 1 in the order in which they began, over all threads",
    "kafka_nio.source": "a hash of the function's text; if the text has changed, the recording is stale",
    "kafka_nio.show.NAME": "an argument as it was when the step began; `kafka_nio.show.return` is what came back",
    "kafka_nio.lines": "which lines ran, and how often: `120-123,130,125*3`",
    "kafka_nio.count": "so many calls followed each other and were alike; they are kept once",
    "kafka_nio.decisions": "the conditions that were worked out in it, with operands and outcome",
    "kafka_nio.changes": "what it changed in the state that is watched, and when",
    "kafka_nio.state": "the whole of that state as the step began, now and then",
    "kafka_nio.about": "which record, batch, request and connection it is about",
    "kafka_nio.frame.NAME": "the message that it handed over whole: its bytes, and the field of each of them",
    "kafka_nio.moved": "the part of the stream that this system call moved",
    "kafka_nio.link": "on a link to an earlier step: why this one goes on with its work",
    "kafka_nio.clipped": "true if the step was under way when the recording began, or still when it ended",
    "error.type": "the class of the exception, if the step raised one; the span's status has its message",
}
"""By its name, what each attribute is."""


def spans_page() -> str:
    """Every marked step by stage, then the attributes of a span."""
    stages = (line for stage in Stage for line in _stage(stage))
    attributes = table(("attribute", "what it is"), ((code(name), what) for name, what in ATTRIBUTES.items()))
    return "\n".join([INTRODUCTION, *stages, ATTRIBUTES_INTRODUCTION, *attributes, ""])


def marked_steps() -> list[Span]:
    """All of them: the packages are imported for their marks."""
    for package in "producer", "broker":
        import_module(f"kafka_nio.{package}")
    return list(SPANS.values())


def _stage(stage: Stage) -> Iterator[str]:
    steps = [step for step in marked_steps() if step.stage is stage]
    yield from (f"## {stage}", "", STAGES[stage], "")
    yield from table(("step", "what it does", "shows"), _rows(sorted(steps, key=lambda step: step.name)))
    yield ""


def _rows(steps: Iterable[Span]) -> Iterator[tuple[str, ...]]:
    for step in steps:
        # An attribute list would do for the anchor too, but not with a dot in it.
        name = f'<span id="{step.name}"></span>{code(step.name)}<br>{_file(step)}'
        yield name, step.sentence.replace("|", "\\|"), " ".join(map(code, step.show))


def _file(step: Span) -> str:
    module = step.function.__module__.removeprefix("kafka_nio.")
    return f"<small>{module.replace('.', '/')}.py</small>"


def _sentences(enum: type[Stage]) -> dict[Stage, str]:
    """What stands below each member of the enum. Python throws such texts away, so they are read from its source."""
    (definition,) = (
        node
        for node in ast.parse(Path(inspect.getfile(enum)).read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name == enum.__name__
    )
    members = [node for node in definition.body if isinstance(node, ast.Assign)]
    texts = [node.value for node in definition.body[1:] if isinstance(node, ast.Expr)]
    return {
        enum(ast.literal_eval(member.value)): ast.literal_eval(text)
        for member, text in zip(members, texts, strict=True)
    }


STAGES = _sentences(Stage)
"""What each stage is."""
