"""Which test pins which behaviour: `@pytest.mark.behaviour(7, 12)` above a test says that it would fail without them.

The marks are read from the source, so that nothing has to be imported or run to know them.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parents[1]


class Pin(NamedTuple):
    """A test, by its file (from the root of the repository) and its name."""

    path: str
    name: str

    def __str__(self) -> str:
        return f"{self.path}::{self.name}"


def pins() -> dict[int, list[Pin]]:
    """The tests that pin each behaviour, in order of files and lines."""
    found: dict[int, list[Pin]] = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for name, numbers in _marked(ast.parse(path.read_text(encoding="utf-8"))):
            for number in numbers:
                found[number].append(Pin(path.relative_to(TESTS.parent).as_posix(), name))
    return dict(found)


def _marked(module: ast.Module) -> Iterator[tuple[str, list[int]]]:
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            numbers = [number for decorator in node.decorator_list for number in _numbers(decorator)]
            if numbers:
                yield node.name, numbers


def _numbers(decorator: ast.expr) -> list[int]:
    if not isinstance(decorator, ast.Call) or ast.unparse(decorator.func) != "pytest.mark.behaviour":
        return []
    return [ast.literal_eval(argument) for argument in decorator.args]
