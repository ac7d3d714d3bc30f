"""The text of a learner's file: what the exercise is about, and the functions without their bodies.

The functions come from the package's own source, so an exercise cannot say anything else than the code. What a function
needs of its module is imported above it.

Java: no counterpart.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from types import ModuleType
from typing import Any

from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong

NOT_WRITTEN = "is not written yet"

HINTS = ("A question", "The place", "The shape of the answer")
"""What the three hints of each exercise are."""

WIDTH = 100

WHAT_TO_DO = {
    Kind.BUILD: "Write what is missing, then save.",
    Kind.FIX: "There is a bug in it. Find it, mend it, then save.",
    Kind.PREDICT: "Answer before you look anywhere, then save.",
    Kind.DIAGNOSE: "Look at the recordings, answer, then save.",
}

README = """\
# Exercises

Here you write the hard parts of a Kafka producer. In each exercise your function takes the place of the real one in
kafka-nio while its tests run, and what it does is recorded.

    kafka-nio learn           runs the current exercise, and again whenever you save it
    kafka-nio learn list      all exercises, and how far you are
    kafka-nio learn hint      a hint: first a question, then the place, then the shape of the answer
    kafka-nio learn next      goes on to the next one
    kafka-nio learn solution  the solution, once yours passes, or when you ask twice
    kafka-nio learn reset     a fresh file; the old one is kept in `.kafka-nio/kept/`

The first tells you which file to edit. Leave it running, and use another terminal for the rest, or the keys it names.

What a function of the package looks like: `python -m inspect kafka_nio.nio.selector:Selector.select`.

Plain `pytest` does as well: `pytest tests/test_e02_finish_connect.py`.

When a test fails it says what was expected, what was found, and shows your run beside the right one where they first
differ. Both are in `runs/`: `kafka-nio diff` compares them, `kafka-nio learn --open` shows them in a browser.

The order is a suggestion; nothing is locked.

| | kind | task | file |
|---|---|---|---|
{rows}
"""


def start_text(exercise: Exercise) -> str:
    """What the learner begins with."""
    return header(exercise) + start_code(exercise)


def start_code(exercise: Exercise) -> str:
    """The same without the header: the functions without their bodies, or the questions without their answers."""
    file = exercise.file("start.py")
    if file is not None:
        return _without_docstring(file.read_text(encoding="utf-8"))
    return _functions(exercise) + exercise.below[0]


def solution_text(exercise: Exercise) -> str:
    """The learner's file with the solution in it."""
    return header(exercise) + solution_code(exercise)


def solution_code(exercise: Exercise) -> str:
    """The same without the header."""
    file = exercise.file("solution.py")
    if file is not None:
        return _without_docstring(file.read_text(encoding="utf-8"))
    return _code((target.original for target in exercise.targets), exercise.targets) + exercise.below[1]


def wrong_text(exercise: Exercise, wrong: Wrong) -> str:
    """The learner's file with a known wrong solution in it."""
    return header(exercise) + wrong_code(exercise, wrong)


def wrong_code(exercise: Exercise, wrong: Wrong) -> str:
    """The same without the header: the solution with other pieces in it, or a file of its own."""
    if not wrong.instead:
        file = exercise.file(f"wrong_{wrong.name}.py")
        assert file is not None, f"{exercise.id} says nothing of what is wrong in {wrong.name}"
        return _without_docstring(file.read_text(encoding="utf-8"))
    code = solution_code(exercise)
    for right, other in wrong.instead:
        number = code.count(right)
        assert number == 1, f"{exercise.id}, {wrong.name}: the solution has {right!r} {number} times"
        code = code.replace(right, other)
    return code


def readme_text(exercises: Iterable[Exercise]) -> str:
    """The README of a workspace."""
    rows = "\n".join(f"| {one.id} | {one.kind} | {one.title} | `exercises/{one.stem}.py` |" for one in exercises)
    return README.format(rows=rows)


def test_text(exercise: Exercise) -> str:
    """The file with the tests."""
    file = exercise.file("test.py")
    assert file is not None, f"{exercise.id} has no test.py"
    return re.sub(r"\n\nJava: [^\n]*\n\"\"\"", '\n"""', file.read_text(encoding="utf-8"), count=1)


def header(exercise: Exercise) -> str:
    """The docstring of the learner's file."""
    paragraphs = [
        f"{exercise.id}: {exercise.title}",
        *(_wrapped(paragraph) for paragraph in inspect.cleandoc(exercise.story).split("\n\n")),
        f"{WHAT_TO_DO[exercise.kind]} A hint: kafka-nio learn hint {exercise.id}",
    ]
    return '"""' + "\n\n".join(paragraphs) + '\n"""\n'


def _wrapped(paragraph: str) -> str:
    """Filled lines. A program, which is indented, stays as it is, and so does a list whose lines fit."""
    is_list = paragraph.startswith("- ")
    is_program = not is_list and re.search(r"^ {2}", paragraph, re.MULTILINE)
    if is_program or (is_list and max(map(len, paragraph.splitlines())) <= WIDTH):
        return paragraph
    return "\n".join(_filled(item) for item in re.split(r"\n(?=- )", paragraph))


def _filled(text: str) -> str:
    hanging = "  " if text.startswith("- ") else ""
    return textwrap.fill(
        " ".join(text.split()), WIDTH, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )


def _without_docstring(text: str) -> str:
    docstring = ast.parse(text).body[0]
    assert docstring.end_lineno is not None
    return "".join(text.splitlines(keepends=True)[docstring.end_lineno :])


# Functions...


def _functions(exercise: Exercise) -> str:
    if exercise.kind is Kind.FIX:
        return _code((target.planted or target.original for target in exercise.targets), exercise.targets)
    return _code((target.original for target in exercise.targets), exercise.targets, is_blank=True)


def _code(functions: Iterable[Callable[..., Any]], targets: Iterable[Target], *, is_blank: bool = False) -> str:
    functions = list(functions)
    imports = sorted({line for function in functions for line in _imports(function)})
    texts = [_definition(function, target, is_blank) for function, target in zip(functions, targets, strict=True)]
    return "\nfrom __future__ import annotations\n\n" + "\n".join(imports) + "\n" + "".join(f"\n\n{it}" for it in texts)


def _definition(function: Callable[..., Any], target: Target, is_blank: bool) -> str:
    """The function as it would stand in a module of its own, without its marks."""
    name = target.name_in_file
    source = textwrap.dedent(inspect.getsource(function))
    node = _node(source)
    lines = source.splitlines()
    head = lines[node.lineno - 1 : node.body[0].lineno - 1]
    head[0] = head[0].replace(f"def {node.name}(", f"def {name}(", 1)
    text = "\n".join(head)
    owner = function.__qualname__.rpartition(".")[0]
    if owner:
        text = re.sub(r"\(\s*self\b(?!:)", lambda found: f"{found[0]}: {owner}", text, count=1)
    first, last = node.body[0], node.body[-1]
    assert first.end_lineno is not None
    after_docstring = first.end_lineno if ast.get_docstring(node) is not None else first.lineno - 1
    text += "\n" + "".join(f"{line}\n" for line in lines[first.lineno - 1 : after_docstring])
    body = lines[after_docstring : last.end_lineno]
    return text + "\n".join(_with_hole(body, target) if is_blank else body) + "\n"


def _with_hole(body: list[str], target: Target) -> list[str]:
    """The lines of a body without those that are to be written."""
    first, last = 0, len(body) - 1
    if target.hole is not None:
        first, last = (next(number for number, line in enumerate(body) if text in line) for text in target.hole)
    indent = " " * (len(body[first]) - len(body[first].lstrip()))
    missing = f'{indent}raise NotImplementedError("{target.name_in_file} {NOT_WRITTEN}")'
    return [*body[:first], missing, *body[last + 1 :]]


def _node(source: str) -> ast.FunctionDef:
    (node,) = ast.parse(source).body
    assert isinstance(node, ast.FunctionDef)
    return node


def _imports(function: Callable[..., Any]) -> Iterator[str]:
    """What the function's code and its annotations need, as import statements."""
    module = inspect.getmodule(function)
    assert module is not None
    owner = function.__qualname__.partition(".")[0]
    node = _node(textwrap.dedent(inspect.getsource(function)))
    node.decorator_list = []
    used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    if "." in function.__qualname__:
        used.add(owner)
    for name in used & set(vars(module)):
        yield _import(name, vars(module)[name], module)


def _import(name: str, value: object, module: ModuleType) -> str:
    if isinstance(value, ModuleType):
        package, _, last = value.__name__.rpartition(".")
        return f"from {package} import {last}" if package else f"import {value.__name__}"
    home = getattr(value, "__module__", None)
    has_name = getattr(value, "__name__", None) == name
    return f"from {home if has_name and home else module.__name__} import {name}"
