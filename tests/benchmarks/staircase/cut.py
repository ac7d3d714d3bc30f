"""The producer's own functions, made to stop early.

`cut` compiles a function anew from its source as it is now, without what comes behind a certain statement. So what is
measured is the real code, up to there; and whatever that code is changed to, the next measurement follows.

    def do_send(self, ...):                             def do_send(self, ...):
        self._refuse_to_send()                              self._refuse_to_send()
        ...                              until              ...
        try:                             "_make_bytes("     try:
            cluster, ... = ...                                  cluster, ... = ...
            record = self._make_bytes(...)                      record = self._make_bytes(...)
            chosen = self.partition(...)                    except ApiError as error:
            ...                                                 ...
"""

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from types import FunctionType
from typing import Any

NESTS = (ast.With, ast.Try)
"""Statements inside which a function may stop: they run what is in them, once."""


class CutError(Exception):
    """Why a function cannot be made to stop there. The table of stairs must follow the code."""


def find(place: str) -> tuple[Any, str]:
    """What holds a function, and its name there.

    Args:
        place: "package.module:function" or "package.module:Class.method".

    Raises:
        CutError: there is no such function.
    """
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    try:
        holder: Any = import_module(module)
        for owner in owners:
            holder = getattr(holder, owner)
        getattr(holder, name)
    except (ImportError, AttributeError):
        raise CutError(f"there is no {place} any more") from None
    return holder, name


@contextmanager
def replaced(functions: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """For a while, call these in place of the functions that stand there."""
    found = [(*find(place), function) for place, function in functions.items()]
    before = [(holder, name, getattr(holder, name)) for holder, name, _ in found]
    try:
        for holder, name, function in found:
            setattr(holder, name, function)
        yield
    finally:
        for holder, name, function in before:
            setattr(holder, name, function)


def cut(place: str, until: str | None, *, drop_result: bool = False) -> FunctionType:
    """The function, ended behind a statement.

    Args:
        until: a piece of the statement, as `ast.unparse` writes it; None to end before the first one.
        drop_result: call what stands in that statement, and do nothing with what it gives back.

    Raises:
        CutError: there is no such function, or no such statement in it.
    """
    holder, name = find(place)
    function = inspect.unwrap(getattr(holder, name))
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    if until is None:
        definition.body = [ast.Pass()]
    else:
        body = _until(definition.body, until, drop_result)
        if body is None:
            raise CutError(f"{place} has no statement with {until!r} any more")
        definition.body = body
    tree = ast.fix_missing_locations(ast.Module([definition], type_ignores=[]))
    made: dict[str, FunctionType] = {}
    exec(compile(tree, inspect.getfile(function), "exec"), function.__globals__, made)
    return made[name]


def _until(body: list[ast.stmt], piece: str, drop_result: bool) -> list[ast.stmt] | None:
    """The statements up to the one with the piece; None if there is none."""
    for place, statement in enumerate(body):
        if piece in ast.unparse(statement):
            return [*body[:place], *_ended(statement, piece, drop_result)]
    return None


def _ended(statement: ast.stmt, piece: str, drop_result: bool) -> list[ast.stmt]:
    """The statement with the piece, and inside it nothing that comes behind."""
    value = getattr(statement, "value", None)
    if isinstance(value, ast.expr) and (drop_result or isinstance(statement, ast.Return)):
        return [ast.Expr(value)]
    if isinstance(statement, NESTS) or (drop_result and isinstance(statement, ast.If)):
        inner = _until(statement.body, piece, drop_result)
        if inner is not None:
            statement.body = inner
            if not isinstance(statement, ast.With):
                statement.orelse = []
    return [statement]
