"""A function of the real code, and another one that takes its place for a while.

    with StandIn(Selector.wakeup, my_wakeup).at_work():
        ...                                       # here every selector wakes up as mine does

Whoever holds the function, a class or a module that imported it, holds the other one meanwhile. The mark of a marked
function goes over to the other one, so that a recording shows it at work.

Java: no counterpart.
"""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from kafka_nio.spans import SPANS, Span
from kafka_nio.tracing.weave import Places, holders

BROKERS = "broker-"
"""How the names of the brokers' threads begin."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """`other` takes the place of `original`.

    `watched_as` makes a step of a function that is not marked in the source, for as long as the other one is at work.
    """

    original: Callable[..., Any]
    other: Callable[..., Any]
    watched_as: Span | None = None

    @contextmanager
    def at_work(self) -> Iterator[Places]:
        """Put the other function in the original's place for the block. Recorders woven in meanwhile see it run.

        Yields who holds it, and under which name.
        """
        assert isinstance(self.other, FunctionType), "a function takes a function's place"
        before = dict(SPANS)
        SPANS.update({span.name: dataclasses.replace(span, function=self.other) for span in self._marks()})
        try:
            with self._held_by(holders(self.original)) as places:
                yield places
        finally:
            SPANS.clear()
            SPANS.update(before)

    def _marks(self) -> list[Span]:
        marks = [span for span in SPANS.values() if span.function is self.original]
        return marks or ([self.watched_as] if self.watched_as else [])

    @contextmanager
    def _held_by(self, places: Places) -> Iterator[Places]:
        for place, name in places:
            setattr(place, name, self.other)
        try:
            yield places
        finally:
            for place, name in places:
                setattr(place, name, self.original)

    @contextmanager
    def sparing_brokers(self, places: Places) -> Iterator[None]:
        """Have the brokers of this process go on with the original: they use the same classes.

        To be entered when the brokers run and the recorder is woven in. Afterwards everybody uses the original.

        Args:
            places: what `at_work` yielded.
        """
        for place, name in places:
            setattr(place, name, self._either(vars(place)[name]))
        try:
            yield
        finally:
            for place, name in places:
                setattr(place, name, self.original)

    def _either(self, other: Callable[..., Any]) -> Callable[..., Any]:
        def either(*args: Any, **kwargs: Any) -> Any:
            is_broker = threading.current_thread().name.startswith(BROKERS)
            return (self.original if is_broker else other)(*args, **kwargs)

        return either
