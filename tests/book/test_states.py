"""A table of transitions becomes a drawing and a table of words, or ends the build with a sentence."""

import re
from html.parser import HTMLParser
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

import pytest
from pymdownx.superfences import SuperFencesException

from kafka_nio.book import states
from kafka_nio.book.drawing import label
from kafka_nio.book.problem import BookError
from kafka_nio.book.project import Project
from kafka_nio.book.transitions import Transition, read_table
from kafka_nio.book.wiring import Side, Wiring, wires_of

ROOT = Path(__file__).parents[2]
TABLES = (
    "kafka_nio.producer.transaction_state.TRANSITIONS",
    "kafka_nio.client.connection_states.TRANSITIONS",
    "kafka_nio.client.sasl.client_authenticator.TRANSITIONS",
    "kafka_nio.network.ssl_transport.TRANSITIONS",
    "kafka_nio.broker.transaction_state.TRANSITIONS",
)

DOOR = dedent(
    '''\
    """A door."""

    from enum import Enum


    class State(Enum):
        OPEN = "open"
        SHUT = "shut & dark"
        LOCKED = "locked"
        GONE = "gone"


    class Event(Enum):
        PUSH = "pushed"
        TURN = "the key is turned"
        BURN = "the house burns"


    TRANSITIONS: dict[tuple[State, Event], State] = {
        (State.OPEN, Event.PUSH): State.SHUT,
        (State.SHUT, Event.PUSH): State.OPEN,
        # Whoever locks it must be outside.
        (State.SHUT, Event.TURN): State.LOCKED,
        (State.LOCKED, Event.TURN): State.SHUT,
        (State.LOCKED, Event.PUSH): State.LOCKED,
        **{(state, Event.BURN): State.GONE for state in State},
    }
    '''
)


class Door:
    """A project with one table, which a test can spoil."""

    def __init__(self, root: Path) -> None:
        self.file = root / "house" / "door.py"
        self.file.parent.mkdir()
        self.file.write_text(DOOR)
        self.root = root

    def replace(self, old: str, new: str) -> None:
        assert old in DOOR
        self.file.write_text(DOOR.replace(old, new))

    def html(self, *lines: str) -> str:
        return states.figure("\n".join(("table: house.door.TRANSITIONS", *lines)), Project(self.root)).html()


@pytest.fixture
def door(tmp_path: Path) -> Door:
    return Door(tmp_path)


class _Words(HTMLParser):
    """The text of each cell of a table. Fails where an element is closed that is not open."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.cells: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "wbr":
            self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "td" in self.open:
            self.cells[-1] += data + "|" if self.open[-1] == "code" else data


def drawn(html: str) -> ElementTree.Element:
    svg = re.search(r"<svg.*</svg>", html)
    assert svg is not None
    return ElementTree.fromstring(svg[0])


def texts(svg: ElementTree.Element) -> list[str]:
    return [node.text or "" for node in svg.iter() if node.tag.endswith("}text")]


def test_a_table_is_read_as_it_stands(door: Door) -> None:
    table = read_table(door.root, "house.door.TRANSITIONS")
    assert (table.file, table.first, table.last) == ("house/door.py", 19, 27)
    assert table.transitions[0] == Transition("OPEN", "PUSH", "SHUT")
    assert [step.state for step in table.transitions if step.event == "BURN"] == ["OPEN", "SHUT", "LOCKED", "GONE"]
    assert table.states["SHUT"] == "shut & dark"


@pytest.mark.parametrize("name", TABLES)
def test_every_transition_of_the_code_is_read(name: str) -> None:
    module, _, variable = name.rpartition(".")
    transitions = getattr(import_module(module), variable)
    read = read_table(ROOT, name).transitions
    assert read == tuple((state.name, event.name, to.name) for (state, event), to in transitions.items())


def test_the_static_table_says_all_transitions_in_words(door: Door) -> None:
    cells = _Words(door.html()).cells
    assert cells[:3] == ["OPEN|open", "PUSH|pushed", "SHUT|shut & dark"]
    assert cells[-3:] == ["any state", "BURN|the house burns", "GONE|gone"]
    assert len(cells) == 3 * 6


def test_what_a_name_means_is_said_once(door: Door) -> None:
    cells = _Words(door.html()).cells
    assert [cell for cell in cells if cell.startswith("SHUT")] == ["SHUT|shut & dark", "SHUT|", "SHUT|", "SHUT|"]


def test_the_drawing_has_every_state_and_a_label_for_every_arrow(door: Door) -> None:
    found = texts(drawn(door.html()))
    assert [text for text in found if text in ("OPEN", "SHUT", "LOCKED", "GONE")] == ["OPEN", "SHUT", "LOCKED", "GONE"]
    assert found.count("PUSH") == 3
    assert found.count("TURN") == 2
    assert found.count("BURN from any state") == 1


def test_a_dot_marks_the_start(door: Door) -> None:
    def start_of(html: str) -> str | None:
        states = [node for node in drawn(html).iter() if node.get("class") == "ks-state"]
        return next(texts(state)[0] for state in states if any(node.get("class") == "ks-start" for node in state))

    assert start_of(door.html()) == "OPEN"
    assert start_of(door.html("start: LOCKED")) == "LOCKED"


def test_the_side_of_an_arrow_tells_its_direction(door: Door) -> None:
    table = read_table(door.root, "house.door.TRANSITIONS")
    wires = wires_of(table.transitions, [*table.states])
    sides = {(wire.event, wire.sources, wire.target): wire.side for wire in wires}
    assert sides == {
        ("PUSH", (0,), 1): Side.STRAIGHT,
        ("PUSH", (1,), 0): Side.LEFT,
        ("TURN", (1,), 2): Side.STRAIGHT,
        ("TURN", (2,), 1): Side.LEFT,
        ("PUSH", (2,), 2): Side.LOOP,
        ("BURN", (0, 1, 2, 3), 3): Side.EVERY,
    }


def test_an_event_that_leads_from_all_others_to_a_state_says_so(door: Door) -> None:
    every = "**{(state, Event.BURN): State.GONE for state in State}"
    door.replace(every, ", ".join(f"(State.{name}, Event.BURN): State.GONE" for name in ("OPEN", "SHUT", "LOCKED")))
    html = door.html()
    assert "BURN from any other" in texts(drawn(html))
    assert "any other state" in _Words(html).cells


@pytest.mark.parametrize("name", TABLES)
def test_no_two_arrows_meet_a_state_at_the_same_place(name: str) -> None:
    table = read_table(ROOT, name)
    wires = wires_of(table.transitions, [*table.states])
    wiring = Wiring([*table.states], wires, {wire: label(wire) for wire in wires})
    for is_left in (True, False):
        beside = [wire for wire in wires if wire.side is not Side.STRAIGHT and (wire.side is Side.LEFT) == is_left]
        heights = [wiring.port(wire.target, wire, is_target=True) for wire in beside]
        for wire in beside:
            if wire.side in (Side.LEFT, Side.RIGHT):
                heights += [wiring.port(source, wire, is_target=False) for source in wire.sources]
        assert all(below - above >= 16 for above, below in pairwise(sorted(heights)))


@pytest.mark.parametrize("name", TABLES)
def test_the_states_stand_below_each_other_inside_the_drawing(name: str) -> None:
    svg = drawn(states.figure(f"table: {name}", Project(ROOT)).html())
    boxes = [node for node in svg.iter() if node.tag.endswith("}rect")]
    edges = [(float(box.get("y", 0)), float(box.get("y", 0)) + float(box.get("height", 0))) for box in boxes]
    assert all(bottom < top for (_, bottom), (top, _) in pairwise(edges))
    assert edges[-1][1] < float(svg.get("height", 0))


def test_only_what_is_asked_for_is_shown(door: Door) -> None:
    assert "kt-code" not in door.html()
    html = door.html("show: code", "caption: A `door`.")
    assert "<svg" not in html
    assert "<table" not in html
    assert 'data-line="19"' in html
    assert "Whoever locks it must be outside." in html
    assert "A <code>door</code>." in html


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("tabel: x", r"cannot read 'tabel: x'; nearest: table"),
        ("show: moon", r"cannot show moon; known: code, drawing, table"),
        ("start: OPENED", r"no state OPENED in house.door.TRANSITIONS; nearest: OPEN"),
        ("start: GONE", r"OPEN, SHUT, LOCKED of house.door.TRANSITIONS cannot be reached from GONE"),
        ("table:", r"does not say which table"),
        ("table: house.window.TRANSITIONS", r"no file house/window.py"),
        ("table: house.door.TRANSITION", r"no table TRANSITION in house/door.py; nearest: TRANSITIONS"),
    ],
)
def test_what_cannot_be_had_is_refused(door: Door, line: str, message: str) -> None:
    with pytest.raises(BookError, match=message):
        door.html(line)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Event.PUSH): State.SHUT", "Event.PULL): State.SHUT", r"line 20: Event.PULL is no event of an enum"),
        ("Event.PUSH): State.SHUT", "Event.PUSH): Event.PUSH", r"line 20: Event is not State, of which the other"),
        ("(State.OPEN, Event.PUSH):", "State.OPEN:", r"line 20: a key has to be \(state, event\)"),
        ("for state in State}", "for state in FEW}", r"line 26: only \{\(state, event\)"),
        ("(State.SHUT, Event.PUSH)", "(State.OPEN, Event.PUSH)", r"line 21: OPEN and PUSH are there twice"),
        ("TRANSITIONS: dict[tuple[State, Event], State] = {", "TRANSITIONS = None\nOTHER = {", r"is no dict literal"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(door: Door, old: str, new: str, message: str) -> None:
    door.replace(old, new)
    with pytest.raises(BookError, match=message):
        door.html()


def test_mkdocs_is_told_in_the_one_exception_that_it_does_not_swallow(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Project, "here", classmethod(lambda cls: Project(door.root)))
    assert "<svg" in states.kafka_states("table: house.door.TRANSITIONS", "kafka-states", "", {}, None)
    with pytest.raises(SuperFencesException, match=r"kafka-states \(table: house.roof.X\): no file house/roof.py"):
        states.kafka_states("table: house.roof.X", "kafka-states", "", {}, None)
