"""`show`, `diff`, `lint` and `export`, on recordings of demos and on one made elsewhere."""

import json
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.producer import KafkaProducer
from kafka_nio.tracing import otlp, record
from kafka_nio.tracing.lint import LINTS
from tests.cli.conftest import KafkaNio
from tests.demos.story import recording, steps
from tests.tracing.lint.synthetic import Story


@pytest.fixture
def wide(kafka_nio: KafkaNio, monkeypatch: pytest.MonkeyPatch) -> KafkaNio:
    """The command in a terminal of 200 columns."""
    monkeypatch.setenv("COLUMNS", "200")
    return kafka_nio


@pytest.fixture
def kept(tmp_path: Path) -> "Kept":
    return Kept(tmp_path)


class Kept:
    """Writes recordings into a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def demo(self, name: str) -> str:
        path = self.folder / f"{name}.otlp.jsonl"
        otlp.write(recording(name), path)
        return str(path)

    def story(self, story: Story) -> str:
        path = self.folder / "story.otlp.jsonl"
        otlp.write(story.recording, path)
        return str(path)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A recording of a program as anybody might write it, on real threads."""
    path = tmp_path_factory.mktemp("elsewhere") / "mine.otlp.jsonl"
    with (
        EmbeddedCluster() as cluster,
        record(path),
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer,
    ):
        producer.send("orders", b"one").result(10)
        producer.send("orders", b"two").result(10)
    return str(path)


# show...


def test_show_prints_decisions_changes_and_links_below_the_numbered_steps(wide: KafkaNio, kept: Kept) -> None:
    result = wide("show", kept.demo("one-record"))
    assert result.status == 0
    for text in ("? must_wake = True", "• queue demo-0: 1 batch, 1 record, open", ": wakeup"):
        assert text in result.out
    assert "steps, " in result.out


def test_show_brief_prints_calls_only(wide: KafkaNio, kept: Kept) -> None:
    result = wide("show", "--brief", kept.demo("one-record"))
    assert "KafkaProducer.send" in result.out
    assert not {"?", "•", "←"} & set(result.out)


def test_show_tells_how_often_a_folded_step_happened(wide: KafkaNio, kept: Kept) -> None:
    (spin,) = [step for step in steps("bug-write-interest-stuck", "Selector.poll") if step.count > 50]
    assert f"Selector.poll ({spin.count} times)" in wide("show", kept.demo("bug-write-interest-stuck")).out


def test_show_step_prints_lines_decisions_state_and_links(wide: KafkaNio, kept: Kept) -> None:
    (send,) = steps("one-record", "KafkaProducer.do_send")
    result = wide("show", kept.demo("one-record"), "--step", str(send.seq))
    assert result.out.startswith(f"Step {send.seq}: KafkaProducer.do_send\non app, stage send, took ")
    assert "kafka_nio/producer/kafka_producer.py:" in result.out
    assert "   1x " in result.out
    assert "? must_wake = True  (batch_is_full=False, new_batch_created=True)" in result.out
    assert "called by step" in result.out
    assert "queue demo-0" in result.out


def test_show_step_prints_a_message_byte_by_byte_with_who_wrote_and_who_moved_it(wide: KafkaNio, kept: Kept) -> None:
    step = next(step for step in steps("one-record", "KafkaChannel.set_send") if step.frame is not None)
    mover = next(one for one in steps("one-record", "nio.SocketChannel.write") if one.moved is not None)
    rows = wide("show", kept.demo("one-record"), "--step", str(step.seq)).out.splitlines()
    (row,) = [row for row in rows if "header.correlation_id" in row]
    assert row.split()[:6] == ["8", "00", "00", "00", "02", "header.correlation_id"]
    assert row.split()[-1] == str(mover.seq)
    assert (
        f"moved bytes 0 to {mover.moved.length - 1}, out"
        in wide(  # type: ignore[union-attr]  # chosen for it
            "show", kept.demo("one-record"), "--step", str(mover.seq)
        ).out
    )


def test_show_frames_prints_all_messages(wide: KafkaNio, kept: Kept) -> None:
    result = wide("show", kept.demo("one-record"), "--frames")
    assert "Produce v13 request #3" in result.out
    assert "Produce v13 response #3" in result.out


def test_show_grep_prints_the_steps_in_which_a_text_occurs(wide: KafkaNio, kept: Kept) -> None:
    rows = wide("show", "--brief", kept.demo("one-record"), "--grep", "EXPIRED_BATCHES").out.splitlines()
    told = {row.split()[0] for row in rows if "(" not in row and ".otlp." not in row and row.startswith(" ")}
    assert told == {"RecordAccumulator.expired_batches", "Sender.fail_expired_batches"}


def test_show_of_code_that_is_not_here_names_the_lines(wide: KafkaNio, kept: Kept) -> None:
    story = Story()
    story.step("kitchen.cook", {"dish": "soup"}, thread="cook 1")
    path = kept.story(story)
    assert "kitchen.cook" in wide("show", path).out
    assert "elsewhere.py:1, not the code that is installed here" in wide("show", path, "--step", "1").out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--step", "9"], "there is no step 9 in story; its steps go from 1 to 1"),
        (["--grep", "nothing"], "nothing occurs in no step of story"),
        (["--frames"], "no message was recorded in story: it was made without bytes, or nothing was sent"),
    ],
)
def test_show_says_what_is_not_there(kafka_nio: KafkaNio, kept: Kept, options: list[str], said: str) -> None:
    story = Story()
    story.step("kitchen.cook", thread="cook 1")
    result = kafka_nio("show", kept.story(story), *options)
    assert (result.status, result.out, result.err) == (1, "", f"kafka-nio: {said}\n")


# diff...


def test_diff_of_a_pair_tells_steps_costs_and_totals(wide: KafkaNio, kept: Kept) -> None:
    result = wide("diff", kept.demo("linger-0"), kept.demo("linger-5"))
    assert result.status == 0
    for text in ("wakeups per record", "selects per record", "system calls per record", "What differs in number"):
        assert text in result.out
    assert "-  " in result.out


def test_diff_of_the_same_has_no_step_that_only_one_has(wide: KafkaNio, kept: Kept) -> None:
    path = kept.demo("one-record")
    lines = wide("diff", path, path).out.splitlines()
    assert not [line for line in lines if line.startswith(("-", "+", "~"))]
    assert any(line.endswith("steps in both") for line in lines)


# lint...


def test_lint_is_silent_with_status_0(kafka_nio: KafkaNio, kept: Kept) -> None:
    path = kept.demo("one-record")
    result = kafka_nio("lint", path)
    assert (result.status, result.out) == (0, f"{path}: nothing found\n")


def test_lint_tells_each_finding_in_one_line_with_its_step_and_status_1(kafka_nio: KafkaNio, kept: Kept) -> None:
    good, bad = kept.demo("one-record"), kept.demo("bug-blocking-callback")
    result = kafka_nio("lint", good, bad)
    assert result.status == 1
    first, second = result.out.splitlines()
    assert first == f"{good}: nothing found"
    assert second.startswith(f"{bad}: step ")
    assert ": blocked-loop: sender was away from its select, for 250 ms in ProducerBatch.complete" in second


def test_lint_list_explains_all_lints(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("lint", "--list")
    assert (result.status, result.out.splitlines()) == (0, [f"{one.name}: {one.sentence}" for one in LINTS.values()])


def test_lint_has_to_be_told_what_to_read(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("lint")
    assert (result.status, result.err) == (1, "kafka-nio: which recording? Name a file, or say --list\n")


# export...


@pytest.mark.parametrize(("viewer", "key"), [("jaeger", "resourceSpans"), ("perfetto", "traceEvents")])
def test_export_writes_one_json_object_beside_the_recording(
    kafka_nio: KafkaNio, kept: Kept, viewer: str, key: str
) -> None:
    result = kafka_nio("export", kept.demo("one-record"), "--to", viewer)
    path = kept.folder / f"one-record.{viewer}.json"
    assert result.status == 0
    assert result.out.startswith(f"{path}: ")
    assert json.loads(path.read_text())[key]


def test_export_writes_where_it_is_told_to(kafka_nio: KafkaNio, kept: Kept, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    assert kafka_nio("export", kept.demo("one-record"), "--to", "perfetto", "--out", str(path)).status == 0
    assert path.exists()


def test_export_to_nobody_in_particular_is_wrong_usage(kafka_nio: KafkaNio, kept: Kept) -> None:
    assert kafka_nio("export", kept.demo("one-record")).status == 2
    assert kafka_nio("export", kept.demo("one-record"), "--to", "zipkin").status == 2


# Any of them, on a recording made elsewhere...


def test_a_recording_of_anybodys_program_is_shown_linted_compared_and_exported(
    wide: KafkaNio, elsewhere: str, tmp_path: Path
) -> None:
    shown = wide("show", elsewhere)
    assert "KafkaProducer.send" in shown.out
    assert "• queue orders-0" in shown.out
    assert wide("show", elsewhere, "--step", "1").status == 0
    assert wide("show", elsewhere, "--frames").status == 0
    assert wide("lint", elsewhere).out == f"{elsewhere}: nothing found\n"
    assert wide("diff", elsewhere, elsewhere).status == 0
    for viewer in ("jaeger", "perfetto"):
        assert wide("export", elsewhere, "--to", viewer, "--out", str(tmp_path / viewer)).status == 0


@pytest.mark.parametrize("command", [["show"], ["lint"], ["export", "--to", "jaeger"]])
def test_what_is_no_recording_is_said_in_one_line(kafka_nio: KafkaNio, tmp_path: Path, command: list[str]) -> None:
    file = tmp_path / "hello.txt"
    file.write_text("hello\n")
    result = kafka_nio(*command, str(file))
    assert (result.status, result.out) == (1, "")
    assert result.err.startswith(f"kafka-nio: {file}, line 1: not a recording of kafka-nio")
    assert result.err.count("\n") == 1
