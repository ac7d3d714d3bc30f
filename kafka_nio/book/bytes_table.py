"""The bytes of messages as a table: each field with its place, its name, its value, who wrote it and what moved it.

Java: no counterpart.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

from kafka_nio.book.html import Attributes, element
from kafka_nio.book.listing import anchor
from kafka_nio.book.problem import BookError
from kafka_nio.tracing.recording import Field, Frame, Recording, Step

MOST_BYTES = 16
"""Of a longer field the first ones are shown, and how many there are."""
HEADS = ("offset", "bytes", "field", "value", "written or read by", "moved in step")
DIRECTIONS = {"out": "to the other end", "in": "from the other end"}


@dataclass(frozen=True, slots=True)
class BytesTable:
    """The messages that some steps handed over or moved. `listed` are the steps to which a number can be a link."""

    id: str
    recording: Recording
    frames: Sequence[tuple[Step, Frame]]
    listed: Collection[int]

    def html(self) -> str:
        """A table for each message."""
        return element("div", {"class": "kt-wire"}, *(self._message(step, frame) for step, frame in self.frames))

    def _message(self, step: Step, frame: Frame) -> str:
        movers = self.recording.moved_by(frame)
        where = f"{len(frame.data)} bytes {DIRECTIONS.get(frame.direction, frame.direction)}, {frame.connection}"
        title = element("b", None, escape(frame.api)) + element("span", None, f"{escape(where)}, whole in step ")
        caption = element("p", {"class": "kt-head"}, title + self._number(step.seq))
        head = element("tr", None, *(element("th", {"scope": "col"}, text) for text in HEADS))
        body = element("tbody", None, *_rows(frame, [(mover, self._number(mover.seq)) for mover in movers]))
        label = f"The bytes of {frame.api}"
        box: Attributes = {"class": "kt-scroll", "tabindex": 0, "role": "group", "aria-label": label}
        return caption + element(
            "div", box, element("table", {"class": "kt-table"}, element("thead", None, head), body)
        )

    def _number(self, seq: int) -> str:
        return element("a", {"href": f"#{anchor(self.id, seq)}"}, str(seq)) if seq in self.listed else str(seq)


def bytes_table(
    id: str, recording: Recording, steps: Sequence[Step], listed: Collection[int] = (), asked: str = ""
) -> BytesTable:
    """The messages that these steps handed over whole or moved; `asked` names some of them by a part of their names.

    Raises:
        BookError: if there are none.
    """
    moved = [step.moved for step in steps if step.moved is not None]
    chosen = {step.seq for step in steps}
    frames = [
        (step, step.frame)
        for step in recording.steps
        if step.frame is not None and (step.seq in chosen or any(some.overlaps(step.frame) for some in moved))
    ]
    found = [(step, frame) for step, frame in frames if asked.casefold() in frame.api.casefold()]
    if not found:
        known = ", ".join(frame.api for _, frame in frames)
        raise BookError(f"no message {asked or 'at all'} in these steps; known: {known or 'none'}".replace("  ", " "))
    return BytesTable(id, recording, found, listed)


def _rows(frame: Frame, movers: Sequence[tuple[Step, str]]) -> Iterator[str]:
    """A row for each field. Writer and mover stand once for all the fields that have them in common."""
    writers = _spans([part.writer for part in frame.fields])
    moved = _spans([_movers_of(frame, part, movers) for part in frame.fields])
    before = ""
    for number, part in enumerate(frame.fields):
        cells = [
            element("td", None, str(part.offset)),
            element("td", {"class": "kt-hex"}, _hex(frame.data[part.offset : part.offset + part.length])),
            element("td", None, _name(part.name, before)),
            element("td", None, escape("" if part.value is None else str(part.value))),
        ]
        if number in writers:
            writer = element("code", {"title": part.writer}, _short(part.writer))
            cells.append(_spanning(writers[number], HEADS[-2], writer))
        if number in moved:
            cells.append(_spanning(moved[number], HEADS[-1], _movers_of(frame, part, movers)))
        before = part.name
        yield element("tr", {"data-offset": part.offset, "data-length": part.length}, *cells)


def _spans(values: Sequence[str]) -> dict[int, int]:
    """Where a run of equal values begins, and how long it is."""
    found, place = {}, 0
    for _, run in groupby(values):
        length = len(list(run))
        found[place] = length
        place += length
    return found


def _spanning(rows: int, head: str, content: str) -> str:
    """A cell for some rows. Where there is no room for its column it is a line above them, beginning with the head."""
    return element("td", {"rowspan": rows if rows > 1 else None, "class": "kt-spanning", "data-head": head}, content)


def _movers_of(frame: Frame, part: Field, movers: Sequence[tuple[Step, str]]) -> str:
    """The system calls that moved bytes of this field, as HTML."""
    first = frame.start + part.offset
    last = first + part.length
    numbers = [
        text
        for step, text in movers
        if step.moved is not None and step.moved.start < last and first < step.moved.start + step.moved.length
    ]
    return ", ".join(numbers)


def _hex(data: bytes) -> str:
    return data.hex(" ") if len(data) <= MOST_BYTES else f"{data[:MOST_BYTES].hex(' ')} … {len(data)} bytes"


def _name(name: str, before: str) -> str:
    """A path, pale as far as it is that of the row above."""
    path, dot, last = name.rpartition(".")
    is_known = bool(dot) and before.startswith(path + dot)
    text = _breakable(path + dot)
    return (element("span", {"class": "kt-known"}, text) if is_known else text) + _breakable(last)


def _short(writer: str) -> str:
    return _breakable(".".join(writer.split(".")[-2:]))


def _breakable(name: str) -> str:
    return escape(name).replace(".", ".<wbr>").replace("_", "_<wbr>")
