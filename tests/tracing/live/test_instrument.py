"""`instrument` and `uninstrument`: put on once, taken off without a trace."""

import importlib
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import SpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from kafka_nio import KafkaProducer
from kafka_nio.broker import EmbeddedCluster, Ending, Fault
from kafka_nio.errors import IllegalStateError
from kafka_nio.protocol.api import ApiKey
from kafka_nio.tracing import instrument, record, uninstrument
from kafka_nio.tracing.weave import _places
from tests.tracing.live.telemetry import Telemetry, attributes, wait_until


def functions() -> Iterator[tuple[object, str, object]]:
    """Every function that a module or a class of the package holds."""
    for place in _places("kafka_nio"):
        for name, value in vars(place).items():
            if callable(value):
                yield place, name, value


@pytest.mark.parametrize("level", ["messages", "steps"])
def test_it_is_taken_off_without_a_trace(unwatched: Telemetry, level: str) -> None:
    importlib.import_module("kafka_nio.tracing.live.instrumentation")
    before = list(functions())
    instrument(unwatched.tracer_provider, level=level)  # type: ignore[arg-type]  # it is one of the two
    assert list(functions()) != before
    uninstrument()
    assert list(functions()) == before


def test_nothing_is_replaced_until_it_is_called() -> None:
    assert not [name for _, name, function in functions() if hasattr(function, "__wrapped__") and name == "do_send"]
    assert not hasattr(KafkaProducer.do_send, "__wrapped__")


def test_to_ask_twice_changes_nothing(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    watched = KafkaProducer.do_send
    instrument(telemetry.tracer_provider, telemetry.meter_provider)
    assert KafkaProducer.do_send is watched
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"coffee")
    assert sorted(span.name for span in telemetry.spans) == ["create orders", "send orders"]


def test_to_ask_for_something_else_takes_the_place_of_what_was_there(
    telemetry: Telemetry, cluster: EmbeddedCluster
) -> None:
    instrument(telemetry.tracer_provider, telemetry.meter_provider, level="steps")
    assert hasattr(KafkaProducer.send, "__wrapped__")
    instrument(telemetry.tracer_provider, telemetry.meter_provider, level="messages")
    assert not hasattr(KafkaProducer.send, "__wrapped__")
    uninstrument()
    uninstrument()
    assert not hasattr(KafkaProducer.do_send, "__wrapped__")


def test_a_producer_goes_on_when_it_is_taken_off(telemetry: Telemetry, cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.PRODUCE, delay_ms=100))
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, linger_ms=20) as producer:
        producer.partitions_for("orders")
        future = producer.send("orders", b"watched", partition=0)
        uninstrument()
        assert future.result(timeout=10).offset == 0
        assert producer.send("orders", b"unwatched", partition=0).result(timeout=10).offset == 1
    assert [span.name for span in telemetry.records] == ["create orders"]
    assert [dict(one.headers).keys() for one in cluster.log("orders", 0).records()] == [{"traceparent"}, set()]


def test_a_request_that_is_under_way_when_it_is_taken_off_ends_its_span(
    telemetry: Telemetry, cluster: EmbeddedCluster
) -> None:
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE))
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"coffee", partition=0)
        wait_until(lambda: cluster.log("orders", 0).records())
        assert telemetry.spans == []
        uninstrument()
        assert [span.name for span in telemetry.spans] == ["send orders"]
        producer.close(timeout=0)
    assert [span.name for span in telemetry.spans] == ["send orders", "create orders"]


def test_a_level_that_does_not_exist() -> None:
    with pytest.raises(ValueError, match="level='all' is none of"):
        instrument(level="all")  # type: ignore[arg-type]  # that is what is tested


def test_without_opentelemetry_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("kafka_nio.tracing.live.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "opentelemetry.metrics", None)
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'kafka-nio\[opentelemetry\]'"):
        instrument()
    uninstrument()
    assert not hasattr(KafkaProducer.do_send, "__wrapped__")


def test_until_it_is_called_opentelemetry_is_not_loaded() -> None:
    program = """
import sys, kafka_nio.tracing, kafka_nio.producer
assert not [name for name in sys.modules if name.startswith("opentelemetry")]
"""
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": os.pathsep.join(sys.path)})


@pytest.mark.parametrize("fault", ["on_start", "on_end"])
def test_a_fault_in_the_programs_tracing_harms_no_record(
    unwatched: Telemetry, cluster: EmbeddedCluster, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise ZeroDivisionError

    processor = SpanProcessor()
    setattr(processor, fault, fail)
    unwatched.tracer_provider.add_span_processor(processor)
    instrument(unwatched.tracer_provider, unwatched.meter_provider)
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        assert producer.send("orders", b"coffee", partition=0).result(timeout=10).offset == 0
        assert producer.send("orders", b"coffee", partition=0).result(timeout=10).offset == 1
    assert "ZeroDivisionError" in caplog.text


def test_a_propagator_that_fails_harms_no_record_and_leaves_no_span_open(
    unwatched: Telemetry, cluster: EmbeddedCluster
) -> None:
    class Failing(TraceContextTextMapPropagator):
        def inject(self, *args: object, **options: object) -> None:
            raise ZeroDivisionError

    instrument(unwatched.tracer_provider, unwatched.meter_provider, propagator=Failing())
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        producer.send("orders", b"coffee").result(timeout=10)
    assert [attributes(span)["error.type"] for span in unwatched.records] == ["ZeroDivisionError"]


@pytest.mark.parametrize("level", ["messages", "steps"])
def test_it_cannot_be_recorded_at_the_same_time(unwatched: Telemetry, level: str) -> None:
    with record(lines=False), pytest.raises(IllegalStateError, match="is being recorded"):
        instrument(unwatched.tracer_provider, level=level)  # type: ignore[arg-type]  # it is one of the two
    instrument(unwatched.tracer_provider, level=level)  # type: ignore[arg-type]
    with pytest.raises(IllegalStateError, match="watched already"), record(lines=False):
        pass
    uninstrument()
    assert not hasattr(KafkaProducer.do_send, "__wrapped__")
