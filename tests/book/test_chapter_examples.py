"""The programs in the chapter on NIO run as they are printed, and print what the chapter is about."""

import re
from pathlib import Path
from typing import Any

import pytest

CHAPTER = Path(__file__).parents[2] / "docs" / "chapters" / "nio-for-python-readers.md"
PROGRAMS = re.findall(r"```python\n(.*?)```", CHAPTER.read_text(encoding="utf-8"), re.DOTALL)


def test_the_same_connection_is_told_in_two_ways(capsys: pytest.CaptureFixture[str]) -> None:
    for program in PROGRAMS:
        names: dict[str, Any] = {}
        exec(compile(program, str(CHAPTER), "exec"), names)
        for name in ("selector", "ours", "theirs", "channel", "server"):
            if name in names:
                names[name].close()
    assert capsys.readouterr().out.splitlines() == [
        "to our neighbour b'hello'",
        "to our neighbour is connected; next: READ",
    ]
