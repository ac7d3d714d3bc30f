"""The strip: what each channel's key waits for and what is ready, bit by bit, over the time of a recording.

    connect   ▒▒▒▒▒▒▒          ▒ interest: what the key waits for, with the number of the step that set it
              ······██         █ ready: what the last select found
    read               ▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒▒
    write                      ▒▒▒▒▒
                                 ███

Above the rows stand the bytes that system calls moved; the ground is darker while the thread is in a select. The axis
is that of the lanes, so that both can be read together. The same stands below in words.

Places are given in percent, so nothing is stretched, neither text nor corners, however wide the page is.

Java: no counterpart.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from kafka_nio.book.bits import Channel, Run, channels_of
from kafka_nio.book.html import Attributes, element
from kafka_nio.book.listing import anchor
from kafka_nio.book.moments import Moments
from kafka_nio.book.problem import BookError
from kafka_nio.tracing.recording import Recording, Step

SELECTS = ("nio.Selector.select", "nio.Selector.select_now")
NARROWEST, APART, RIGHTMOST = 3.0, 6.0, 92.0
"""Percent: a band that is narrower has no number; bytes that are nearer to each other are told together; a number
farther to the right stands to the left of its place."""
MOST_NUMBERS = 2


@dataclass(frozen=True, slots=True)
class Measure:
    """Heights in pixels: what stands above the rows, a row, the two bands in it."""

    head: int
    row: int
    interest: int
    ready: int
    has_text: bool


FULL = Measure(head=17, row=24, interest=13, ready=5, has_text=True)
COMPACT = Measure(head=2, row=11, interest=5, ready=3, has_text=False)


@dataclass(frozen=True, slots=True)
class Strip:
    """What a page asked for: the channels, the steps whose time is shown, the steps that are listed beside it."""

    id: str
    recording: Recording
    channels: Sequence[Channel]
    moments: Moments
    window: tuple[int, int]
    listed: Collection[int]
    is_compact: bool = False

    def html(self) -> str:
        """The strips, one for each channel, and the same in words."""
        rows = [_Picture(self, channel).html() for channel in self.channels]
        css_class = "kt-strip kt-compact" if self.is_compact else "kt-strip"
        return element("div", {"class": css_class}, *rows, _key(), self._words())

    def _words(self) -> str:
        lists = [
            element("p", None, escape(channel.name)) + element("ul", None, *self._sentences(channel))
            for channel in self.channels
        ]
        return element("details", {"class": "kt-words"}, element("summary", None, "The same in words"), *lists)

    def _sentences(self, channel: Channel) -> Iterator[str]:
        """`35 Selector.connect: interest nothing → connect`"""
        begins, ends = self.window
        inside = [change for change in channel.changes if begins <= change.at_ns <= ends]
        for (seq, _), changes in groupby(inside, key=lambda change: (change.seq, change.at_ns)):
            told = ", ".join(f"{change.path.rpartition(' ')[2]} {change.told()}" for change in changes)
            name = element("code", None, escape(self.recording.step(seq).name))
            yield element("li", None, self._step(seq), " ", name, f" {escape(told)}")

    def _step(self, seq: int) -> str:
        return element("a", {"href": f"#{anchor(self.id, seq)}"}, str(seq)) if seq in self.listed else str(seq)


def strip(
    id: str,
    recording: Recording,
    steps: Sequence[Step],
    listed: Collection[int] = (),
    names: Sequence[str] = (),
    form: Collection[str] = (),
) -> Strip:
    """The strips of a recording.

    Args:
        id: of the figure.
        recording: whose state is shown.
        steps: those of the figure.
        listed: those to which a number can be a link.
        names: of the channels, as the state calls them, with or without the word; all whose bits change if empty.
        form: `compact` leaves out the numbers, `window` shows the time of these steps only.

    Raises:
        BookError: if there is no such channel, or none at all.
    """
    all_steps = recording.steps
    window = min(step.start_ns for step in steps), max(step.end_ns for step in steps)
    inside = [step for step in all_steps if window[0] <= step.start_ns <= window[1]] if "window" in form else all_steps
    shown = (inside[0].start_ns, max(step.end_ns for step in inside))
    return Strip(id, recording, _chosen(recording, names), Moments(inside), shown, listed, "compact" in form)


def _chosen(recording: Recording, names: Sequence[str]) -> list[Channel]:
    found = channels_of(recording)
    if not found:
        raise BookError(f"{recording.name} has no channel's state: there is no strip to show")
    if not names:
        return [channel for channel in found if channel.changes] or found
    by_name = {channel.name: channel for channel in found}
    short = {name.replace("channel ", ""): channel for name, channel in by_name.items()}
    for name in names:
        if name not in by_name and name not in short:
            raise BookError(f"no channel {name} in {recording.name}; known: {', '.join(short)}")
    return [by_name[name] if name in by_name else short[name] for name in names]


def _key() -> str:
    """What the signs mean."""
    band = element("i", {"class": "kt-key-interest"})
    bar = element("i", {"class": "kt-key-ready"})
    ground = element("i", {"class": "kt-key-select"})
    return element(
        "p",
        {"class": "kt-key", "aria-hidden": "true"},
        element("span", None, band, "interest: what the key waits for, set by the step with this number"),
        element("span", None, bar, "ready: what the last select found"),
        element("span", None, ground, "in select"),
    )


@dataclass(frozen=True, slots=True)
class _Picture:
    """One channel's picture."""

    strip: Strip
    channel: Channel

    @property
    def _measure(self) -> Measure:
        return COMPACT if self.strip.is_compact else FULL

    def html(self) -> str:
        size, channel = self._measure, self.channel
        height = self._head + size.row * len(channel.operations)
        names = [element("span", None, name) for name in channel.operations]
        label = f"{channel.name}: which bits of its key are on, over time; told in words below"
        svg = element(
            "svg",
            {"height": height, "role": "img", "aria-label": label},
            *self._selects(height),
            *self._lines(),
            *(self._run(run) for run in channel.runs),
            *(self._moved() if size.has_text else ()),
        )
        name = element("span", {"class": "kt-thread"}, escape(channel.name))
        side = element("div", {"class": "kt-bits", "style": f"--kt-row:{size.row}px;--kt-top:{self._head}px"}, *names)
        return element("div", {"class": "kt-channel", "data-channel": channel.name}, name, side, svg)

    @property
    def _head(self) -> int:
        """What stands above the rows: where no bytes moved, nothing does."""
        return self._measure.head if self.channel.moved else COMPACT.head

    def _span(self, begin_ns: int, end_ns: int) -> tuple[float, float] | None:
        """Left and width in percent of what is to be seen of a time; None if it lies outside."""
        first, last = self.strip.window
        if end_ns < first or begin_ns > last:
            return None
        left = self.strip.moments.percent(max(begin_ns, first))
        return left, round(max(self.strip.moments.percent(min(end_ns, last)) - left, 0.2), 3)

    def _selects(self, height: int) -> Iterator[str]:
        """The ground: when the thread was in a select."""
        for step in self.strip.recording.steps:
            place = self._span(step.start_ns, step.end_ns)
            if step.name in SELECTS and step.thread == self.channel.thread and place:
                yield _rect(place, 0, height, {"class": "kt-select"})

    def _lines(self) -> Iterator[str]:
        size = self._measure
        for number in range(len(self.channel.operations)):
            y = self._head + number * size.row + size.interest
            yield element("line", {"x1": "0", "x2": "100%", "y1": str(y), "y2": str(y), "class": "kt-axis"})

    def _run(self, run: Run) -> str:
        place = self._span(run.begin_ns, run.end_ns)
        if place is None:
            return ""
        size = self._measure
        top = self._head + self.channel.operations.index(run.bit) * size.row
        is_interest = run.row == "interest"
        y, height = (top, size.interest) if is_interest else (top + size.interest + 1, size.ready)
        attributes: Attributes = {"data-bit": run.bit, "data-row": run.row, "data-seq": run.begun}
        title = element("title", None, self._told(run))
        box = _rect(place, y, height, attributes, title)
        if not (is_interest and size.has_text and run.begun is not None and place[1] >= NARROWEST):
            return box
        return box + _text(place[0], y + size.interest - 3, str(run.begun), "kt-number")

    def _told(self, run: Run) -> str:
        names = [f"{seq} {self.strip.recording.step(seq).name}" if seq else "" for seq in (run.begun, run.ended)]
        begin = f"since step {names[0]}" if names[0] else "from the beginning"
        end = f"until step {names[1]}" if names[1] else "to the end"
        return escape(f"{run.row} {run.bit}, {begin}, {end}")

    def _moved(self) -> Iterator[str]:
        """Ticks where bytes left or came, and how many; those that are near to each other are told together."""
        near: list[tuple[float, str, int]] = []
        for step in self.channel.moved:
            place = self._span(step.start_ns, step.end_ns)
            if place is None or step.moved is None:
                continue
            x, sign = place[0], "↑" if step.moved.direction == "out" else "↓"
            tick: Attributes = {"x1": f"{x}%", "x2": f"{x}%", "y1": "12", "y2": "17", "class": "kt-tick"}
            said = f"step {step.seq} {step.name}: {step.moved.length} bytes {step.moved.direction}"
            yield element("line", tick, element("title", None, escape(said)))
            if near and (sign != near[0][1] or x - near[0][0] > APART):
                yield _bytes_text(near)
                near = []
            near.append((x, sign, step.moved.length))
        if near:
            yield _bytes_text(near)


def _bytes_text(near: Sequence[tuple[float, str, int]]) -> str:
    x, sign, _ = near[0]
    numbers = [str(length) for _, _, length in near]
    text = "+".join(numbers) if len(numbers) <= MOST_NUMBERS else f"{sum(map(int, numbers))} in {len(numbers)}"
    return _text(x, 10, sign + text, "kt-bytes", "end" if x > RIGHTMOST else None)


def _rect(place: tuple[float, float], y: int, height: int, attributes: Attributes, *content: str) -> str:
    left, width = place
    box: Attributes = {"x": f"{left}%", "y": y, "width": f"{width}%", "height": height}
    if not content:
        return element("rect", {**box, **attributes})
    return element("g", attributes, *content, element("rect", box))


def _text(left: float, y: int, text: str, css_class: str, side: str | None = None) -> str:
    return element(
        "text", {"x": f"{left}%", "y": y, "dx": 0 if side else 3, "class": css_class, "text-anchor": side}, text
    )
