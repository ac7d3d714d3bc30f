"""A learner's attempt at a function of the package: a file, the run with it, and the run with the package's own."""

from dataclasses import dataclass, replace
from pathlib import Path

from kafka_nio.tracing.recording import Recording, Step
from kafka_nio.tracing.source import functions_in

ROOT = Path(__file__).parents[2]
TARGET = "kafka_nio.producer.record_accumulator.RecordAccumulator.ready"
NAME = "exercises/e11_ready.py"
TEXT = '''\
"""My own."""


def ready(self, cluster, now_ms):
    """Never find a node: <this> is wrong."""
    nobody = self.nobody_at_all()
    if nobody:
        return None
    return nobody
'''


@dataclass
class Attempt:
    """`yours` is the run of `file`, `reference` that of the package."""

    file: Path
    yours: Recording
    reference: Recording

    @property
    def files(self) -> dict[str, Path]:
        return {NAME: self.file}

    @property
    def parts_at(self) -> Step:
        """The first step of the learner's function."""
        return next(step for step in self.yours.steps if step.file == NAME)


def attempt(root: Path, recorded: str = "one-record") -> Attempt:
    """An attempt at `RecordAccumulator.ready`, in the folder of a workspace."""
    file = root / NAME
    file.parent.mkdir(parents=True)
    file.write_text(TEXT, encoding="utf-8")
    source = functions_in(file)["ready"]
    reference = Recording.load(ROOT / "traces" / f"{recorded}.otlp.jsonl")
    own = {
        "function": "exercises.e11_ready.ready",
        "file": NAME,
        "line": source.line,
        "source": source.digest,
        "lines": {6: 1, 7: 1, 9: 1},
        "decisions": (),
        "shown": {"return": "nobody at all"},
    }
    steps = tuple(replace(step, **own) if step.function == TARGET else step for step in reference.steps)  # type: ignore[arg-type]
    return Attempt(file, Recording(recorded, steps), reference)
