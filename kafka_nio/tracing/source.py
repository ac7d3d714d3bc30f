"""Where a function stands in the source, and a short hash of its text.

A recording names, for each step, the file, the line and the hash of the function that ran. The hash tells later whether
the recording still shows today's code: it covers the function's own lines, decorators included, and nothing else, so a
change elsewhere in the file makes nothing stale but line numbers.

    source_of(Selector.poll)                          # of a function at hand
    functions_in(Path("kafka_nio/nio/selector.py"))   # of a file, by qualified name, without importing it

Java: no counterpart.
"""

import ast
import hashlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FunctionType, MappingProxyType

HASH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one function.

    `first_line` is the line of its first decorator, `line` that of its `def`, `last_line` its last.
    """

    name: str
    first_line: int
    line: int
    last_line: int
    text: str

    @property
    def digest(self) -> str:
        """The first digits of the SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:HASH_DIGITS]


def source_of(function: FunctionType) -> Source:
    """The source of a function, as its file has it now.

    Raises:
        LookupError: if the file no longer defines a function of that name.
    """
    file = Path(function.__code__.co_filename)
    try:
        return functions_in(file)[function.__qualname__]
    except KeyError:
        raise LookupError(f"{file} defines no function {function.__qualname__}") from None


def file_of(function: FunctionType) -> str:
    """The function's file as a path that starts with the package: `kafka_nio/nio/selector.py`."""
    module = sys.modules.get(function.__module__)
    inside = function.__module__.replace(".", "/")
    return f"{inside}/__init__.py" if hasattr(module, "__path__") else f"{inside}.py"


def functions_in(file: Path) -> MappingProxyType[str, Source]:
    """Every function of a Python file by its qualified name, in the order of the file."""
    status = file.stat()
    return _functions_in(file, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1024)  # more than the package has files: one too few, and a round through all finds none
def _functions_in(file: Path, _modified_ns: int, _size: int) -> MappingProxyType[str, Source]:
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    found = {name: _source(name, node, lines) for name, node in _definitions(ast.parse(text), "")}
    return MappingProxyType(found)


Function = ast.FunctionDef | ast.AsyncFunctionDef


def _definitions(parent: ast.AST, prefix: str) -> Iterator[tuple[str, Function]]:
    for node in ast.iter_child_nodes(parent):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield prefix + name, node
                yield from _definitions(node, f"{prefix}{name}.<locals>.")
            case ast.ClassDef(name=name):
                yield from _definitions(node, f"{prefix}{name}.")
            case _:
                yield from _definitions(node, prefix)


def _source(name: str, node: Function, lines: list[str]) -> Source:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = node.end_lineno or node.lineno
    return Source(name, first, node.lineno, last, "".join(lines[first - 1 : last]))
