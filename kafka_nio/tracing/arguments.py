"""Finds the arguments that a step shows in the arguments of a call.

Java: no counterpart.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from kafka_nio.spans import Span

Argument = Callable[[tuple[Any, ...], Mapping[str, Any]], Any]


def shown_arguments(span: Span) -> dict[str, Argument]:
    """For each argument to show, how to find it in a call."""
    parameters = inspect.signature(span.function).parameters
    return {
        name: _finder(position, parameter, frozenset(parameters))
        for position, (name, parameter) in enumerate(parameters.items())
        if name in span.show
    }


def _finder(position: int, parameter: inspect.Parameter, names: frozenset[str]) -> Argument:
    name, default = parameter.name, parameter.default
    match parameter.kind:
        case inspect.Parameter.VAR_POSITIONAL:
            return lambda args, kwargs: args[position:]
        case inspect.Parameter.VAR_KEYWORD:
            return lambda args, kwargs: {key: value for key, value in kwargs.items() if key not in names}
        case inspect.Parameter.KEYWORD_ONLY:
            return lambda args, kwargs: kwargs.get(name, default)
        case _:
            return lambda args, kwargs: args[position] if len(args) > position else kwargs.get(name, default)
