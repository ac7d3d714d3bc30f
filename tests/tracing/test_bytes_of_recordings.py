"""Every byte of every message in the kept recordings has one field, a function that wrote it, and a system call."""

from pathlib import Path

import pytest

from kafka_nio.tracing.recording import SUFFIX, Recording
from tests.tracing.frame_checks import complaints, frames_of

TRACES = Path(__file__).parents[2] / "traces"
RECORDINGS = sorted(TRACES.glob(f"*{SUFFIX}"))


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name.removesuffix(SUFFIX))
def test_no_byte_is_without_a_field_a_writer_or_a_mover(path: Path) -> None:
    assert complaints(Recording.load(path)) == []


def test_there_are_messages_to_look_at() -> None:
    assert any(frames_of(Recording.load(path)) for path in RECORDINGS)
