"""Where functions stand, and the hash of their text."""

import hashlib
from pathlib import Path
from types import ModuleType

import pytest

from kafka_nio.tracing.source import file_of, functions_in, source_of

TEXT = """import functools

def plain():
    return 1

class Outer:
    class Inner:
        @functools.cache
        @staticmethod
        def deep(
            x,
        ):
            def inside(): ...
            return x

if True:
    async def later():
        pass
"""


def test_functions_are_found_by_qualified_name_in_order(tmp_path: Path) -> None:
    file = tmp_path / "some.py"
    file.write_text(TEXT)
    found = functions_in(file)
    assert {name: (source.first_line, source.line, source.last_line) for name, source in found.items()} == {
        "plain": (3, 3, 4),
        "Outer.Inner.deep": (8, 10, 14),
        "Outer.Inner.deep.<locals>.inside": (13, 13, 13),
        "later": (17, 17, 18),
    }


def test_the_hash_covers_decorators_and_body_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "some.py"
    file.write_text(TEXT)
    before = functions_in(file)
    assert before["plain"].digest == hashlib.sha256(b"def plain():\n    return 1\n").hexdigest()[:12]
    file.write_text("# a line more\n" + TEXT.replace("cache", "lru_cache"))
    after = functions_in(file)
    assert after["plain"].digest == before["plain"].digest
    assert after["plain"].line == before["plain"].line + 1
    assert after["Outer.Inner.deep"].digest != before["Outer.Inner.deep"].digest


def test_a_function_at_hand_knows_its_source_and_its_file(kitchen: ModuleType) -> None:
    source = source_of(kitchen.Pot.fill)
    assert source.text.splitlines()[1].strip() == "def fill(self, *, amount=3, **options):"
    assert file_of(kitchen.Pot.fill) == "toykitchen/kitchen.py"


def test_a_function_that_is_gone_from_its_file_is_an_error(kitchen: ModuleType) -> None:
    Path(kitchen.__file__ or "").write_text("# nothing is left\n")
    with pytest.raises(LookupError, match="defines no function cook"):
        source_of(kitchen.cook)
