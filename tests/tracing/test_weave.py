"""Swapping marked functions for watched ones, and back."""

import inspect
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from kafka_nio.spans import SPANS, Span, Stage, span
from kafka_nio.tracing.weave import woven


class Watcher:
    """Notes the names of the spans that ran."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def around(self, span: Span) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.ran.append(span.name)
            return span.function(*args, **kwargs)

        return watched


def test_functions_and_methods_are_watched_and_put_back(kitchen: ModuleType) -> None:
    cook, fill = kitchen.cook, kitchen.Pot.fill
    watcher = Watcher()
    with woven(watcher.around, "toykitchen") as spans:
        assert [span.name for span in spans] == ["cook", "stir", "Pot.fill"]
        assert kitchen.cook is not cook
        kitchen.cook("soup", times=2)
        kitchen.Pot(5).fill()
    assert watcher.ran == ["cook", "stir", "stir", "Pot.fill"]
    assert kitchen.cook is cook
    assert kitchen.Pot.fill is fill


def test_a_name_imported_by_another_module_is_watched_too(kitchen: ModuleType) -> None:
    watcher = Watcher()
    with woven(watcher.around, "toykitchen"):
        sys.modules["toykitchen.waiter"].serve("soup")
    assert watcher.ran == ["cook", "stir"]


def test_the_signature_and_the_docstring_stay(kitchen: ModuleType) -> None:
    before = inspect.signature(kitchen.cook)
    with woven(Watcher().around, "toykitchen"):
        assert inspect.signature(kitchen.cook) == before
        assert kitchen.cook.__doc__ == "Cook a dish."


def test_originals_come_back_after_a_failure(kitchen: ModuleType) -> None:
    cook = kitchen.cook
    with pytest.raises(RuntimeError), woven(Watcher().around, "toykitchen"):
        raise RuntimeError
    assert kitchen.cook is cook


def test_a_function_kept_from_before_is_not_reached(kitchen: ModuleType) -> None:
    kept = kitchen.stir
    watcher = Watcher()
    with woven(watcher.around, "toykitchen"):
        kept("soup")
    assert watcher.ran == []


def test_a_mark_that_nobody_holds_is_refused(kitchen: ModuleType) -> None:
    def lost() -> None:
        """Be lost."""

    lost.__qualname__, lost.__module__ = "lost", "toykitchen.kitchen"
    cook = kitchen.cook
    span(Stage.SEND)(lost)
    with (
        pytest.raises(LookupError, match=r"lost is marked in toykitchen\.kitchen"),
        woven(Watcher().around, "toykitchen"),
    ):
        pass
    assert kitchen.cook is cook
    del SPANS["lost"]


def test_every_mark_of_the_package_can_be_watched() -> None:
    import kafka_nio.broker
    import kafka_nio.producer  # noqa: F401

    with woven(Watcher().around) as spans:
        assert len(spans) > 40
