"""The things a recording is about, each with a number: records, batches, connections.

An object has no name that is the same in every run, so it gets a number when it first appears in the window:
`record 1`, `batch 1`, `connection 0`. A request has one already, its correlation id: `request 4`.

The objects are the producer's own and are only watched: what is known of one is kept as long as it lives, and not a
moment longer.

Java: no counterpart.
"""

import weakref
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from kafka_nio.tracing.call import Call

V = TypeVar("V")


class Noted(Generic[V]):
    """What is known of objects, by identity, for as long as each of them lives."""

    def __init__(self) -> None:
        self._entries: dict[int, tuple[weakref.ref[Any], V]] = {}

    def get(self, owner: object) -> V | None:
        """What is known of this object, or None."""
        entry = self._entries.get(id(owner))
        return entry[1] if entry is not None else None

    def put(self, owner: object, value: V) -> V:
        """Keep something about this object, which has to take weak references."""
        key = id(owner)
        self._entries[key] = weakref.ref(owner, lambda _: self._entries.pop(key, None)), value
        return value

    def of(self, owner: object, make: Callable[[], V]) -> V:
        """What is known of this object; if that is nothing, what `make` makes, from now on."""
        known = self.get(owner)
        return self.put(owner, make()) if known is None else known

    def __len__(self) -> int:
        return len(self._entries)


class Entity:
    """Something that gets a number. `kind` is the word for it, `name` the word and the number, as of this window."""

    __slots__ = ("kind", "name", "window")

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.name = ""
        self.window = 0


FIRST_NUMBERS = {"record": 1, "batch": 1, "connection": 0}


class Names:
    """Gives numbers. Each window counts anew."""

    def __init__(self) -> None:
        self._window = 1
        self._next = dict(FIRST_NUMBERS)

    def begin(self) -> None:
        """A window opens: what appears from now on counts from the beginning."""
        self._window += 1
        self._next = dict(FIRST_NUMBERS)

    def of(self, entity: Entity) -> str:
        """`batch 1`. The first to ask for it makes it appear."""
        if entity.window != self._window:
            number = self._next[entity.kind]
            self._next[entity.kind] = number + 1
            entity.window, entity.name = self._window, f"{entity.kind} {number}"
        return entity.name


def add_about(call: Call, *names: str) -> None:
    """The step touches these."""
    call.about = tuple(dict.fromkeys((*call.about, *names))) if call.about else names


def ancestors(call: Call) -> Iterator[Call]:
    """The call's caller, that one's caller, and so on."""
    caller = call.parent
    while caller is not None:
        yield caller
        caller = caller.parent
