"""Watches the state: notes, on the step whose code did it, what has changed of the objects that `probes` can read.

The objects are learnt from the `self` of the calls that go by, so it works with any program. They are looked at
whenever a step begins or ends, and before a thread gives its turn away. What has changed by then is the work of the
code that ran since the last look: that of the caller when a step begins, of the step itself when it ends.

With threads that run at the same time this is a good guess and no more: what another thread did a moment ago is noted
here, too. With threads that take turns it is exact.

Java: no counterpart.
"""

from collections.abc import Callable, Mapping
from typing import Any

from kafka_nio.spans import Stage
from kafka_nio.tracing.call import Call, Observer
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.probes import SendNames, parts_of, values_of
from kafka_nio.tracing.recorder import BROKER
from kafka_nio.tracing.step import Change

State = dict[str, Shown]

PROCESSOR = " processor"

NOTHING = values_of.dispatch(object)
"""What `values_of` does for an object of which there is nothing to see."""


class Thing:
    """An object that is looked at, and what it showed the last time."""

    __slots__ = ("former", "prefix", "probe", "thing")

    def __init__(self, thing: object, prefix: str) -> None:
        self.thing = thing
        self.prefix = prefix
        self.probe = values_of.dispatch(type(thing))
        self.former: State = {}

    def look(self, sends: SendNames) -> State:
        """What it shows now. If it cannot be read, because a thread is just changing it, what it showed before."""
        try:
            state = dict(self.probe(self.thing, sends))
            return {self.prefix + path: value for path, value in state.items()} if self.prefix else state
        except Exception:
            return self.former


class StateWatcher(Observer):
    """Fills `Call.changes`, and `Call.state` of the first call of the window."""

    def __init__(self) -> None:
        self._things: list[Thing] = []
        self._known: dict[int, object] = {}  # with the objects, so that no id is given away again
        self._uninteresting: set[type] = set()
        self._numbers: dict[tuple[str, type], int] = {}
        self._is_noting = False
        self._needs_full_state = False
        self._last: Call | None = None

    # Told by the recorder...

    def begun(self, calls: tuple[Call, ...]) -> None:
        self._look()
        self._is_noting = True
        self._needs_full_state = not calls
        self._last = None
        if calls:
            calls[0].state = self._state()

    def entered(self, call: Call, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        # Whoever wakes somebody is not the one to whom it belongs.
        if args and type(args[0]) not in self._uninteresting and call.span.stage is not Stage.WAKEUP:
            self._learn(args[0], _prefix(call.thread))
        if not self._is_noting:
            return
        if self._needs_full_state:
            self._needs_full_state = False
            self._look()
            call.state = self._state()
        elif changed := self._look():
            (call.parent or self._last or call).changes += (Change(call.start_ns, changed),)
        self._last = call

    def exited(self, call: Call, result: object, error: BaseException | None) -> None:
        if self._is_noting:
            if changed := self._look():
                assert call.end_ns is not None, "while the window is open, a call that is over has its time"
                call.changes += (Change(call.end_ns, changed),)
            self._last = call.parent or call

    def turned(self, call: Call | None, next_ns: Callable[[], int]) -> None:
        owner = call or self._last
        if self._is_noting and owner is not None and (changed := self._look()):
            owner.changes += (Change(next_ns(), changed),)

    def ended(self, calls: tuple[Call, ...]) -> None:
        self._is_noting = False

    # Looking...

    def _look(self) -> dict[str, Shown | None]:
        """Look at everything; return what has changed since the last time."""
        sends: SendNames = {}
        changed: dict[str, Shown | None] = {}
        for thing in self._things:
            former, now = thing.former, thing.look(sends)
            if now != former:
                changed |= {path: None for path in former if path not in now}
                changed |= {path: value for path, value in now.items() if former.get(path) != value}
                thing.former = now
        return dict(sorted(changed.items())) if len(changed) > 1 else changed

    def _state(self) -> State:
        return dict(sorted((path, value) for thing in self._things for path, value in thing.former.items()))

    def _learn(self, thing: object, prefix: str) -> None:
        if id(thing) in self._known:
            return
        kind = type(thing)
        has_values, parts = values_of.dispatch(kind) is not NOTHING, tuple(parts_of(thing))
        if not has_values and not parts:
            self._uninteresting.add(kind)
            return
        self._known[id(thing)] = thing
        if has_values:
            number = self._numbers[prefix, kind] = self._numbers.get((prefix, kind), 0) + 1
            self._things.append(Thing(thing, prefix if number == 1 else f"{prefix}#{number} "))
        for part in parts:
            self._learn(part, prefix)


def _prefix(thread: str) -> str:
    """What an embedded broker's threads see begins with the broker's name; `processor` goes without saying."""
    return f"{thread.removesuffix(PROCESSOR)} " if thread.startswith(BROKER) else ""
