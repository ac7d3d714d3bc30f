"""`@span` marks the functions that are steps of the flow, `@decision` what decides their course.

`Stage` names the chapters that the steps belong to. A mark is not a watcher: `@span(Stage.POLL, show="timeout_ms")`
notes the function in `SPANS` and hands back the very same function object, so a marked function costs nothing to call.
Whoever wants to watch (`kafka_nio.tracing`) reads `SPANS` and weaves recorders around the functions it finds there.

The span's name is the function's qualified name, `Selector.poll`. Java has two classes called Selector and so do we;
the lower one keeps its package in front, `nio.Selector.select`, as the literature about Kafka does.

`@decision` marks a condition that decides which way a function goes, so that a recording can say why it went the other
one. It costs nothing either.

Left out on purpose: everything about clocks, threads, files and OpenTelemetry. This is the bottom layer.

Java: no counterpart.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from types import CodeType, FunctionType
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

RETURN = "return"
"""In `show`, the word for what the function gave back. No argument can be called that."""


class Stage(StrEnum):
    """The chapters of a record's journey, in the order in which it meets them."""

    SEND = "send"
    """On the application's thread: a record is handed in."""
    METADATA = "metadata"
    """Which broker leads which partition, and how we come to know it."""
    ACCUMULATE = "accumulate"
    """Records wait in batches, batches wait in queues."""
    WAKEUP = "wakeup"
    """The application's thread ends the sender's sleep."""
    RUN = "run"
    """The sender's loop decides what may leave now."""
    CONNECT = "connect"
    """From an address to a connection that takes requests."""
    REQUEST = "request"
    """Batches become a request, the request becomes a pending send."""
    POLL = "poll"
    """The selector sleeps until the kernel has something to say."""
    WRITE = "write"
    """Bytes leave, as many as the kernel takes."""
    READ = "read"
    """Bytes arrive, in whatever pieces the network chose."""
    COMPLETE = "complete"
    """An answer finds its request, its batch and its records' futures."""
    BROKER = "broker"
    """The other end of the connection."""


@dataclass(frozen=True, slots=True)
class Span:
    """One marked function: where it stands in the story and what of it is worth showing.

    `show` names arguments (`self` included) whose values are noted when the step begins, and `return` for its result.
    """

    name: str
    stage: Stage
    function: FunctionType
    show: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What the step does, in the first line of its docstring."""
        return inspect.getdoc(self.function).partition("\n")[0]  # type: ignore[union-attr]  # span() refuses None


SPANS: dict[str, Span] = {}
"""Every marked function by the name of its span, in the order in which the modules were imported."""


def span(stage: Stage, show: str = "") -> Callable[[F], F]:
    """Mark a function as a step of the flow and return it untouched.

    Args:
        stage: the chapter it belongs to.
        show: names, separated by blanks, of the arguments worth seeing; `return` stands for the result.

    Raises:
        TypeError: at import, if the function cannot be a step (see `_refuse_what_cannot_be_a_step`).
    """

    def mark(function: F) -> F:
        assert isinstance(function, FunctionType), "put @span directly above def, below @property and the like"
        name = _span_name(function)
        shown = tuple(show.split())
        _refuse_what_cannot_be_a_step(name, function, shown)
        SPANS[name] = Span(name, stage, function, shown)
        return function

    return mark


# Conditions worth watching...


@dataclass(frozen=True, slots=True)
class DecisionMark:
    """A condition in a function: in which variable it is worked out, and from what.

    `operands` are arguments, local variables, or attributes of them with dots: `batch.attempts`.
    """

    function: FunctionType
    variable: str
    operands: tuple[str, ...]

    @property
    def name(self) -> str:
        """What to call it: as its variable, or, if it is what the function gives back, as the function."""
        return self.function.__name__ if self.variable == RETURN else self.variable


DECISIONS: list[DecisionMark] = []
"""Every marked condition, in the order in which the modules were imported."""


def decision(variable: str, operands: str = "") -> Callable[[F], F]:
    """Mark a condition in a function and return the function untouched.

        @decision("sendable", "is_full is_due is_backing_off")
        def batch_ready(self, batch, ...):
            ...
            sendable = (is_full or is_due) and not is_backing_off

    Args:
        variable: the local variable that holds the outcome, or `return` for what the function gives back.
        operands: names, separated by blanks, of what it depends on. They are read, and nothing is called for it, so an
            attribute must not be a property.

    Raises:
        TypeError: at import, if the function has no such variables.
    """

    def mark(function: F) -> F:
        assert isinstance(function, FunctionType), "put @decision directly above def, below @property and the like"
        code = function.__code__
        named = DecisionMark(function, variable, tuple(operands.split()))
        wanted = {variable, *(operand.partition(".")[0] for operand in named.operands)} - {RETURN}
        unknown = wanted - {*code.co_varnames, *code.co_cellvars, *code.co_freevars}
        if unknown:
            raise TypeError(f"{function.__qualname__} has no variable {', '.join(sorted(unknown))}")
        DECISIONS.append(named)
        return function

    return mark


def _span_name(function: FunctionType) -> str:
    package = function.__module__.split(".")[1:2]
    return f"nio.{function.__qualname__}" if package == ["nio"] else function.__qualname__


SUSPENDED = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


def _arguments(code: CodeType) -> tuple[str, ...]:
    """What `inspect.signature` knows too, but takes longer to say; it is asked for each mark of the package."""
    variadic = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + variadic]


def _refuse_what_cannot_be_a_step(name: str, function: FunctionType, shown: tuple[str, ...]) -> None:
    if "<locals>" in name:
        raise TypeError(f"{name} is local to another function, so nobody could find it by name")
    if function.__code__.co_flags & SUSPENDED:
        raise TypeError(f"{name} is suspended half way, so its span would not nest in its caller's")
    if not (function.__doc__ or "").strip():
        raise TypeError(f"{name} has no docstring, and its first line is the span's sentence")
    unknown = set(shown) - set(_arguments(function.__code__)) - {RETURN}
    if unknown:
        raise TypeError(f"{name} has no argument {', '.join(sorted(unknown))} to show")
    earlier = SPANS.get(name)
    if earlier is not None and earlier.function.__module__ != function.__module__:
        raise TypeError(f"{name} is marked in {earlier.function.__module__} and again in {function.__module__}")
