"""The page of the marked steps that happen in no kept recording, with their code.

    python -m kafka_nio.book

writes it into `docs/`; a test says so when it is out of date. So every marked step is shown by some page: those that
happen in a recording by its explorer, the others here.

Java: no counterpart.
"""

from collections.abc import Iterator

from kafka_nio.book.code import Function
from kafka_nio.book.project import Project
from kafka_nio.book.span_page import STAGES
from kafka_nio.demos import DEMOS
from kafka_nio.spans import SPANS, Stage

INTRODUCTION = """\
# Steps beyond the recordings

The recordings of this site show one record and what may befall it. Transactions, logins, TLS, and most of what happens
inside the broker are marked too, and can be watched in a run of your own: with
[`record`](index.md#record-your-own-program) around it, or [live](live-tracing.md). Here is their code.

This page is made of the marks in the code and of the recordings by `python -m kafka_nio.book`.
"""

FIGURE = """\
```kafka-trace
recording: {recording}
code: {code}
show: code
id: {id}
```
"""


def other_steps_page() -> str:
    """The steps of no recording, by stage, each with its code."""
    project = Project.here()
    functions = list(steps_in_no_recording(project))
    return "\n".join([INTRODUCTION, *(part for stage in Stage for part in _stage(stage, functions))])


def steps_in_no_recording(project: Project) -> Iterator[Function]:
    """The marked functions that run in none of the kept recordings, in the order of the source."""
    recorded = {step.name for name in DEMOS for step in project.recording(name).steps}
    return (function for function in project.library.functions if function.is_step and function.name not in recorded)


def _stage(stage: Stage, functions: list[Function]) -> Iterator[str]:
    names = [function.name for function in functions if SPANS[function.name].stage is stage]
    if names:
        yield from (f"## {stage}", "", STAGES[stage], "")
        yield FIGURE.format(recording=next(iter(DEMOS)), code=", ".join(names), id=f"beyond-{stage}")
