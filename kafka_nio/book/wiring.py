"""Where the states and the arrows of a drawing are.

The states stand in one column, in the order in which their enum declares them. An arrow to the next state goes straight
down. One that skips states goes down on the right, one that leads back goes up on the left, so the side tells the
direction. Where an event leads from every state to the same one, a single arrow says so.

Nothing overlaps, because nothing shares a row: wherever an arrow leaves or enters a state there is a *port*, a row of
its own beside that state, and the arrow's label stands above its last piece, in the target's row. Arrows run up and
down in *tracks* beyond the labels, the shorter ones nearer to the states. Arrows of the same event to the same state
share a track.

Java: no counterpart.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from kafka_nio.book.transitions import Transition

ROW, GAP, SPINE_GAP, MARGIN = 20, 16, 34, 8
"""Heights, in pixels: of a port; between two states, without an arrow between them and with one; at the ends."""
CHARACTER, SMALL_CHARACTER = 6.8, 6.2
"""Widths of a character in a state's name and in a label. Fonts differ a little, so these are generous."""
TRACK = 11
"""Width of a track."""


class Side(Enum):
    """How an arrow goes."""

    STRAIGHT = "down to the next state"
    RIGHT = "down, past others"
    LEFT = "up"
    LOOP = "back to the same state"
    EVERY = "from every state"


@dataclass(frozen=True, slots=True)
class Wire:
    """An arrow: one event, one target, and the states from which it comes on this side. A state is its place."""

    event: str
    sources: tuple[int, ...]
    target: int
    side: Side

    @property
    def length(self) -> int:
        """How many states it passes."""
        return max(abs(source - self.target) for source in self.sources)


@dataclass(frozen=True, slots=True)
class Box:
    """A state's place: its upper edge and its height."""

    top: float
    height: float


def wires_of(transitions: Iterable[Transition], states: Sequence[str]) -> list[Wire]:
    """The arrows of a drawing: the transitions, gathered by event, target and direction."""
    sources: dict[tuple[str, str], list[int]] = {}
    place = {state: number for number, state in enumerate(states)}
    for state, event, following in transitions:
        sources.setdefault((event, following), []).append(place[state])
    return [
        wire for (event, target), group in sources.items() for wire in _wires(event, group, place[target], len(states))
    ]


def is_from_every(sources: Iterable[int], target: int, states: int) -> bool:
    """Whether these are all states but, perhaps, the target itself. With fewer than four, arrows are clearer."""
    return states > 3 and {*sources, target} == set(range(states))


def _wires(event: str, sources: Sequence[int], target: int, states: int) -> list[Wire]:
    if is_from_every(sources, target, states):
        return [Wire(event, tuple(sorted(sources)), target, Side.EVERY)]
    by_side: dict[Side, list[int]] = {}
    for source in sorted(sources):
        by_side.setdefault(_side(source, target), []).append(source)
    return [Wire(event, tuple(group), target, side) for side, group in by_side.items()]


def _side(source: int, target: int) -> Side:
    if source == target:
        return Side.LOOP
    if source > target:
        return Side.LEFT
    return Side.STRAIGHT if source == target - 1 else Side.RIGHT


class Wiring:
    """Puts states and arrows in their places, once.

    Args:
        states: their names, in order.
        wires: the arrows.
        labels: what stands at each arrow, for its width.
    """

    def __init__(self, states: Sequence[str], wires: Sequence[Wire], labels: Mapping[Wire, str]) -> None:
        self.states = states
        self.wires = wires
        self._ports = {
            side: [self._ports_of(place, side) for place in range(len(states))] for side in (Side.LEFT, Side.RIGHT)
        }
        self.tracks = {side: self._tracks_of(side) for side in (Side.LEFT, Side.RIGHT)}
        self._label_width = {
            Side.LEFT: self._widest(labels, {Side.LEFT}),
            Side.RIGHT: self._widest(labels, {Side.RIGHT, Side.LOOP, Side.EVERY}),
        }
        self.box_width = max(len(state) for state in states) * CHARACTER + 20
        self.left = MARGIN + len(self.tracks[Side.LEFT]) * TRACK + self._label_width[Side.LEFT]
        self.right = self.left + self.box_width
        self.width = self.right + self._label_width[Side.RIGHT] + len(self.tracks[Side.RIGHT]) * TRACK + MARGIN
        self.boxes = self._place_boxes()
        self.height = self.boxes[-1].top + self.boxes[-1].height + MARGIN

    def track(self, wire: Wire) -> float:
        """How far to the right the arrow goes up or down."""
        distance = self._label_width[wire.side] + (self.tracks[wire.side].index(wire) + 0.5) * TRACK
        return self.left - distance if wire.side is Side.LEFT else self.right + distance

    def port(self, place: int, wire: Wire, *, is_target: bool) -> float:
        """The height at which an arrow leaves a state or, if `is_target`, enters it."""
        ports = self._ports[Side.LEFT if wire.side is Side.LEFT else Side.RIGHT][place]
        box = self.boxes[place]
        return box.top + box.height / 2 + (ports.index((wire, is_target)) - (len(ports) - 1) / 2) * ROW

    def straight(self, place: int) -> list[Wire]:
        """The arrows from the state before this one, down."""
        return [wire for wire in self.wires if wire.side is Side.STRAIGHT and wire.target == place]

    def _ports_of(self, place: int, side: Side) -> list[tuple[Wire, bool]]:
        """What leaves and enters a state on one side, from above, in the order in which arrows cross the least."""
        short_first = sorted((wire for wire in self.wires if wire.side is side), key=lambda wire: wire.length)
        entering = [(wire, True) for wire in short_first if wire.target == place]
        leaving = [(wire, False) for wire in reversed(short_first) if place in wire.sources]
        if side is Side.LEFT:
            return leaving[::-1] + entering[::-1]
        beside = [(wire, True) for wire in self.wires if wire.target == place and wire.side in (Side.LOOP, Side.EVERY)]
        return entering + beside + leaving

    def _tracks_of(self, side: Side) -> list[Wire]:
        return sorted((wire for wire in self.wires if wire.side is side), key=lambda wire: wire.length)

    def _widest(self, labels: Mapping[Wire, str], sides: set[Side]) -> float:
        widths = [len(label) * SMALL_CHARACTER for wire, label in labels.items() if wire.side in sides]
        return max(widths) + 26 if widths else 0

    def _place_boxes(self) -> list[Box]:
        boxes: list[Box] = []
        top: float = MARGIN + SPINE_GAP / 2
        for place in range(len(self.states)):
            rows = max(len(ports[place]) for ports in self._ports.values())
            labels = len(self.straight(place))
            top += SPINE_GAP + (labels - 1) * ROW / 2 if labels else GAP if place else 0
            boxes.append(Box(top, max(26, rows * ROW + 8)))
            top += boxes[-1].height
        return boxes
