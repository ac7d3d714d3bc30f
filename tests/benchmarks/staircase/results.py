"""The results as a file: where and with which versions it was measured, and what came out of each round."""

import json
import os
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.benchmarks.contest.results import ResultsError
from tests.benchmarks.staircase.stacks import Stacks

KEPT = Path(__file__).with_name("results.json")
"""Those that docs/staircase.md shows."""


@dataclass
class Results:
    """Everything that was measured."""

    machine: str
    versions: dict[str, str]
    quick: bool = False
    """Whether only the staircase was tried, with few repetitions."""
    stairs: dict[str, list[float]] = field(default_factory=dict)
    """Nanoseconds for a record, in each round."""
    batch_records: int = 0
    """How many records a batch of the sender's had."""
    turns: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """Nanoseconds for a batch, in each round, by how many batches a request has and the part's name.

    With what the parts inside it take."""
    flames: dict[str, Stacks] = field(default_factory=dict)
    """What each thread was seen at; empty if nobody looked."""

    def keep(self, path: Path) -> None:
        """Write the file; it is never there in part."""
        beside = path.with_name(path.name + ".part")
        text = json.dumps(_rounded(asdict(self)), indent=1, ensure_ascii=False)
        beside.write_text(LIST.sub(_in_a_line, text) + "\n", encoding="utf-8")
        os.replace(beside, path)

    @classmethod
    def read(cls, path: Path) -> "Results":
        """What `keep` wrote.

        Raises:
            ResultsError: there is no such file, or it holds something else.
        """
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            raise ResultsError(f"there is no {path}") from None
        except (ValueError, TypeError) as error:
            raise ResultsError(f"{path} holds no results of a staircase: {error!r}") from None


LIST = re.compile(r"\[[^][{}\"]+\]")
"""Of numbers."""


def _in_a_line(numbers: re.Match[str]) -> str:
    return f"[{' '.join(numbers[0].strip('[]').split())}]"


def _rounded(value: object) -> object:
    """A tenth of a nanosecond is more than a clock tells."""
    match value:
        case float():
            return round(value, 1)
        case dict():
            return {name: _rounded(one) for name, one in value.items()}
        case list():
            return [_rounded(one) for one in value]
    return value
