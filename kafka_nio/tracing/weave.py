"""Swaps marked functions for watched ones while somebody watches, and puts the originals back.

`@span` left the functions as they are. `with woven(around):` asks `around` for a replacement of each and puts it
wherever a module or a class of the package holds the original, so that `from .partitioner import murmur2` is watched as
well as `murmur2`. Nothing else is touched, and afterwards nothing is left.

What it cannot reach is a function that somebody took hold of earlier: a bound method kept as a callback, a thread that
is running it already. So weave first, then build the producer, then start threads.

Java: no counterpart.
"""

import functools
import inspect
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

import kafka_nio.client.sasl.client_authenticator
import kafka_nio.network.ssl_transport  # noqa: F401  # a producer loads these two only when it needs them; they are marked
from kafka_nio.errors import IllegalStateError
from kafka_nio.spans import SPANS, Span

Around = Callable[[Span], Callable[..., Any]]
"""Makes the function that runs in place of a marked one."""

Place = ModuleType | type

Places = list[tuple[Place, str]]
"""Modules and classes that hold a function, each with the name under which it does."""


@contextmanager
def woven(around: Around, package: str = "kafka_nio") -> Iterator[tuple[Span, ...]]:
    """Watch every marked function of a package; yields the spans that are watched.

    Raises:
        LookupError: if a marked function is held by no module and no class, so that it could never be seen. That
            happens when something between `@span` and its name replaces it, like `@property` or `@staticmethod`.
        IllegalStateError: if somebody watches already, by `record` or by `instrument`.
    """
    put_back: list[tuple[Place, str, FunctionType]] = []
    places = list(_places(package))
    held_by = _holders(places)
    # A function from elsewhere may stand in for one of the package's.
    spans = tuple(
        span for span in SPANS.values() if span.function in held_by or _belongs(span.function.__module__, package)
    )
    try:
        for span in spans:
            marked = span.function
            held = held_by.get(marked)
            if held is None:
                _refuse_if_watched(span, places)
                raise LookupError(f"{span.name} is marked in {marked.__module__} but no module or class holds it")
            replacement = functools.wraps(marked)(around(span))
            for place, name in held:
                put_back.append((place, name, marked))
                setattr(place, name, replacement)
        yield spans
    finally:
        for place, name, function in put_back:
            setattr(place, name, function)


def holders(function: Callable[..., Any], package: str = "kafka_nio") -> Places:
    """The modules and classes of a package that hold this function."""
    return [(place, name) for place in _places(package) for name, value in vars(place).items() if value is function]


def _holders(places: Iterable[Place]) -> dict[FunctionType, Places]:
    """Every function that a place holds, with those that hold it."""
    held_by: dict[FunctionType, Places] = {}
    for place in places:
        for name, value in vars(place).items():
            if isinstance(value, FunctionType):
                held_by.setdefault(value, []).append((place, name))
    return held_by


def _refuse_if_watched(span: Span, places: Iterable[Place]) -> None:
    for value in itertools.chain.from_iterable(vars(place).values() for place in places):
        if isinstance(value, FunctionType) and inspect.unwrap(value) is span.function:
            raise IllegalStateError(
                f"{span.name} is watched already: end `record`, or call `uninstrument`, and then watch again"
            )


def _places(package: str) -> Iterable[Place]:
    """The package's modules and their classes, those inside classes included, each once."""
    places: dict[int, Place] = {}
    modules = [module for name, module in sorted(sys.modules.items()) if module and _belongs(name, package)]
    waiting: list[Place] = list(modules)
    while waiting:
        place = waiting.pop()
        if id(place) not in places:
            places[id(place)] = place
            waiting.extend(value for value in vars(place).values() if _is_class_of(value, package))
    return places.values()


def _is_class_of(value: object, package: str) -> bool:
    return isinstance(value, type) and _belongs(value.__module__, package)


def _belongs(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")
