"""How the command ends: statuses, one line for each failure, Ctrl-C."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kafka_nio import cli
from tests.cli.conftest import KafkaNio


def one_line(text: str) -> bool:
    return text.startswith("kafka-nio: ") and text.count("\n") == 1


def test_without_arguments_it_explains_itself(kafka_nio: KafkaNio) -> None:
    result = kafka_nio()
    assert result.status == 0
    for command in ("tour", "demo", "record", "show", "diff", "lint", "export", "broker", "produce", "perf", "learn"):
        assert re.search(rf"^  {command} ", result.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nope"], "No such command 'nope'. See: kafka-nio --help"),
        (["demo", "--nope"], "No such option: --nope"),
        (["produce"], "See: kafka-nio produce --help"),
        (["broker", "--port", "99999"], "See: kafka-nio broker --help"),
        (["demo", "--timeout", "soon"], "See: kafka-nio demo --help"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(kafka_nio: KafkaNio, arguments: list[str], said: str) -> None:
    result = kafka_nio(*arguments)
    assert result.status == 2
    assert one_line(result.err)
    assert said in result.err


def test_a_failure_is_one_line_and_status_1(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("show", "/no/such/file")
    assert (result.status, result.out, result.err) == (1, "", "kafka-nio: /no/such/file: No such file or directory\n")


@pytest.mark.parametrize("place", [lambda *a: ["--debug", *a], lambda *a: [*a, "--debug"]], ids=["before", "behind"])
def test_debug_shows_where_an_error_comes_from(kafka_nio: KafkaNio, place: Callable[..., list[str]]) -> None:
    result = kafka_nio(*place("show", "/no/such/file"))
    assert result.status == 1
    assert "Traceback" in result.err
    assert result.err.endswith("kafka-nio: /no/such/file: No such file or directory\n")


def test_our_own_faults_are_told_from_the_users(kafka_nio: KafkaNio, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr("kafka_nio.cli.demo.play", fail)
    result = kafka_nio("demo", "one-record")
    assert result.status == 1
    assert "ZeroDivisionError: division by zero (a fault of kafka-nio itself; --debug shows where)" in result.err


def test_ctrl_c_is_one_line_and_status_130(kafka_nio: KafkaNio, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kafka_nio.cli.demo.play", interrupt)
    result = kafka_nio("demo", "one-record")
    assert (result.status, result.err) == (130, "kafka-nio: interrupted\n")


def test_without_typer_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("kafka_nio.cli.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "typer", None)
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == (
        "kafka-nio: the command needs typer, which is not installed: pip install 'kafka-nio[cli]'"
    )


def test_ctrl_c_while_the_command_is_loaded_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Loading:
        def __getattr__(self, name: str) -> object:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "kafka_nio.cli.app", Loading())  # type: ignore[arg-type]
    with pytest.raises(SystemExit) as ended:
        cli.main([])
    assert ended.value.code == 130
    assert capsys.readouterr().err == "kafka-nio: interrupted\n"


def test_it_tells_its_version(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("--version")
    assert result.status == 0
    assert re.fullmatch(r"kafka-nio \d+\.\d+\.\d+\n", result.out)


def test_no_summary_of_a_command_is_cut(kafka_nio: KafkaNio) -> None:
    assert "..." not in kafka_nio().out.partition("Commands:")[2]


def test_it_is_also_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "kafka_nio", "show", "/no/such/file"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (1, "kafka-nio: /no/such/file: No such file or directory\n")
