"""What `opentelemetry-instrument` finds under the entry point `opentelemetry_instrumentor`, and calls.

    opentelemetry-instrument python app.py

It takes no arguments, so the level comes from the environment: `OTEL_PYTHON_KAFKA_NIO_LEVEL=steps`.

Java: no counterpart.
"""

import os
from collections.abc import Collection
from typing import Any

from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined]  # its module is unchecked

from kafka_nio.tracing.live import instrument, uninstrument

LEVEL = "OTEL_PYTHON_KAFKA_NIO_LEVEL"


class KafkaNioInstrumentor(BaseInstrumentor):  # type: ignore[misc]
    """`instrument` and `uninstrument` in the shape that OpenTelemetry's tools know."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """Nothing: it is part of what it instruments."""
        return ()

    def _instrument(self, **kwargs: Any) -> None:
        options = {"level": os.environ.get(LEVEL, "messages")} | kwargs
        names = ("tracer_provider", "meter_provider", "level", "propagator")
        instrument(**{name: options[name] for name in names if name in options})

    def _uninstrument(self, **kwargs: Any) -> None:
        uninstrument()
