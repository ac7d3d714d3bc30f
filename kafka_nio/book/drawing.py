"""A state machine as an SVG: boxes, arrows and labels where `kafka_nio.book.wiring` puts them.

It needs no script, and takes its colours from the page.

Java: no counterpart.
"""

from collections.abc import Iterator
from html import escape

from kafka_nio.book.html import Attributes, element
from kafka_nio.book.transitions import TransitionTable
from kafka_nio.book.wiring import Side, Wire, Wiring, wires_of

ROUND, HEAD = 7, 6
"""Radius of an arrow's bends; length of its head."""


def drawing(table: TransitionTable, start: str) -> str:
    """The table as a picture. A dot marks the state in which everything begins."""
    states = list(table.states)
    wires = wires_of(table.transitions, states)
    return _Drawing(Wiring(states, wires, {wire: label(wire) for wire in wires}), table, start).svg()


def label(wire: Wire) -> str:
    """What stands at an arrow: the event and, if it is the only one for all of them, where it comes from."""
    if wire.side is not Side.EVERY:
        return wire.event
    return f"{wire.event} from any {'state' if wire.target in wire.sources else 'other'}"


class _Drawing:
    """Draws what was put in its place."""

    def __init__(self, wiring: Wiring, table: TransitionTable, start: str) -> None:
        self._wiring = wiring
        self._table = table
        self._start = start

    def svg(self) -> str:
        wiring = self._wiring
        width, height = round(wiring.width), round(wiring.height)
        return element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "width": width,
                "height": height,
                "viewBox": f"0 0 {width} {height}",
                "role": "img",
                "aria-label": f"{len(wiring.states)} states and the events between them, as in the table below",
            },
            *(self._wire(wire) for wire in wiring.wires if wire.side is not Side.STRAIGHT),
            *(self._straight(place) for place in range(len(wiring.states))),
            *(self._state(place) for place in range(len(wiring.states))),
        )

    # States...

    def _state(self, place: int) -> str:
        wiring, name = self._wiring, self._wiring.states[place]
        box = wiring.boxes[place]
        frame: Attributes = {
            "x": _n(wiring.left),
            "y": _n(box.top),
            "width": _n(wiring.box_width),
            "height": _n(box.height),
            "rx": 4,
        }
        return element(
            "g",
            {"class": "ks-state"},
            element("title", None, escape(f"{name}: {self._table.states[name]}")),
            element("rect", frame),
            _text(self._middle, box.top + box.height / 2 + 4, name, "middle"),
            self._start_mark(box.top) if name == self._start else "",
        )

    @property
    def _middle(self) -> float:
        return self._wiring.left + self._wiring.box_width / 2

    def _start_mark(self, top: float) -> str:
        x = self._middle
        dot = element("circle", {"cx": _n(x), "cy": _n(top - 13), "r": 4, "class": "ks-start"})
        return dot + _line(f"M{_n(x)} {_n(top - 13)}V{_n(top - HEAD)}") + _head(x, top, "down")

    # Arrows...

    def _wire(self, wire: Wire) -> str:
        sign = -1 if wire.side is Side.LEFT else 1
        x = self._wiring.left if wire.side is Side.LEFT else self._wiring.right
        y = self._wiring.port(wire.target, wire, is_target=True)
        pieces = {Side.LOOP: self._loop, Side.EVERY: self._from_every}.get(wire.side, self._along_track)(wire, x, y)
        away = 20 if wire.side is Side.LOOP else 11
        text = _text(
            x + sign * away, y + (3 if wire.side is Side.LOOP else -4), label(wire), "end" if sign < 0 else None
        )
        return element("g", {"class": "ks-wire"}, self._title(wire), *pieces, text)

    def _title(self, wire: Wire) -> str:
        states = self._wiring.states
        sources = ", ".join(states[source] for source in wire.sources)
        return element("title", None, escape(f"{sources} → {states[wire.target]}: {self._table.events[wire.event]}"))

    def _along_track(self, wire: Wire, x: float, y: float) -> Iterator[str]:
        sign = -1 if wire.side is Side.LEFT else 1
        track = self._wiring.track(wire)
        for source in wire.sources:
            start = self._wiring.port(source, wire, is_target=False)
            turn = ROUND if y > start else -ROUND
            bend, back = _n(track - sign * ROUND), _n(x + sign * HEAD)
            yield _line(
                f"M{_n(x)} {_n(start)}H{bend}Q{_n(track)} {_n(start)} {_n(track)} {_n(start + turn)}"
                f"V{_n(y - turn)}Q{_n(track)} {_n(y)} {bend} {_n(y)}H{back}"
            )
        yield _head(x, y, "right" if sign < 0 else "left")

    def _loop(self, wire: Wire, x: float, y: float) -> Iterator[str]:
        yield _line(
            f"M{_n(x)} {_n(y - 6)}C{_n(x + 20)} {_n(y - 10)} {_n(x + 20)} {_n(y + 6)} {_n(x + HEAD)} {_n(y + 5)}"
        )
        yield _head(x, y + 5, "left")

    def _from_every(self, wire: Wire, x: float, y: float) -> Iterator[str]:
        end = x + 11 + len(label(wire)) * 6
        yield _line(f"M{_n(end)} {_n(y)}H{_n(x + HEAD)}", "ks-every")
        yield _head(x, y, "left")

    def _straight(self, place: int) -> str:
        """The arrow from the state before, with a label for each event that leads here."""
        wires = self._wiring.straight(place)
        if not wires:
            return ""
        before, top = self._wiring.boxes[place - 1], self._wiring.boxes[place].top
        bottom = before.top + before.height
        first = (bottom + top) / 2 + 2 - (len(wires) - 1) * 6
        return element(
            "g",
            {"class": "ks-wire"},
            *(self._title(wire) for wire in wires[:1]),
            _line(f"M{_n(self._middle)} {_n(bottom)}V{_n(top - HEAD)}"),
            _head(self._middle, top, "down"),
            *(_text(self._middle + 8, first + number * 12, wire.event) for number, wire in enumerate(wires)),
        )


def _line(path: str, css_class: str | None = None) -> str:
    return element("path", {"d": path, "class": css_class})


def _head(x: float, y: float, towards: str) -> str:
    """An arrowhead with its point here."""
    back, side = {"left": (HEAD, 0), "right": (-HEAD, 0), "down": (0, -HEAD)}[towards]
    first, second = ((back, 3.5), (back, -3.5)) if back else ((3.5, side), (-3.5, side))
    corners = "L".join(f"{_n(x + dx)} {_n(y + dy)}" for dx, dy in ((0, 0), first, second))
    return element("path", {"d": f"M{corners}Z", "class": "ks-head"})


def _text(x: float, y: float, text: str, anchor: str | None = None) -> str:
    return element("text", {"x": _n(x), "y": _n(y), "text-anchor": anchor}, escape(text))


def _n(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
