"""What every file in `traces/` must be, whatever it shows."""

import json
from pathlib import Path

import pytest
from opentelemetry.proto_json.trace.v1.trace import TracesData

import kafka_nio

TRACES = Path(kafka_nio.__file__).parents[1] / "traces"
FILES = sorted(TRACES.glob("*.otlp.jsonl"))

MOST_BYTES, MOST_BYTES_IN_ALL = 250_000, 6_000_000


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_line_is_valid_otlp_by_the_official_model(file: Path) -> None:
    for line in file.read_text(encoding="utf-8").splitlines():
        assert TracesData.from_dict(json.loads(line)).to_dict() == json.loads(line)


def test_no_file_is_too_large_nor_are_all_of_them() -> None:
    sizes = {file.name: file.stat().st_size for file in FILES}
    assert not {name: size for name, size in sizes.items() if size > MOST_BYTES}
    assert sum(sizes.values()) <= MOST_BYTES_IN_ALL
