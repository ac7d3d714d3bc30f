"""A span for each step of the producer: every function with a `@span` mark, nested as they ran on their thread.

The same steps as in a recording, without the lines, the state and the values: those would cost too much here. Each turn
of the sender's thread, `Sender.run_once`, is a trace of its own. The loop around it is none, because a span is exported
when it ends, and that one ends with the producer.

Java: no counterpart.
"""

import threading
from collections.abc import Callable
from typing import Any

from opentelemetry import context
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from opentelemetry.trace import SpanKind, Tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue

from kafka_nio.spans import Span
from kafka_nio.tracing.live.record_spans import fail
from kafka_nio.tracing.source import file_of, source_of

ENDLESS = frozenset({"Sender.run"})
"""Steps that last as long as their thread."""


class StepSpans:
    """Hand `around` to `weave.woven`."""

    def __init__(self, tracer: Tracer) -> None:
        self._tracer = tracer

    def around(self, span: Span) -> Callable[..., Any]:
        """A function that does what the marked one does, inside a span."""
        function, name, start_span = span.function, span.name, self._tracer.start_span
        about = _attributes(span)

        def unseen(*args: Any, **kwargs: Any) -> Any:
            return function(*args, **kwargs)

        def seen(*args: Any, **kwargs: Any) -> Any:
            caller = context.get_current()
            if _SUPPRESS_INSTRUMENTATION_KEY in caller:
                return function(*args, **kwargs)
            attributes = {**about, "thread.name": threading.current_thread().name}
            step = start_span(name, caller, SpanKind.INTERNAL, attributes)
            token = context.attach(set_span_in_context(step, caller))
            try:
                return function(*args, **kwargs)
            except BaseException as error:
                fail(step, error)
                raise
            finally:
                context.detach(token)
                step.end()

        return unseen if name in ENDLESS else seen


def _attributes(span: Span) -> dict[str, AttributeValue]:
    function = span.function
    return {
        "code.function.name": f"{function.__module__}.{function.__qualname__}",
        "code.file.path": file_of(function),
        "code.line.number": source_of(function).line,
        "kafka_nio.stage": str(span.stage),
    }
