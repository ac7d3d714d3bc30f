"""The behaviours of Kafka's producer, as `catalogue.toml` lists them."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Behaviour:
    """One thing that Kafka's producer does.

    Attributes:
        module: where it lives, below `kafka_nio`.
        instead: what holds here where Java's rule does not apply, or why nothing can; empty where the rule holds.
    """

    number: int
    section: str
    text: str
    module: str
    instead: str = ""


def behaviours() -> list[Behaviour]:
    """All of them, in order of their numbers."""
    return list(_read(Path(__file__).with_suffix(".toml")))


def _read(path: Path) -> Iterator[Behaviour]:
    for section, rows in tomllib.loads(path.read_text(encoding="utf-8")).items():
        for number, row in rows.items():
            yield Behaviour(int(number), section, **row)
