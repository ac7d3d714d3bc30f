"""Each file and each function is small enough to be read in one sitting, and says what it is."""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import kafka_nio
from kafka_nio.spans import SPANS

ROOT = Path(kafka_nio.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))

LINES_OF_A_FILE = 350
LINES_OF_A_FUNCTION = 50

JAVA_LINE = re.compile(r"Java: (no counterpart\.|[a-z]\w*(\.\w+)+.*)")
"""A class or a package of Java's, or of Scala's where a broker is mirrored; a remark may follow."""


class Definition(NamedTuple):
    """One function or class, by where it stands."""

    place: str
    owner: ast.Module | ast.ClassDef
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

    @property
    def lines(self) -> int:
        """Lines from `def` to the last one, decorators aside."""
        assert self.node.end_lineno is not None
        return self.node.end_lineno - self.node.lineno + 1


@pytest.fixture(scope="module")
def modules() -> dict[str, ast.Module]:
    return {str(path.relative_to(ROOT.parent)): ast.parse(path.read_text()) for path in FILES}


@pytest.fixture(scope="module")
def definitions(modules: dict[str, ast.Module]) -> list[Definition]:
    """Every function and class, those inside functions aside."""
    return [definition for path, module in modules.items() for definition in defined_in(path, module)]


def defined_in(path: str, owner: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for node in owner.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield Definition(f"{path}:{node.lineno} {node.name}", owner, node)
        if isinstance(node, ast.ClassDef):
            yield from defined_in(path, node)


def test_no_file_is_longer_than_350_lines() -> None:
    lengths = {str(path.relative_to(ROOT.parent)): len(path.read_text().splitlines()) for path in FILES}
    assert not worst(lengths, LINES_OF_A_FILE)


def test_no_function_is_longer_than_50_lines(definitions: list[Definition]) -> None:
    functions = [definition for definition in definitions if not isinstance(definition.node, ast.ClassDef)]
    assert not worst({function.place: function.lines for function in functions}, LINES_OF_A_FUNCTION)


def worst(lengths: dict[str, int], limit: int) -> list[str]:
    """The ten longest of those over the limit."""
    too_long = [(length, place) for place, length in lengths.items() if length > limit]
    return [f"{place}: {length} lines" for length, place in sorted(too_long, reverse=True)[:10]]


def test_each_module_says_what_it_is(modules: dict[str, ast.Module]) -> None:
    assert not [path for path, module in modules.items() if not ast.get_docstring(module)]


def test_each_module_ends_its_docstring_with_what_it_mirrors(modules: dict[str, ast.Module]) -> None:
    """`Java: org.apache.kafka.clients.producer.internals.Sender`, or `Java: no counterpart.`"""
    last_lines = {path: (ast.get_docstring(module) or "").rpartition("\n")[2] for path, module in modules.items()}
    assert not [f"{path}: {line!r}" for path, line in last_lines.items() if not JAVA_LINE.fullmatch(line)]


def test_each_public_function_says_what_it_does(definitions: list[Definition]) -> None:
    """A method that a protocol promises, or a base class for others to fill, is described there, once; a setter is
    described by its property."""
    promised = {one.node.name for one in definitions if is_protocol(one.owner) or is_description_alone(one.node)}
    assert not [
        definition.place
        for definition in definitions
        if is_public_function(definition)
        and not ast.get_docstring(definition.node)
        and not is_setter(definition)
        and definition.node.name not in promised
    ]


def is_protocol(owner: ast.Module | ast.ClassDef) -> bool:
    bases = owner.bases if isinstance(owner, ast.ClassDef) else []
    return any(isinstance(base, ast.Name) and base.id == "Protocol" for base in bases)


def is_description_alone(node: ast.AST) -> bool:
    """Whether this is a method that does nothing but say what those that override it do."""
    match node:
        case ast.FunctionDef(body=[ast.Expr(value=ast.Constant(value=str()))]):
            return True
    return False


def is_public_function(definition: Definition) -> bool:
    """Classes are left out: fields, or an error's sentence, may describe one better."""
    of_private_class = isinstance(definition.owner, ast.ClassDef) and definition.owner.name.startswith("_")
    is_private = definition.node.name.startswith("_") or of_private_class
    return not isinstance(definition.node, ast.ClassDef) and not is_private


def is_setter(definition: Definition) -> bool:
    marks = definition.node.decorator_list
    return any(isinstance(mark, ast.Attribute) and mark.attr == "setter" for mark in marks)


def test_each_step_of_the_flow_begins_with_a_sentence() -> None:
    for module in pkgutil.walk_packages(kafka_nio.__path__, "kafka_nio."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    assert len(SPANS) > 40
    assert not [f"{step.name}: {step.sentence}" for step in SPANS.values() if not step.sentence.endswith((".", "?"))]


def test_no_assert_does_anything(modules: dict[str, ast.Module]) -> None:
    """`python -O` leaves asserts out. So none may call a method, which might change something, or assign a name.

    The tests of exercises are no part of a program: there an assert is what a test is for.
    """
    assert not [
        f"{path}:{check.lineno}"
        for path, module in modules.items()
        if not path.endswith("/test.py")
        for check in ast.walk(module)
        if isinstance(check, ast.Assert) and any(map(may_do_something, ast.walk(check.test)))
    ]


def may_do_something(node: ast.AST) -> bool:
    is_method_call = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    return is_method_call or isinstance(node, ast.NamedExpr | ast.Await | ast.Yield)
