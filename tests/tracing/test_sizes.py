"""The recordings that are kept stay small enough for a repository and for a page."""

from pathlib import Path

import pytest

from kafka_nio.tracing.recording import SUFFIX

TRACES = Path(__file__).parents[2] / "traces"
FILES = sorted(TRACES.glob(f"*{SUFFIX}"))

MOST_BYTES_A_FILE = 250_000
MOST_BYTES = 6_000_000


@pytest.mark.parametrize("file", FILES, ids=[file.name for file in FILES])
def test_a_recording_is_small(file: Path) -> None:
    size = file.stat().st_size
    assert size <= MOST_BYTES_A_FILE, f"{file.name} has {size:,} bytes: record less of it, or keep fewer kinds of steps"


def test_all_recordings_together_are_small() -> None:
    assert FILES
    assert sum(file.stat().st_size for file in FILES) <= MOST_BYTES
