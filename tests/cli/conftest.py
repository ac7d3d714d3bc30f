"""The command, called as a user would, without a process of its own."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from kafka_nio.cli.app import run


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    status: int
    out: str
    err: str


KafkaNio = Callable[..., Result]


@pytest.fixture
def kafka_nio(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> KafkaNio:
    """`kafka_nio("demo", "--timeout", "1")` runs the command in a terminal of 80 columns and returns its `Result`."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "80")

    def call(*arguments: str) -> Result:
        capsys.readouterr()
        status = run(arguments)
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return call
