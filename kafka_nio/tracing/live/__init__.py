"""Live tracing: what the producers of a running program do, as OpenTelemetry spans and metrics of that program.

    from kafka_nio.tracing import instrument

    instrument()                 # to the program's own TracerProvider and MeterProvider
    instrument(level="steps")    # every marked function as well

or, without a word in the program, `opentelemetry-instrument python app.py`.

    instrumentation   puts the watched functions in their places (`seams`) and the old ones back
    record_spans      a span for each record, from `send` to its outcome; `propagation` puts its context into a header
    request_spans     a span for each Produce request, with a link to each of its records
    client_metrics    how long both took, and how many records were sent
    step_spans        a span for each marked function, at the level "steps"
    conventions       the names, as OpenTelemetry's semantic conventions for messaging have them
    instrumentor      what `opentelemetry-instrument` finds

Until `instrument` is called nothing here is loaded, and the producer runs as it is written: nothing on its way asks
whether somebody watches. Afterwards the span of a record goes with it as its callback, which the producer carries
from batch to batch and calls once, whatever becomes of the record.

Java: no counterpart.
"""

import threading
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.propagators.textmap import TextMapPropagator
    from opentelemetry.trace import TracerProvider

    from kafka_nio.tracing.live.instrumentation import Instrumentation

Level: TypeAlias = Literal["messages", "steps"]

_lock = threading.Lock()
# guarded by the lock:
_current: "Instrumentation | None" = None


def instrument(
    tracer_provider: "TracerProvider | None" = None,
    meter_provider: "MeterProvider | None" = None,
    level: Level = "messages",
    propagator: "TextMapPropagator | None" = None,
) -> None:
    """Trace and measure every producer of this program, those that exist already included.

    A second call changes nothing if it asks for the same; if not, it takes the place of the first.

    Args:
        tracer_provider: where spans go; OpenTelemetry's global one by default.
        meter_provider: where metrics go; the global one by default.
        level: "messages" for two spans a record: its own, and that of the request it travels in. "steps" for a span
            around every step of the producer as well: for looking closely, not for every day.
        propagator: writes a span's context into a record's headers; the global one by default, which writes
            `traceparent`.

    Raises:
        ModuleNotFoundError: OpenTelemetry's API is not installed.
        ValueError: there is no such level.
        IllegalStateError: the producer is being recorded, by `kafka_nio.tracing.record`.
    """
    global _current
    if level not in ("messages", "steps"):
        raise ValueError(f'level={level!r} is none of "messages" and "steps"')
    instrumentation = _instrumentation_class()(tracer_provider, meter_provider, level, propagator)
    with _lock:
        if _current is not None:
            if _current.asked_for == instrumentation.asked_for:
                return
            _current.take_off()
            _current = None
        instrumentation.put_on()
        _current = instrumentation


def uninstrument() -> None:
    """Put back everything that `instrument` has replaced. Producers go on; records under way still end their spans."""
    global _current
    with _lock:
        if _current is not None:
            _current.take_off()
            _current = None


def _instrumentation_class() -> "type[Instrumentation]":
    try:
        import opentelemetry.metrics
        import opentelemetry.trace  # noqa: F401  # to tell a missing API from a mistake of ours
    except ModuleNotFoundError as error:
        hint = "live tracing needs OpenTelemetry's API: pip install 'kafka-nio[opentelemetry]'"
        raise ModuleNotFoundError(hint, name=error.name) from error
    from kafka_nio.tracing.live.instrumentation import Instrumentation

    return Instrumentation
