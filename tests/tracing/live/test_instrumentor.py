"""`opentelemetry-instrument python app.py`: the program says nothing of tracing, and is traced."""

import os
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from kafka_nio import KafkaProducer
from kafka_nio.tracing import uninstrument
from kafka_nio.tracing.live.instrumentor import KafkaNioInstrumentor
from tests.tracing.live.otlp_receiver import OtlpReceiver, otlp_receiver, told
from tests.tracing.live.telemetry import Telemetry

ROOT = Path(__file__).parents[3]
GROUP = "opentelemetry_instrumentor"

APP = """
from kafka_nio import KafkaProducer
from kafka_nio.broker import EmbeddedCluster

with EmbeddedCluster() as cluster, KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
    print(producer.send("orders", b"coffee", key=b"table 4").result(timeout=20))
"""


def entry_points() -> dict[str, str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named: dict[str, str] = project["entry-points"][GROUP]
    return named


def run(folder: Path, receiver: OtlpReceiver, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program under the command, with the entry points that an installation of these sources would have."""
    (folder / "app.py").write_text(APP)
    metadata = folder / "kafka_nio-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: kafka-nio\nVersion: 0.1.0\n")
    lines = "".join(f"{name} = {where}\n" for name, where in entry_points().items())
    (metadata / "entry_points.txt").write_text(f"[{GROUP}]\n{lines}")
    return subprocess.run(
        [Path(sys.executable).parent / "opentelemetry-instrument", sys.executable, "app.py"],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": receiver.endpoint,
            "OTEL_LOGS_EXPORTER": "none",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_program_is_traced_without_a_word_in_it(tmp_path: Path) -> None:
    with otlp_receiver() as receiver:
        done = run(tmp_path, receiver, OTEL_SERVICE_NAME="shop")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "orders-0@0\n"
    assert sorted(span.name for span in receiver.spans) == ["create orders", "send orders"]
    assert told(iter(receiver.span("create orders").attributes))["messaging.kafka.message.key"] == "table 4"
    assert "messaging.client.sent.messages" in receiver.metrics


def test_the_environment_chooses_the_level(tmp_path: Path) -> None:
    with otlp_receiver() as receiver:
        done = run(tmp_path, receiver, OTEL_PYTHON_KAFKA_NIO_LEVEL="steps")
    assert done.returncode == 0, done.stderr
    assert {"create orders", "send orders", "KafkaProducer.send", "Sender.run_once"} <= {
        span.name for span in receiver.spans
    }


def test_the_entry_point_names_the_instrumentor() -> None:
    ((name, where),) = entry_points().items()
    assert EntryPoint(name, where, GROUP).load() is KafkaNioInstrumentor


def test_it_can_be_used_by_hand_as_well(unwatched: Telemetry) -> None:
    instrumentor = KafkaNioInstrumentor()
    instrumentor.instrument(tracer_provider=unwatched.tracer_provider, level="steps")
    assert hasattr(KafkaProducer.send, "__wrapped__")
    instrumentor.uninstrument()
    assert not hasattr(KafkaProducer.send, "__wrapped__")


def test_a_wrong_level_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_PYTHON_KAFKA_NIO_LEVEL", "all")
    with pytest.raises(ValueError, match="level='all'"):
        KafkaNioInstrumentor().instrument()
    uninstrument()
