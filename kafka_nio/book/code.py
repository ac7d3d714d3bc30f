"""Functions as they stand in the source files, found by name. The source carries no markers for the book's sake.

    function = Library(root).find("Selector.poll")
    function.file, function.first, function.last      # kafka_nio/network/selector.py 181 204

Files are read and parsed, not imported: a function is shown as it stands now, also while `mkdocs serve` runs and
somebody edits it. A function's name is that of its span (`kafka_nio.spans`): its qualified name, with the package in
front in `nio`.

A function is cut into *statements*, the units that light up: a call over four lines runs as one thing, whatever the
interpreter reports about its lines. Docstrings, comments and signatures are no statements: they neither run nor rest.

Java: no counterpart.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from kafka_nio.book.problem import BookError, nearest
from kafka_nio.tracing.source import Source, functions_in

Definition = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of code that runs as one: its first and last line, and whether it is the head of a block."""

    first: int
    last: int
    is_head: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """One function in a file. `first` is the line of its first decorator, `line` that of `def`; lines count from 1."""

    name: str
    dotted_name: str
    file: str
    first: int
    line: int
    last: int
    text: str
    digest: str
    is_step: bool
    sentence: str
    docstring: range
    statements: tuple[Statement, ...]
    calls: tuple[tuple[str, int], ...]
    """(name of the called function, line of the call), in the order of the text."""

    @property
    def owner(self) -> str:
        """The dotted name of the class, or else the module, that it stands in."""
        return self.dotted_name.rpartition(".")[0]


class Library:
    """The functions of the package below `root`, as they stand when the library is first asked.

    With `files` it is the functions of these alone, wherever they are: a path for what each is called.
    """

    def __init__(self, root: Path, package: str = "kafka_nio", files: Mapping[str, Path] | None = None) -> None:
        self._root = root
        self._package = package
        self._files = files

    @cached_property
    def functions(self) -> list[Function]:
        """Every function and method, file by file."""
        found = [(name, functions_in(path)) for name, path in self._paths().items()]
        return [
            _function(source, file)
            for file, sources in found
            for name, source in sources.items()
            if "<locals>" not in name
        ]

    def _paths(self) -> Mapping[str, Path]:
        if self._files is not None:
            return self._files
        paths = sorted((self._root / self._package).rglob("*.py"))
        return {path.relative_to(self._root).as_posix(): path for path in paths}

    @cached_property
    def _by_name(self) -> dict[str, list[Function]]:
        names: dict[str, list[Function]] = defaultdict(list)
        for function in self.functions:
            for name in {function.name, function.dotted_name}:
                names[name].append(function)
        return names

    @cached_property
    def _by_owner(self) -> dict[str, dict[str, Function]]:
        owners: dict[str, dict[str, Function]] = defaultdict(dict)
        for function in self.functions:
            owners[function.owner][function.dotted_name.rpartition(".")[2]] = function
        return owners

    def find(self, name: str) -> Function:
        """The function with this name, which may be a span's name or the full dotted one.

        Raises:
            BookError: if there is none, or more than one.
        """
        found = self._by_name.get(name, [])
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(function.dotted_name for function in found)
            raise BookError(f"{name} could be any of {names}: write one of these")
        raise BookError(f"no function {name} in {self._package}/; {nearest(name, (f.name for f in self.functions))}")

    def lines_calling(self, function: Function, name: str) -> list[int]:
        """Where a function calls something by the last part of `name`, itself or through a helper beside it.

        A helper is a function of the same class or module that is no step: what it calls, its caller has called.
        """
        beside = self._by_owner[function.owner]
        called = name.rpartition(".")[2]
        return [line for callee, line in function.calls if _leads_to(callee, called, beside)]


def _leads_to(callee: str, called: str, beside: Mapping[str, Function]) -> bool:
    if callee == called:
        return True
    helper = beside.get(callee)
    if helper is None or helper.is_step:
        return False
    others = {name: other for name, other in beside.items() if other is not helper}
    return any(_leads_to(deeper, called, others) for deeper, _ in helper.calls)


@cache
def _function(source: Source, file: str) -> Function:
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    is_nio = module.split(".")[1:2] == ["nio"]
    node = _parsed(source)
    return Function(
        name=f"nio.{source.name}" if is_nio else source.name,
        dotted_name=f"{module}.{source.name}",
        file=file,
        first=source.first_line,
        line=source.line,
        last=source.last_line,
        text=source.text,
        digest=source.digest,
        is_step=any(isinstance(part, ast.Call) and _name(part.func) == "span" for part in node.decorator_list),
        sentence=(ast.get_docstring(node) or "").partition("\n")[0],
        docstring=_docstring_lines(node),
        statements=tuple(_statements(node.body)),
        calls=tuple(_calls(node)),
    )


def _parsed(source: Source) -> Definition:
    """The function's syntax tree, with the line numbers of its file."""
    is_indented = source.text[0].isspace()
    tree = ast.parse("if True:\n" + source.text if is_indented else source.text)
    ast.increment_lineno(tree, source.first_line - (2 if is_indented else 1))
    return next(node for node in ast.walk(tree) if isinstance(node, Definition))


def _docstring_lines(node: Definition) -> range:
    if not _is_text(node.body[0]):
        return range(0)
    return range(node.body[0].lineno, _last_line(node.body[0]) + 1)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _last_line(node: ast.stmt | ast.expr | ast.pattern) -> int:
    return node.end_lineno or node.lineno


# Cutting a body into statements...


def _statements(body: Sequence[ast.AST]) -> Iterator[Statement]:
    for node in body:
        blocks = list(_blocks(node))
        if blocks:
            first, last = _head(node)
            yield Statement(first, last, is_head=True)
            for block in blocks:
                yield from _statements(block)
        elif isinstance(node, ast.stmt) and _runs(node):
            yield Statement(node.lineno, _last_line(node))


def _blocks(node: ast.AST) -> Iterator[Sequence[ast.AST]]:
    """The blocks inside a compound statement. Those of an inner function or class are its own affair."""
    if isinstance(node, Definition | ast.ClassDef):
        return
    for name in ("body", "handlers", "orelse", "finalbody", "cases"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            yield block


def _head(node: ast.AST) -> tuple[int, int]:
    """First and last line of `if …:`, `for … in …:`, `with …:`, `except …:` or `case …:`."""
    names = ("test", "target", "iter", "subject", "type", "pattern", "guard")
    parts = [part for name in names if (part := getattr(node, name, None)) is not None]
    parts += [item.optional_vars or item.context_expr for item in getattr(node, "items", [])]
    first = getattr(node, "lineno", None) or parts[0].lineno
    return first, max([first, *(_last_line(part) for part in parts)])


def _runs(node: ast.stmt) -> bool:
    """Whether the interpreter does anything for this statement: for a bare string or a declaration it does not."""
    is_declaration = isinstance(node, ast.Global | ast.Nonlocal)
    return not (is_declaration or _is_text(node) or (isinstance(node, ast.AnnAssign) and node.value is None))


def _calls(node: Definition) -> Iterator[tuple[str, int]]:
    calls = [call.func for part in node.body for call in ast.walk(part) if isinstance(call, ast.Call)]
    for function in sorted(calls, key=lambda function: (_last_line(function), function.end_col_offset or 0)):
        name = _name(function)
        if name:
            yield name, _last_line(function)


def _name(node: ast.expr) -> str:
    """The last part of what is called; empty if that is no name, as in `handlers[0]()`."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
