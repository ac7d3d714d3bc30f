"""A project of two functions and a recording of three steps, small enough to know by heart."""

from pathlib import Path
from textwrap import dedent

from kafka_nio.book.project import Project
from kafka_nio.spans import Stage
from kafka_nio.tracing import otlp
from kafka_nio.tracing.recording import Recording, Step
from kafka_nio.tracing.source import functions_in

POST = dedent(
    '''\
    """A post office."""


    class Office:
        @span(Stage.SEND, show="letters return")
        def post(self, letters):
            """Post every letter.

            Args: the letters.
            """
            posted = 0
            for letter in letters:
                # A letter without a stamp stays here.
                if not letter.stamp:
                    continue
                self.carry(
                    letter,
                    "quick",
                )
                posted += 1
            return posted

        @span(Stage.WRITE, show="letter")
        def carry(self, letter, how):
            """Carry `letter` away."""
            while letter.is_near:
                letter.move(how)
    '''
)


class Office:
    """Builds the project step by step, so that a test can spoil it."""

    def __init__(self, root: Path) -> None:
        self.file = root / "kafka_nio" / "office.py"
        self.file.parent.mkdir()
        (root / "traces").mkdir()
        self.file.write_text(POST)
        self.traces = root / "traces"
        self.root = root

    @property
    def project(self) -> Project:
        """The project as it is now."""
        return Project(self.root)

    def step(self, seq: int, name: str, stage: Stage, start: int, end: int, **fields: object) -> Step:
        source = functions_in(self.file)[name]
        return Step(
            seq=seq,
            name=name,
            stage=stage,
            thread=str(fields.pop("thread", "app")),
            function=f"kafka_nio.office.{name}",
            file="kafka_nio/office.py",
            line=source.line,
            source=source.digest,
            start_ns=start,
            end_ns=end,
            **fields,  # type: ignore[arg-type]
        )

    def record(self, name: str = "two-letters") -> Recording:
        post = {11: 1, 12: 3, 14: 2, 16: 4, 17: 2, 18: 2, 20: 2, 21: 1}
        steps = (
            self.step(1, "Office.post", Stage.SEND, 1, 9, lines=post, shown={"letters": "<two>", "return": 2}),
            self.step(
                2, "Office.carry", Stage.WRITE, 2, 4, parent=1, depth=1, lines={26: 1}, shown={"letter": "a & b"}
            ),
            self.step(3, "Office.carry", Stage.WRITE, 5, 8, parent=1, depth=1, lines={26: 2, 27: 1}, thread="sender"),
        )
        recording = Recording(name, steps)
        otlp.write(recording, self.traces / f"{name}.otlp.jsonl")
        return recording
