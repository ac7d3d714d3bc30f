"""The package loaded twice, and what is timed."""

import ast
import sys

import kafka_nio.spans
from tests.benchmarks.contest import marks
from tests.benchmarks.contest.marks import Loaded, Unmarked


def test_one_has_the_marks_and_the_other_has_none() -> None:
    ours = sys.modules["kafka_nio.spans"]
    assert Loaded(marked=True).marks > 50
    assert Loaded(marked=False).marks == 0
    assert sys.modules["kafka_nio.spans"] is ours is kafka_nio.spans, "the others are gone again"


def test_nothing_else_is_taken_out() -> None:
    """Both compile the same modules; without its marks a module has as many functions as before."""
    path = kafka_nio.spans.__file__.replace("spans.py", "producer/record_accumulator.py")
    with_marks = marks.AsItIs("record_accumulator", path).tree()
    without = Unmarked("record_accumulator", path).tree()
    assert functions(without) == functions(with_marks)
    assert 0 < decorators(without) < decorators(with_marks)
    assert "@span(" not in ast.unparse(without)


def functions(tree: ast.Module) -> list[str]:
    return [node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def decorators(tree: ast.Module) -> int:
    return sum(len(node.decorator_list) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def test_each_of_a_pair_goes_first_in_turn_and_keeps_its_place() -> None:
    order: list[str] = []
    pairs = list(marks.in_turn(lambda: order.append("marked"), lambda: order.append("unmarked"), 2))
    assert order == ["unmarked", "marked", "marked", "unmarked"]
    assert all(seconds >= 0 for pair in pairs for seconds in pair)
