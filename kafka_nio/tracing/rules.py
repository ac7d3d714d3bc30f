"""An observer that is a table: for each step that matters to it, what to do when the step begins and when it has ended.

Java: no counterpart.
"""

import inspect
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from kafka_nio.tracing.call import Call, Observer

log = logging.getLogger(__name__)

Arguments = Mapping[str, Any]
"""What a call was given, by the names of the parameters."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a step means.

    Args:
        produces, follows: what begins with the step, and after what it comes; words for the reader.
        entered: called with the observer, the call and what it was given, when the step begins.
        exited: called when it has ended, with its result too.
        even_failed: call `exited` even if the step raised something; the result is None then.
    """

    produces: str = ""
    follows: str = ""
    entered: Callable[[Any, Call, Arguments], None] | None = None
    exited: Callable[[Any, Call, Arguments, Any], None] | None = None
    even_failed: bool = False


class Ruled(Observer):
    """Applies rules, by the name of the step. What goes wrong is logged, because watching must not break anything."""

    def __init__(self, rules: Mapping[str, Rule]) -> None:
        self._rules = rules
        self._given: dict[Call, tuple[tuple[Any, ...], Mapping[str, Any]]] = {}
        self._parameters: dict[FunctionType, tuple[str, ...]] = {}

    def entered(self, call: Call, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        rule = self._rules.get(call.span.name)
        if rule is None:
            return
        if rule.exited is not None:
            self._given[call] = args, kwargs
        if rule.entered is not None:
            try:
                rule.entered(self, call, self._named(call.span.function, args, kwargs))
            except Exception:
                log.exception("The beginning of %s could not be watched", call.span.name)

    def exited(self, call: Call, result: object, error: BaseException | None) -> None:
        rule = self._rules.get(call.span.name)
        if rule is None or rule.exited is None or call not in self._given:
            return
        args, kwargs = self._given.pop(call)
        if error is not None and not rule.even_failed:
            return
        try:
            rule.exited(self, call, self._named(call.span.function, args, kwargs), result)
        except Exception:
            log.exception("The end of %s could not be watched", call.span.name)

    def _named(self, function: FunctionType, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Arguments:
        names = self._parameters.get(function)
        if names is None:
            names = self._parameters[function] = tuple(inspect.signature(function).parameters)
        given = dict(zip(names, args, strict=False))
        return {**given, **kwargs} if kwargs else given
