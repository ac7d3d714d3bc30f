"""The recording at a glance: a lane per thread, a bar per step, an arrow per cause, as inline SVG.

A bar is as long as its step took in moments (`kafka_nio.book.moments`). Called steps hang below their callers. An arrow
leads from a step to one on another thread that goes on with its work: from a wakeup to the select that it ended.

The bars are stretched to whatever width there is, hence no text in them; the names of the threads stand beside them.
Arrows lie above all lanes, and their heads must not be stretched: their places are given in percent.

Java: no counterpart.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from html import escape

from kafka_nio.book.history import times
from kafka_nio.book.html import Attributes, element
from kafka_nio.book.moments import Moments
from kafka_nio.tracing.recording import Recording, Step

_FIRST_THREADS = ("app", "sender")
_GAP = 0.12
"""Part of a row that stays empty between a step and those that it calls."""
ROW, BETWEEN = 7, 9
"""Pixels: the height of a row of bars, the distance of two lanes."""


def lanes(recording: Recording, chosen: Collection[int], id: str = "") -> str:
    """All steps, those in `chosen` as bars of their own, the others as the grey ground they stand on."""
    moments = Moments(recording.steps)
    found = _lanes_of(recording.steps)
    rows = [_lane(lane, chosen, moments) for lane in found]
    return element("div", {"class": "kt-lanes"}, *rows, _arrows(recording, found, chosen, moments, id))


def threads(steps: Iterable[Step]) -> list[str]:
    """The threads, the application's first, then the sender's, then others as they appear."""
    found = list(dict.fromkeys(step.thread for step in steps))
    return sorted(found, key=lambda name: _FIRST_THREADS.index(name) if name in _FIRST_THREADS else len(_FIRST_THREADS))


@dataclass(frozen=True, slots=True)
class _Lane:
    """A thread's steps, and the place of its lane in the picture, in pixels."""

    thread: str
    steps: Sequence[Step]
    y: int
    """Where the first row of bars begins; the lane itself begins at `top`."""
    top: int

    @property
    def first_depth(self) -> int:
        return min(step.depth for step in self.steps)

    @property
    def rows(self) -> int:
        return max(step.depth for step in self.steps) - self.first_depth + 1

    @property
    def height(self) -> int:
        return _height(self.rows, self.thread)

    def y_of(self, step: Step) -> float:
        """The middle of a step's bar."""
        return self.y + (step.depth - self.first_depth + 0.5) * ROW


def _height(rows: int, thread: str) -> int:
    """A lane has room for its thread's name, which stands on two lines where it has two words."""
    return max(rows * ROW, 34 if " " in thread else 18)


def _lanes_of(steps: Sequence[Step]) -> list[_Lane]:
    found: list[_Lane] = []
    for thread in threads(steps):
        own = [step for step in steps if step.thread == thread]
        rows = max(step.depth for step in own) - min(step.depth for step in own) + 1
        top = found[-1].top + found[-1].height + BETWEEN if found else 0
        found.append(_Lane(thread, own, top + (_height(rows, thread) - rows * ROW) // 2, top))
    return found


def _lane(lane: _Lane, chosen: Collection[int], moments: Moments) -> str:
    ground = "".join(_outline(step, lane.first_depth, moments) for step in lane.steps if step.seq not in chosen)
    bars = [_bar(step, lane.first_depth, moments) for step in lane.steps if step.seq in chosen]
    svg = element(
        "svg",
        {
            "viewBox": f"0 0 {moments.last} {lane.rows}",
            "preserveAspectRatio": "none",
            "role": "img",
            "aria-label": f"{len(lane.steps)} steps on the {lane.thread} thread, {len(bars)} of them in this figure",
            "style": f"--kt-rows:{lane.rows}",
        },
        element("path", {"class": "kt-ground", "d": ground}) if ground else "",
        *bars,
    )
    attributes = {"class": "kt-lane", "data-thread": lane.thread, "style": f"height:{lane.height}px"}
    return element("div", attributes, element("span", {"class": "kt-thread"}, escape(lane.thread)), svg)


def _box(step: Step, top: int, moments: Moments) -> tuple[int, int, int]:
    """Where a step begins, its row, and how long it is."""
    begin = moments.at(step.start_ns)
    return begin, step.depth - top, max(moments.at(step.end_ns) - begin, 1)


def _outline(step: Step, top: int, moments: Moments) -> str:
    x, y, width = _box(step, top, moments)
    return f"M{x} {y}h{width}v{1 - _GAP}h-{width}z"


def _bar(step: Step, top: int, moments: Moments) -> str:
    x, y, width = _box(step, top, moments)
    box: Attributes = {"x": x, "y": y, "width": width, "height": str(1 - _GAP)}
    often = f" {times(step.count)}" if step.count > 1 else ""
    title = element("title", None, escape(f"{step.seq} {step.name}{often}"))
    return element("g", {"data-seq": step.seq, "data-stage": step.stage}, title, element("rect", box))


# Causes across lanes...


def _arrows(recording: Recording, found: Sequence[_Lane], chosen: Collection[int], moments: Moments, id: str) -> str:
    """The arrows from or to the figure's steps, above all lanes."""
    lane_of = {step.seq: lane for lane in found for step in lane.steps}
    across = [
        (recording.step(link.to), step, link.why)
        for step in recording.steps
        for link in step.links
        if lane_of[link.to] is not lane_of[step.seq] and (step.seq in chosen or link.to in chosen)
    ]
    if not across:
        return ""
    lines = [_arrow(cause, step, why, lane_of, moments, id) for cause, step, why in across]
    told = "; ".join(f"{why}, from step {cause.seq} to step {step.seq}" for cause, step, why in across)
    height = found[-1].top + found[-1].height
    attributes: Attributes = {"class": "kt-arrows", "height": height, "role": "img", "aria-label": f"Causes: {told}"}
    return element("svg", attributes, element("defs", None, _head(id)), *lines)


def _head(id: str) -> str:
    box: Attributes = {
        "viewBox": "0 0 8 8",
        "refX": 7,
        "refY": 4,
        "markerWidth": 6,
        "markerHeight": 6,
        "orient": "auto",
    }
    return element("marker", {"id": f"{id}-head", **box}, element("path", {"d": "M0 0L8 4L0 8z"}))


def _arrow(cause: Step, step: Step, why: str, lane_of: dict[int, _Lane], moments: Moments, id: str) -> str:
    # Who sleeps began to do so before the step that ends it: then the arrow leads to the end of the sleep.
    to_ns = step.start_ns if step.start_ns >= cause.start_ns else step.end_ns
    from_ns = cause.end_ns if cause.end_ns <= to_ns else cause.start_ns
    attributes: Attributes = {
        "x1": f"{moments.percent(from_ns)}%",
        "y1": str(lane_of[cause.seq].y_of(cause)),
        "x2": f"{moments.percent(to_ns)}%",
        "y2": str(lane_of[step.seq].y_of(step)),
        "data-from": cause.seq,
        "data-to": step.seq,
        "data-why": why,
        "marker-end": f"url(#{id}-head)",
    }
    return element("line", attributes, element("title", None, f"{why}: step {cause.seq} → step {step.seq}"))
