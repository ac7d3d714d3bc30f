"""The recording at a glance: a lane per thread, a bar per step, as inline SVG.

A bar is as long as its step took in *moments*: a moment is the begin or the end of some step, so a long sleep takes no
more room than a short call, and what happened on two threads keeps its order. Called steps hang below their callers.

The picture is stretched to whatever width there is, hence no text in it; the names of the threads stand beside it.

Java: no counterpart.
"""

from collections.abc import Collection, Iterable
from html import escape

from kafka_nio.book.html import Attributes, element
from kafka_nio.tracing.recording import Recording, Step

_FIRST_THREADS = ("app", "sender")
_GAP = 0.12
"""Part of a row that stays empty between a step and those that it calls."""


def lanes(recording: Recording, chosen: Collection[int]) -> str:
    """All steps, those in `chosen` as bars of their own, the others as the grey ground they stand on."""
    moments = _moments(recording.steps)
    rows = [_lane(thread, recording.steps, chosen, moments) for thread in threads(recording.steps)]
    return element("div", {"class": "kt-lanes"}, *rows)


def threads(steps: Iterable[Step]) -> list[str]:
    """The threads, the application's first, then the sender's, then others as they appear."""
    found = list(dict.fromkeys(step.thread for step in steps))
    return sorted(found, key=lambda name: _FIRST_THREADS.index(name) if name in _FIRST_THREADS else len(_FIRST_THREADS))


def _moments(steps: Iterable[Step]) -> dict[int, int]:
    """The times at which something began or ended, numbered from 0."""
    times = {time for step in steps for time in (step.start_ns, step.end_ns)}
    return {time: number for number, time in enumerate(sorted(times))}


def _lane(thread: str, steps: Iterable[Step], chosen: Collection[int], moments: dict[int, int]) -> str:
    own = [step for step in steps if step.thread == thread]
    top = min(step.depth for step in own)
    rows = max(step.depth for step in own) - top + 1
    ground = "".join(_outline(step, top, moments) for step in own if step.seq not in chosen)
    bars = [_bar(step, top, moments) for step in own if step.seq in chosen]
    svg = element(
        "svg",
        {
            "viewBox": f"0 0 {max(len(moments) - 1, 1)} {rows}",
            "preserveAspectRatio": "none",
            "role": "img",
            "aria-label": f"{len(own)} steps on the {thread} thread, {len(bars)} of them in this figure",
            "style": f"--kt-rows:{rows}",
        },
        element("path", {"class": "kt-ground", "d": ground}) if ground else "",
        *bars,
    )
    return element("div", {"class": "kt-lane"}, element("span", {"class": "kt-thread"}, escape(thread)), svg)


def _box(step: Step, top: int, moments: dict[int, int]) -> tuple[int, int, int]:
    """Where a step begins, its row, and how long it is."""
    begin = moments[step.start_ns]
    return begin, step.depth - top, max(moments[step.end_ns] - begin, 1)


def _outline(step: Step, top: int, moments: dict[int, int]) -> str:
    x, y, width = _box(step, top, moments)
    return f"M{x} {y}h{width}v{1 - _GAP}h-{width}z"


def _bar(step: Step, top: int, moments: dict[int, int]) -> str:
    x, y, width = _box(step, top, moments)
    box: Attributes = {"x": x, "y": y, "width": width, "height": str(1 - _GAP)}
    title = element("title", None, escape(f"{step.seq} {step.name}"))
    return element("g", {"data-seq": step.seq, "data-stage": step.stage}, title, element("rect", box))
