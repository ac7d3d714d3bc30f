"""What a recording says, in a sentence of a page, so that no sentence says anything else than the figure beside it.

    The sender sleeps `#!kafka-trace one-record count nio.Selector.select` times.
    It writes `#!kafka-trace one-record value nio.SocketChannel.write[1] return` bytes in
    `#!kafka-trace one-record step nio.SocketChannel.write[1]`.

How many:

    steps                           steps that the recording has
    count NAME                      how often a step happens, in words up to twelve; `in STEP`, `on THREAD`
    total WHAT                      records, wakeups, selects, system calls or ms; `per record`

One step:

    step STEP                       its number, linked to the explorer of the page, whose id is `explorer`
    value STEP SHOWN                what it was shown, or `return`
    thread of STEP                  on which it ran
    took STEP                       its time in whole milliseconds
    error of STEP                   what it raised
    decision NAME in STEP           how a marked condition came out, the first time
    decision NAME OPERAND in STEP   what it was worked out from
    cause WHY of STEP               the step that it goes on from, linked: `cause wakeup of nio.Selector.select[1]`

The state:

    state PATH at STEP              as the step begins: `state channel 0 interest at Selector.poll[3]`
    state PATH after STEP           when it has ended
    change PATH in STEP             `read → read write`, by the step or those that it called

Bytes:

    bytes of STEP                   how many a system call moved, or a message has that was handed over
    message of STEP                 what the message is called: `Produce v13 request #3`
    field NAME of STEP              the value of a field, by the end of its path: `field acks of …`
    hex NAME of STEP                its bytes

A claim becomes a tick, or ends the build:

    `#!kafka-trace one-record assert count nio.Selector.wakeup is 1`
    `#!kafka-trace linger-0 assert total wakeups is more than linger-5 total wakeups`
    `#!kafka-trace one-record assert step KafkaProducer.send ends before step nio.SocketChannel.write[2]`

On both sides stands a question, or one with the name of another recording before it; on the right it may also be a
value, in quotes if it begins like a question. Between them: `is`, `is not`, `is more than`, `is less than`,
`is at least`, `is at most`, `contains`, `begins before`, `ends before`.

`STEP` is written as in figures (`kafka_nio.book.selection`).

Java: no counterpart.
"""

from pymdownx.inlinehilite import InlineHiliteException  # type: ignore[import-untyped]  # ships no types

from kafka_nio.book.answers import EXPLORER, answer
from kafka_nio.book.claims import false_because
from kafka_nio.book.html import element
from kafka_nio.book.problem import BookError
from kafka_nio.book.project import Project
from kafka_nio.book.selection import Selection

__all__ = ["EXPLORER", "fact", "kafka_trace"]

ASSERT = "assert"


def kafka_trace(source: str, language: str, css_class: str, md: object) -> str:
    """The answer for one piece of inline code, in the form that pymdownx.inlinehilite calls.

    Raises:
        InlineHiliteException: if the recording does not say, or says otherwise; any other exception would be swallowed.
    """
    try:
        return fact(source, Project.here())
    except BookError as error:
        raise InlineHiliteException(f"kafka-trace ({source}): {error}") from error


def fact(source: str, project: Project) -> str:
    """What the recording says, as HTML; of a claim, that it is true.

    Raises:
        BookError: if it does not say, or the claim is false.
    """
    name, _, question = source.strip().partition(" ")
    asked, _, claim = question.strip().partition(" ")
    if asked != ASSERT:
        return answer(Selection(project.recording(name)), question).html
    if reason := false_because(claim, name, project):
        raise BookError(reason)
    title = f"checked when this page was built: {name}: {claim}"
    return element("span", {"class": "kt-claim", "role": "img", "aria-label": "checked", "title": title}, "✓")
