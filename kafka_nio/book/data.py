"""What `<kafka-trace>` needs of a recording beyond what stands on the page: the JSON inside an explorer (`code: all`).

    <script type="application/json" class="kt-data">{"name": …, "steps": […], "states": {…}, "frames": […]}</script>

name    of the recording
origin  nanoseconds since 1970 at which it begins, as text; all other times are nanoseconds since then, as numbers
steps   every step of the recording, also those that the figure does not list, in order; no key is ever left out:
          seq, name, stage, thread, start, end, parent (seq or null), count, clipped, error (text or null), error_type
          shown      {name: value}, the result as "return"
          decisions  [{name, line, operands: {name: value}, result, function}]; `line` is today's, in the file of
                     `function`, a dotted name as in the attribute data-function of the listed functions
          changes    [[at, {path: value, or null where the path is gone}], …] of the step's own code, in order
          links      [[to, why], …]: the step `to` is the cause
          about      ["record 1", "batch 1", …]
          frame      the index in `frames` of the message it handed over, or null
          moved      [connection, direction, start, length], or null
states  {seq: {path: value}}, the whole state as that step began; the first step's is always there. The state at a time
        is the last of these before it, and all changes since (`kafka_nio.tracing.recording`)
frames  [{connection, direction, api, start, hex, fields: [[offset, length, name, value, writer], …]}]; value may be
        null, the writer is never left out

Names on the page that the script lives on:

    kafka-trace#ID.kt[.kt-explorer][data-start=SEQ]
    .kt-lanes > .kt-lane > svg > g[data-seq][data-stage] > rect       the bars; .kt-lane has data-thread
    .kt-lanes > svg.kt-arrows > line[data-from][data-to][data-why]    from the causing bar to the caused one
    .kt-panes > .kt-codes > .kt-function[data-function][data-stage] > .kt-code > .kt-line[data-line]
        [data-state=ran|idle][data-hits], in it .kt-calls > a[href] and .kt-why (the operands and outcome of decisions)
    .kt-panes > .kt-list > .kt-steps > li#ID&s=SEQ[value=SEQ][data-parent][data-stage][data-thread][data-function]
        [data-lines], in it a.kt-name, .kt-stage, .kt-times, .kt-sentence, .kt-shown, .kt-changes, .kt-links, .kt-error
    .kt-strip[.kt-compact] > .kt-channel[data-channel] > svg > g[data-bit=accept|connect|read|write]
        [data-row=interest|ready][data-seq=the step that set it] > rect; the axis is that of the lanes
    .kt-wire > .kt-scroll > .kt-table > tbody > tr[data-offset][data-length], one .kt-scroll for each message
    .kt-state > .kt-scroll > .kt-table > tbody > tr[data-path][.kt-changed]

Java: no counterpart.
"""

import json
from collections.abc import Iterable, Mapping

from kafka_nio.book.code import Function
from kafka_nio.book.html import element
from kafka_nio.tracing.recording import Decision, Frame, Recording, Step

Json = object


def data_script(recording: Recording, functions: Mapping[int, Function]) -> str:
    """The element with the recording's data. `functions` holds today's function of a step, by its number."""
    # A "<" could end the element early; inside JSON it can always be written as an escape.
    text = json.dumps(data(recording, functions), ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    return element("script", {"type": "application/json", "class": "kt-data"}, text)


def data(recording: Recording, functions: Mapping[int, Function]) -> dict[str, Json]:
    """The recording as `<kafka-trace>` reads it."""
    origin_ns = recording.steps[0].start_ns
    frames = [step.frame for step in recording.steps if step.frame is not None]
    numbers = {step.seq: number for number, step in enumerate(s for s in recording.steps if s.frame is not None)}
    return {
        "name": recording.name,
        "origin": str(origin_ns),
        "steps": [_step(step, numbers.get(step.seq), origin_ns, functions.get(step.seq)) for step in recording.steps],
        "states": {str(step.seq): dict(step.state) for step in recording.steps if step.state is not None},
        "frames": [_frame(frame) for frame in frames],
    }


def _step(step: Step, frame: int | None, origin_ns: int, function: Function | None) -> dict[str, Json]:
    moved = step.moved
    return {
        "seq": step.seq,
        "name": step.name,
        "stage": str(step.stage),
        "thread": step.thread,
        "start": step.start_ns - origin_ns,
        "end": step.end_ns - origin_ns,
        "parent": step.parent,
        "count": step.count,
        "clipped": step.clipped,
        "error": step.error,
        "error_type": step.error_type,
        "shown": dict(step.shown),
        "decisions": list(_decisions(step, function)),
        "changes": [[change.at_ns - origin_ns, dict(change.values)] for change in step.changes],
        "links": [[link.to, link.why] for link in step.links],
        "about": list(step.about),
        "frame": frame,
        "moved": None if moved is None else [moved.connection, moved.direction, moved.start, moved.length],
    }


def _decisions(step: Step, function: Function | None) -> Iterable[dict[str, Json]]:
    shift = function.line - step.line if function is not None else 0
    for one in step.decisions:
        yield {
            "name": one.name,
            "line": one.line + (0 if one.function else shift),
            "operands": dict(one.operands),
            "result": one.result,
            "function": _where(one, step),
        }


def _where(decision: Decision, step: Step) -> str:
    return decision.function or step.function


def _frame(frame: Frame) -> dict[str, Json]:
    return {
        "connection": frame.connection,
        "direction": frame.direction,
        "api": frame.api,
        "start": frame.start,
        "hex": frame.data.hex(),
        "fields": [[part.offset, part.length, part.name, part.value, part.writer] for part in frame.fields],
    }
