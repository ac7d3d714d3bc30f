"""A state machine as it stands in the source: the dict literal `TRANSITIONS` and the two enums of its keys.

    table = read_table(root, "kafka_nio.producer.transaction_state.TRANSITIONS")
    table.transitions[0]      # Transition(state="UNINITIALIZED", event="INITIALIZE", following="INITIALIZING")
    table.states["READY"]     # "ready"

The file is read and parsed, not imported, as in `kafka_nio.book.code`. Two forms of an entry are understood:

    (State.READY, Event.BEGIN): State.IN_TRANSACTION,
    **{(state, Event.CLOSE): State.CLOSING for state in State},

Java: no counterpart.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from kafka_nio.book.problem import BookError, nearest


class Transition(NamedTuple):
    """In this state, on this event, that state follows."""

    state: str
    event: str
    following: str


@dataclass(frozen=True, slots=True)
class TransitionTable:
    """A table with its place in the source. `states` and `events` are the enums: names, and what they mean."""

    name: str
    file: str
    first: int
    last: int
    text: str
    states: Mapping[str, str]
    events: Mapping[str, str]
    transitions: tuple[Transition, ...]

    def reachable_from(self, start: str) -> set[str]:
        """Every state that can follow this one, sooner or later, and this one itself."""
        reached, new = {start}, {start}
        while new:
            new = {step.following for step in self.transitions if step.state in new} - reached
            reached |= new
        return reached


def read_table(root: Path, name: str) -> TransitionTable:
    """The table with this dotted name, in a file below `root`.

    Raises:
        BookError: there is none, or it is written in a way that cannot be read.
    """
    module, _, variable = name.rpartition(".")
    file = f"{module.replace('.', '/')}.py"
    if not (root / file).is_file():
        raise BookError(f"no file {file}: write the full name of a table, as in package.module.TRANSITIONS")
    text = (root / file).read_text(encoding="utf-8")
    tree = ast.parse(text)
    assignment = _assignment(tree, variable, file)
    return _Reader(file, _enums(tree)).table(name, assignment, text)


def _assignment(tree: ast.Module, variable: str, file: str) -> ast.stmt:
    names = {name: node for node in tree.body for name in _assigned(node)}
    if variable not in names:
        raise BookError(f"no table {variable} in {file}; {nearest(variable, names)}")
    return names[variable]


def _assigned(node: ast.stmt) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _enums(tree: ast.Module) -> dict[str, dict[str, str]]:
    """The members of every class of the file that have a text as their value."""
    return {node.name: dict(_members(node)) for node in tree.body if isinstance(node, ast.ClassDef)}


def _members(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for member in node.body:
        if isinstance(member, ast.Assign) and isinstance(member.value, ast.Constant):
            yield from ((name, str(member.value.value)) for name in _assigned(member))


class _Reader:
    """Reads one table. Remembers which enum its states are of, and which one its events."""

    def __init__(self, file: str, enums: Mapping[str, Mapping[str, str]]) -> None:
        self._file = file
        self._enums = enums
        self._kinds: dict[str, str] = {}

    def table(self, name: str, assignment: ast.stmt, text: str) -> TransitionTable:
        transitions = tuple(self._transitions(getattr(assignment, "value", None), name))
        first, last = assignment.lineno, assignment.end_lineno or assignment.lineno
        lines = text.splitlines()[first - 1 : last]
        states, events = (self._enums[self._kinds[kind]] for kind in ("state", "event"))
        return TransitionTable(name, self._file, first, last, "\n".join(lines), states, events, transitions)

    def _transitions(self, literal: ast.AST | None, name: str) -> Iterator[Transition]:
        if not isinstance(literal, ast.Dict) or not literal.keys:
            raise BookError(f"{name} is no dict literal with entries")
        seen: set[tuple[str, str]] = set()
        for key, value in zip(literal.keys, literal.values, strict=True):
            for transition in [self._entry(key, value)] if key is not None else self._for_every_state(value):
                if transition[:2] in seen:
                    raise self._fault(value, f"{transition.state} and {transition.event} are there twice")
                seen.add(transition[:2])
                yield transition

    def _entry(self, key: ast.expr, value: ast.expr, variable: Mapping[str, str] | None = None) -> Transition:
        if not isinstance(key, ast.Tuple) or len(key.elts) != 2:
            raise self._fault(key, "a key has to be (state, event)")
        state, event = key.elts
        known = variable or {}
        first = known.get(state.id) if isinstance(state, ast.Name) else None
        return Transition(
            first or self._member(state, "state"), self._member(event, "event"), self._member(value, "state")
        )

    def _for_every_state(self, value: ast.expr) -> Iterator[Transition]:
        match value:
            case ast.DictComp(
                key=key,
                value=following,
                generators=[ast.comprehension(target=ast.Name(id=variable), iter=ast.Name(id=enum), ifs=[])],
            ) if enum in self._enums:
                for state in self._enums[enum]:
                    yield self._entry(key, following, {variable: state})
            case _:
                raise self._fault(value, "only {(state, event): state for state in an enum of the file} can be read")

    def _member(self, node: ast.expr, kind: str) -> str:
        match node:
            case ast.Attribute(value=ast.Name(id=enum), attr=member) if member in self._enums.get(enum, {}):
                if self._kinds.setdefault(kind, enum) != enum:
                    raise self._fault(node, f"{enum} is not {self._kinds[kind]}, of which the other {kind}s are")
                return member
            case _:
                raise self._fault(node, f"{ast.unparse(node)} is no {kind} of an enum in this file")

    def _fault(self, node: ast.expr, what: str) -> BookError:
        return BookError(f"{self._file}, line {node.lineno}: {what}")
