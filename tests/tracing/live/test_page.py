"""The programs on the page about live tracing run, and do what it says."""

import re
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.tracing import Recording, uninstrument
from tests.tracing.live.otlp_receiver import otlp_receiver

PAGE = Path(__file__).parents[3] / "docs" / "live-tracing.md"
PRODUCING, CONSUMING, RECORDING = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def run(program: str, addresses: dict[str, str], **names: object) -> None:
    for theirs, ours in addresses.items():
        assert theirs in program
        program = program.replace(theirs, ours)
    exec(compile(program, PAGE.name, "exec"), dict(names))


def test_the_program_that_produces_and_the_one_that_consumes_make_one_trace(
    capsys: pytest.CaptureFixture[str],
) -> None:
    spans, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    try:
        with EmbeddedCluster() as cluster, otlp_receiver() as receiver:
            broker = {"localhost:9092": cluster.bootstrap_servers}
            run(PRODUCING, broker | {"http://localhost:4318": receiver.endpoint})
            run(CONSUMING, broker, provider=provider)
    finally:
        uninstrument()
        provider.shutdown()
    assert capsys.readouterr().out == "b'one coffee'\n"
    (process,) = spans.get_finished_spans()
    caller, create = receiver.span("take the order"), receiver.span("create orders")
    assert create.parent_span_id == caller.span_id
    assert process.parent is not None
    assert process.parent.span_id.to_bytes(8) == create.span_id
    assert process.parent.trace_id.to_bytes(16) == caller.trace_id


def test_the_program_that_is_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with EmbeddedCluster() as cluster:
        run(RECORDING, {"localhost:9092": cluster.bootstrap_servers})
    recording = Recording.load(tmp_path / "mine.otlp.jsonl")
    assert "KafkaProducer.send" in {step.name for step in recording.steps}
