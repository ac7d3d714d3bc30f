"""A package of its own with marked functions, so that these tests do not depend on what the producer marks."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from kafka_nio.spans import SPANS

KITCHEN = '''
from kafka_nio.spans import Stage, span


@span(Stage.SEND, show="dish times return")
def cook(dish, times=1):
    """Cook a dish."""
    done = []
    for _ in range(times):
        done.append(stir(dish))
    return " ".join(
        word.upper()
        for word in done
    )


@span(Stage.POLL, show="dish")
def stir(dish):
    """Stir once."""
    if dish == "stone":
        raise ValueError("a stone cannot be stirred")
    return dish


class Pot:
    """Holds soup."""

    def __init__(self, size):
        self.size = size

    @span(Stage.WRITE, show="self amount options")
    def fill(self, *, amount=3, **options):
        """Fill the pot."""
        return self.size - amount

    def __repr__(self):
        return f"<Pot of {self.size}>"
'''

WAITER = """
from toykitchen.kitchen import cook


def serve(dish):
    return cook(dish)
"""


@pytest.fixture
def kitchen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The module `toykitchen.kitchen`. Its neighbour `toykitchen.waiter` imports `cook` by name."""
    folder = tmp_path / "toykitchen"
    folder.mkdir()
    for name, text in [("__init__", ""), ("kitchen", KITCHEN), ("waiter", WAITER)]:
        (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = dict(SPANS)
    importlib.import_module("toykitchen.waiter")
    yield importlib.import_module("toykitchen.kitchen")
    SPANS.clear()
    SPANS.update(before)
    for name in [name for name in sys.modules if name.partition(".")[0] == "toykitchen"]:
        del sys.modules[name]
