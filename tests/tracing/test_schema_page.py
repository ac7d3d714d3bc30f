"""The page about the format explains every attribute that is written, and every path of the state."""

import re
from pathlib import Path

import pytest

from kafka_nio.demos import DEMOS, record_demo
from kafka_nio.tracing import Recording, otlp
from kafka_nio.tracing.recording import SCHEMA

PAGE = (Path(__file__).parents[2] / "docs" / "recordings.md").read_text(encoding="utf-8")
EXPLAINED = set(re.findall(r"`([^`\n]+)`", PAGE))


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record_demo(DEMOS["one-record"]).recording


def test_every_attribute_is_explained(recording: Recording) -> None:
    written = {key for span in otlp.spans_of(recording) for key in span.attributes or {}}
    written |= {key for span in otlp.spans_of(recording) for link in span.links for key in link.attributes or {}}
    written |= {key for span in otlp.spans_of(recording) for key in span.resource.attributes}
    named = {re.sub(r"^kafka_nio\.show\..*", "kafka_nio.show.NAME", key) for key in written}
    assert named - EXPLAINED == set()
    assert {"kafka_nio.decisions", "kafka_nio.changes", "kafka_nio.state", "kafka_nio.lines"} <= named


def test_every_path_of_the_state_is_explained(recording: Recording) -> None:
    paths = {path for step in recording.steps for change in step.changes for path in change.values}
    paths |= {path for step in recording.steps if step.state is not None for path in step.state}
    assert paths
    patterns = {re.sub(r"\bdemo-0\b", "TOPIC-PARTITION", re.sub(r" -?\d+\b", " NODE", path)) for path in paths}
    assert patterns - EXPLAINED == set()


def test_it_is_about_the_schema_that_is_written() -> None:
    assert f"**schema {SCHEMA}**" in PAGE
