"""Functions that stop early."""

import pytest

from tests.benchmarks.staircase.cut import CutError, cut, find, replaced

HERE = __name__


class Kitchen:
    """Something with functions to be cut."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def cook(self, dish: str) -> str:
        """Several statements, one inside another."""
        self.note("begin")
        try:
            if dish == "soup":
                self.note("water")
            with open("/dev/null"):
                self.note("heat")
                self.note("stir")
            result = self.serve(dish)
        finally:
            self.note("wash")
        return result

    def serve(self, dish: str) -> str:
        """Called by `cook`."""
        return self.note(dish)

    def note(self, what: str) -> str:
        """Called by both."""
        self.done.append(what)
        return what


COOK = f"{HERE}:Kitchen.cook"


def what_is_done(until: str | None, *, drop_result: bool = False) -> list[str]:
    kitchen = Kitchen()
    assert cut(COOK, until, drop_result=drop_result)(kitchen, "soup") is None
    return kitchen.done


def test_a_function_ends_before_its_first_statement() -> None:
    assert what_is_done(None) == []


def test_it_ends_behind_a_statement_and_everything_around_that_is_ended_well() -> None:
    assert what_is_done("'begin'") == ["begin"]
    assert what_is_done("'heat'") == ["begin", "water", "heat", "wash"]


def test_a_question_is_asked_whole() -> None:
    assert what_is_done("'water'") == ["begin", "water", "wash"]
    assert what_is_done("dish == 'soup'") == ["begin", "water", "wash"]


def test_a_call_is_made_and_its_result_is_dropped() -> None:
    assert what_is_done(".serve(", drop_result=True) == ["begin", "water", "heat", "stir", "soup", "wash"]


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(CutError, match="has no statement with 'pepper' any more"):
        cut(COOK, "pepper")
    with pytest.raises(CutError, match=r"there is no .*Kitchen\.bake any more"):
        find(f"{HERE}:Kitchen.bake")


def test_a_function_is_replaced_for_a_while() -> None:
    holder, _ = find(COOK)
    kitchen = holder()
    with replaced({f"{HERE}:Kitchen.serve": cut(f"{HERE}:Kitchen.serve", None)}):
        assert kitchen.cook("soup") is None
    assert kitchen.cook("soup") == "soup"
