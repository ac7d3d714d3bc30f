"""A span's context in a record's headers, so that a consumer can go on with the trace.

By OpenTelemetry's default this is one header, `traceparent`, as the W3C has it; `baggage` if there is any.

What the caller wrote stays as it is. A header whose name is taken is not written; and a record that carries a context
already, because somebody passes it on or has a tracing of his own, keeps that one.

Java: no counterpart.
"""

from opentelemetry import propagate
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.trace import SpanContext, get_current_span

from kafka_nio.producer.producer_record import Headers


class Propagation:
    """Writes contexts into headers, and finds those that callers have written.

    Args:
        propagator: knows the headers' names and forms; None for the one that is OpenTelemetry's global at the time.
    """

    def __init__(self, propagator: TextMapPropagator | None) -> None:
        self._propagator = propagator

    def context_in(self, headers: Headers) -> SpanContext | None:
        """The context that the caller has given the record, if any."""
        propagator = self._propagator or propagate.get_global_textmap()
        names = propagator.fields
        given = {name: value.decode("utf-8", "replace") for name, value in headers if name in names and value}
        if not given:
            return None
        found = get_current_span(propagator.extract(given, Context())).get_span_context()
        return found if found.is_valid else None

    def write(self, headers: Headers, context: Context) -> Headers:
        """The caller's headers, and after them the context, but for names that the caller has used."""
        written: dict[str, str] = {}
        (self._propagator or propagate.get_global_textmap()).inject(written, context)
        taken = {name for name, _ in headers}
        return (*headers, *((name, text.encode()) for name, text in written.items() if name not in taken))
