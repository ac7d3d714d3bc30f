"""Hostile bytes: all that is kept is replayed, and atheris looks around for some seconds."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz import corpus as kept
from tests.fuzz.__main__ import main
from tests.fuzz.all_targets import EVERYTHING, NUMBERED, TARGETS, Target
from tests.fuzz.corpus import CORPUS, LARGEST_CORPUS, LARGEST_INPUT, keep, load, minimised, name_of
from tests.fuzz.judge import judge
from tests.fuzz.search import search
from tests.fuzz.target import joined, parts_of
from tests.support.cost import MIB

SECONDS = 6

needs_atheris = pytest.mark.skipif(find_spec("atheris") is None, reason="there is no atheris for this machine")

each_target = pytest.mark.parametrize("target", NUMBERED, ids=lambda target: target.name)


# The real targets...


@each_target
@pytest.mark.timeout(60)
def test_no_seed_and_no_kept_input_is_a_fault(target: Target) -> None:
    inputs = {name_of(data): data for data in (b"", *target.seeds())} | load(target)
    faults = {name: judge(target, data).fault for name, data in inputs.items()}
    assert not {name: fault for name, fault in faults.items() if fault is not None}


@each_target
def test_the_seeds_are_worth_beginning_with(target: Target) -> None:
    """A search that begins with nothing but nonsense finds nonsense."""
    assert any(judge(target, seed).refusal is None for seed in target.seeds())


@each_target
def test_the_corpus_is_small(target: Target) -> None:
    inputs = [data for name, data in load(target).items() if not name.startswith("fault-")]
    assert sum(map(len, inputs)) <= LARGEST_CORPUS
    assert max(map(len, inputs), default=0) <= LARGEST_INPUT


def test_every_folder_of_the_corpus_has_a_target() -> None:
    assert {folder.name for folder in CORPUS.iterdir()} <= set(TARGETS)


@needs_atheris
@pytest.mark.timeout(120)
def test_some_seconds_of_looking_find_no_fault() -> None:
    """All targets in turns."""
    result = search(EVERYTHING, SECONDS, slowest_s=10)
    assert not result.trouble
    assert result.faults == []
    assert result.inputs > 500
    assert result.coverage > 1000


# The judge...


def target_of(run: Callable[[bytes], None], *, refusals: tuple[type[Exception], ...] = (ValueError,)) -> Target:
    return Target("example", run, lambda: [b"seed"], refusals, memory_bytes=MIB)


def test_a_refusal_is_no_fault_and_any_other_error_is() -> None:
    def refuse(data: bytes) -> None:
        raise ValueError("no") if data == b"a" else LookupError("hm")

    assert str(judge(target_of(refuse), b"a").refusal) == "no"
    assert judge(target_of(refuse), b"a").fault is None
    assert judge(target_of(refuse), b"b").fault == "LookupError: hm"


def test_a_wrong_value_is_a_fault() -> None:
    def check(data: bytes) -> None:
        assert data != b"a", "it is not what it was"

    assert "it is not what it was" in str(judge(target_of(check), b"a").fault)


def test_memory_that_the_input_is_not_worth_is_a_fault() -> None:
    take = target_of(lambda data: bytearray(int(data or b"0")) and None)
    assert judge(take, b"1000000").fault is None
    assert str(judge(take, b"5000000").fault).startswith("it took 4")


def test_work_that_the_input_is_not_worth_is_a_fault() -> None:
    def count(data: bytes) -> None:
        for _ in range(int(data or b"0")):
            pass

    assert judge(target_of(count), b"1000").fault is None
    assert str(judge(target_of(count), b"100000").fault).startswith("it ran ")


# The corpus...


def test_parts_are_cut_as_they_were_joined() -> None:
    assert list(parts_of(joined(b"one", b"", b"two"))) == [b"one", b"", b"two"]
    assert list(parts_of(b"\0\5one")) == [b"one"]
    assert list(parts_of(b"\0")) == []


def test_of_inputs_that_reach_the_same_the_smallest_is_kept() -> None:
    from kafka_nio.protocol.reader import Reader

    def take(data: bytes) -> None:
        source = Reader(memoryview(data))
        if data.startswith(b"r"):
            repr(source)

    assert minimised(target_of(take), [b"r1234", b"r", b"x"]) == [b"r"]


def test_what_was_once_a_fault_stays(tmp_path: Path) -> None:
    target = target_of(lambda data: None)
    folder = tmp_path / target.name
    folder.mkdir()
    (folder / "fault-1").write_bytes(b"once")
    (folder / "old").write_bytes(b"old")
    keep(target, [b"new"], tmp_path)
    assert load(target, tmp_path) == {"fault-1": b"once", name_of(b"new"): b"new"}


# The command...


def test_the_list_names_every_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == list(TARGETS)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["nonsense"], "there is no target nonsense; --list tells which there are"),
        (["framing", "--seconds", "0"], "one second or more"),
        (["all", "--replay", "x"], "--replay takes one target"),
    ],
)
def test_what_makes_no_sense_is_told_in_a_line(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert complaint in capsys.readouterr().err


def test_a_replay_says_what_came_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "input"
    path.write_bytes(b"\0\0")
    assert main(["requests", "--replay", str(path)]) == 0
    assert capsys.readouterr().out.startswith("requests, 2 bytes: refused: a request of 2 bytes is too short")
    assert main(["requests", "--replay", str(tmp_path / "none")]) == 2


@needs_atheris
@pytest.mark.timeout(120)
def test_a_fault_is_found_told_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of a target that is made to fail: the search runs in a process of its own, which sees the same corpus."""
    from tests.fuzz import __main__ as command
    from tests.fuzz import search as looking

    def found(target: Target, seconds: int, **options: object) -> looking.Search:
        result = looking.Search(target, inputs=7)
        result.faults = [(b"bad", "LookupError: hm")]
        return result

    monkeypatch.setattr(command, "search", found)
    monkeypatch.setattr(command, "folder_of", lambda target: kept.folder_of(target, tmp_path))
    assert main(["framing", "--seconds", "1"]) == 1
    out = capsys.readouterr().out
    assert "1 faults" in out
    assert "LookupError: hm" in out
    path = tmp_path / "framing" / f"fault-{name_of(b'bad')}"
    assert f"--replay {path}" in out
    assert path.read_bytes() == b"bad"
