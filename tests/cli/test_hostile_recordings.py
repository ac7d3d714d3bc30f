"""`show`, `diff` and `lint` of recordings written to do harm: what is printed stays short and is only text."""

from dataclasses import replace
from pathlib import Path

import pytest

from kafka_nio.tracing import Recording, Step, otlp
from kafka_nio.tracing.step import Change, Decision, Field, Frame, Link, Moved
from tests.cli.conftest import KafkaNio
from tests.tracing.lint.synthetic import Story


class Forged:
    """Writes recordings into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def step(self, **changes: object) -> str:
        """The file of a recording of two steps, with these changes made to the first."""
        story = Story()
        first = story.step("kitchen.cook", {"dish": "soup"}, thread="cook 1")
        second = story.step("kitchen.stir", thread="cook 1", under=first)
        return self.steps(replace(first, **changes), second)  # type: ignore[arg-type]

    def steps(self, *steps: Step, name: str = "story") -> str:
        path = self.folder / "forged.otlp.jsonl"
        otlp.write(Recording(name, steps), path)
        return str(path)


@pytest.fixture
def forged(tmp_path: Path) -> Forged:
    return Forged(tmp_path)


COMMANDS = (("show",), ("show", "--step", "1"), ("show", "--step", "2"), ("show", "--frames"), ("lint",))

EVIL = "evil\x1b[2J\n[/x] [red] :smile:"


def frame(fields: int = 1, text: str = "x") -> Frame:
    """A message of so many fields."""
    return Frame(text, text, text, 0, b"1234", tuple(Field(0, 4, f"{text} {at}", text, text) for at in range(fields)))


def outputs(kafka_nio: KafkaNio, path: str) -> list[str]:
    """What each command prints, the two that compare the recording with itself included."""
    results = [kafka_nio(*command, path) for command in COMMANDS]
    results += [kafka_nio("diff", path, path), kafka_nio("diff", "--all", path, path)]
    assert not [result.err for result in results if result.status]
    return [result.out for result in results]


# Only text...


def test_nothing_that_a_terminal_obeys_is_printed_and_no_markup_is_read(kafka_nio: KafkaNio, forged: Forged) -> None:
    story = Story()
    step = replace(
        story.step(EVIL, {EVIL: EVIL}, thread=EVIL),
        file=EVIL,
        error=EVIL,
        error_type=EVIL,
        about=(EVIL,),
        state={EVIL: EVIL},
        changes=(Change(1, {EVIL: EVIL}),),
        decisions=(Decision(EVIL, 1, {EVIL: EVIL}, EVIL),),
        links=(Link(2, EVIL),),
        moved=Moved(EVIL, EVIL, 0, 4),
        frame=frame(text=EVIL),
    )
    path = forged.steps(step, story.step(EVIL, thread=EVIL), name=EVIL)
    for out in outputs(kafka_nio, path):
        assert "\x1b" not in out
    frames = "".join(kafka_nio("show", "--frames", path).out.split())
    assert r"evil\x1b[2J\n[/x][red]:smile:" in frames


def test_a_file_is_named_without_what_a_terminal_obeys(kafka_nio: KafkaNio, forged: Forged) -> None:
    evil = Path(forged.step()).rename(forged.folder / "a\x1b[2Jb.otlp.jsonl")
    for command in ("show", "lint"):
        result = kafka_nio(command, str(evil))
        assert (result.status, "\x1b" in result.out, r"a\x1b[2Jb" in result.out) == (0, False, True)
    evil.write_text("hello")
    assert r"a\x1b[2Jb" in kafka_nio("show", str(evil)).err


def test_a_link_to_a_step_that_is_not_there_says_so(kafka_nio: KafkaNio, forged: Forged) -> None:
    path = forged.step(links=(Link(99, "wakeup"),))
    told = kafka_nio("show", "--step", "1", path).out
    assert "goes on from step 99, which is not in the recording: wakeup" in told


def test_a_file_outside_of_the_packages_is_not_opened(
    kafka_nio: KafkaNio, forged: Forged, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Path] = []

    def seen(file: Path) -> object:
        opened.append(file)
        raise OSError("not read here")

    monkeypatch.setattr("kafka_nio.cli.one_step.functions_in", seen)
    outside = tmp_path / "outside.py"
    outside.write_text("def cook():\n    secret = 1\n")
    for name in (str(outside), "kafka_nio/../../../../../../dev/zero"):
        told = kafka_nio("show", "--step", "1", forged.step(file=name)).out
        assert "not the code that is installed here" in " ".join(told.split())
    assert not opened


# Short...


LONG = "x" * 100_000


def test_a_long_text_is_cut_and_the_rest_of_it_counted(kafka_nio: KafkaNio, forged: Forged) -> None:
    path = forged.step(
        shown={"dish": LONG, LONG: 1},
        error=LONG,
        error_type=LONG,
        about=(LONG,),
        state={LONG: LONG},
        changes=(Change(1, {LONG: LONG}),),
        decisions=(Decision(LONG, 1, {LONG: LONG}, LONG),),
        links=(Link(2, LONG),),
        frame=frame(text=LONG),
        file=LONG,
    )
    for out in outputs(kafka_nio, path):
        assert len(out) < 50_000
    assert "99,500 more characters" in " ".join(kafka_nio("show", "--step", "1", path).out.split())


def test_long_names_are_cut(kafka_nio: KafkaNio, forged: Forged) -> None:
    for out in outputs(kafka_nio, forged.step(name=LONG, thread=LONG, frame=frame())):
        assert len(out) < 50_000


def test_what_differs_is_cut(kafka_nio: KafkaNio, forged: Forged) -> None:
    before = Path(forged.step(shown={"dish": LONG})).rename(forged.folder / "before.otlp.jsonl")
    told = kafka_nio("diff", str(before), forged.step(shown={"dish": "soup"})).out
    assert "more characters" in " ".join(told.split())
    assert len(told) < 5_000


MANY = 2500


@pytest.mark.parametrize(
    ("command", "changes", "told"),
    [
        (["--frames"], {"frame": frame(MANY)}, "and 1,500 more fields"),
        (["--step", "1"], {"frame": frame(MANY)}, "and 1,500 more fields"),
        (["--step", "1"], {"about": tuple(f"record {at}" for at in range(MANY))}, "and 2,400 more of them"),
        (["--step", "1"], {"state": {f"p{at}": at for at in range(MANY)}}, "and 1,500 more paths"),
        (["--step", "1"], {"links": (Link(2, "batch"),) * MANY}, "and 1,500 more links"),
        (["--step", "1"], {"decisions": (Decision("x", 1, {}, True),) * MANY}, "1,500 more decisions"),
        ([], {"decisions": (Decision("x", 1, {}, True),) * MANY}, "1,500 more decisions"),
        ([], {"decisions": (Decision("x", 1, {f"a{at}": 1 for at in range(MANY)}, True),)}, "…=2,400 more"),
        ([], {"changes": (Change(1, {f"p{at}": at for at in range(MANY)}),)}, "1,500 more changes"),
        ([], {"links": (Link(2, "batch"),) * MANY}, "and 1,500 more links"),
        ([], {"shown": {f"a{at}": at for at in range(MANY)}}, "…=2,400 more"),
    ],
)
def test_of_many_the_first_are_printed_and_the_rest_counted(
    kafka_nio: KafkaNio, forged: Forged, command: list[str], changes: dict[str, object], told: str
) -> None:
    result = kafka_nio("show", *command, forged.step(**changes))
    assert result.status == 0
    assert told in " ".join(result.out.split())
    assert len(result.out.splitlines()) < 1100


def test_threads_without_room_beside_each_other_make_longer_rows(kafka_nio: KafkaNio, forged: Forged) -> None:
    story = Story()
    steps = [story.step("kitchen.cook", thread=f"cook {at}") for at in range(30)]
    result = kafka_nio("show", forged.steps(*steps))
    assert (result.status, result.err) == (0, "")
    assert result.out.count("kitchen.cook") == 30


def test_more_threads_than_anybody_can_look_at_are_no_picture(kafka_nio: KafkaNio, forged: Forged) -> None:
    story = Story()
    path = forged.steps(*(story.step("kitchen.cook", thread=f"cook {at}") for at in range(101)))
    result = kafka_nio("show", path)
    assert (result.status, result.err) == (
        1,
        "kafka-nio: 101 threads do not fit into a picture of 100; choose with --step or --grep\n",
    )
    assert kafka_nio("show", path, "--grep", "cook 100").status == 0
