"""A span for each record: `create orders`, from `send` until the record has its outcome.

It travels as the record's callback. So nothing needs to be found again later: the request that takes the record reads
the span's context off its batch's callbacks, a batch that is split hands them on, and the producer calls each of them
once, when the record is acknowledged or has failed. The caller's own callback is called after that, in the context that
`send` was called in, so that what it traces belongs to the caller's trace.

If the caller has written a context into the headers, the record gets no span, as the conventions want it; the request
links to that context instead.

Whatever goes wrong in here is logged and harms no record.

Java: no counterpart.
"""

import logging
from collections.abc import Mapping

from opentelemetry import context
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from opentelemetry.trace import Span, SpanContext, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue

from kafka_nio.producer.producer_record import UNKNOWN_PARTITION, Callback, Headers, RecordMetadata, call_back
from kafka_nio.tracing.live import conventions as names
from kafka_nio.tracing.live.propagation import Propagation

log = logging.getLogger(__name__)

Attributes = Mapping[str, AttributeValue]

NOWHERE: Attributes = {}


class TracedRecord:
    """The callback of a record, with the record's span in it."""

    __slots__ = (
        "_spans",
        "about",
        "callback",
        "caller",
        "context",
        "headers",
        "link",
        "span",
        "topic",
        "went_to",
    )

    def __init__(self, spans: "RecordSpans", topic: str, callback: Callback | None, headers: Headers) -> None:
        self._spans = spans
        self.topic = topic
        self.callback = callback
        self.headers = headers
        """What to send; the context is in it."""
        self.caller = self.context = context.get_current()
        """The context of the call, and the one in which the record is sent, where its span is the current one."""
        self.span: Span | None = None
        """Until it has ended."""
        self.link: SpanContext | None = None
        """What a request that takes the record links to."""
        self.about: dict[str, AttributeValue] = {}
        """The record's key, and whether it is a tombstone."""
        self.went_to: Attributes = NOWHERE
        """Partition and broker, once a request has taken it; the same for all of its batch."""

    def __call__(self, metadata: RecordMetadata, error: Exception | None) -> None:
        self._spans.end(self, metadata, error)
        if self.callback is not None:
            token = context.attach(self.caller)
            try:
                call_back(self.callback, metadata, error)  # type: ignore[arg-type]  # it is a KafkaError
            finally:
                context.detach(token)


class RecordSpans:
    """Begins and ends the spans of records."""

    def __init__(self, tracer: Tracer, propagation: Propagation) -> None:
        self._tracer = tracer
        self._propagation = propagation

    def begin(
        self,
        client_id: str,
        topic: str,
        value: object,
        key: object,
        partition: int | None,
        headers: Headers,
        callback: Callback | None,
    ) -> TracedRecord | None:
        """Begin a record's span; None to send the record untraced, because the program wishes it or it cannot be."""
        if context.get_value(_SUPPRESS_INSTRUMENTATION_KEY):
            return None
        record = TracedRecord(self, topic, callback, headers)
        try:
            if value is None:
                record.about[names.MESSAGE_TOMBSTONE] = True
            if (text := names.key_text(key)) is not None:
                record.about[names.MESSAGE_KEY] = text
            record.link = self._propagation.context_in(headers) if headers else None
            if record.link is None:
                self._begin_span(record, client_id, partition)
        except Exception as error:
            log.warning("A record for %r is not traced", topic, exc_info=True)
            self.end(record, None, error)
            return None
        return record

    def _begin_span(self, record: TracedRecord, client_id: str, partition: int | None) -> None:
        attributes: dict[str, AttributeValue] = {
            names.SYSTEM: names.KAFKA,
            names.OPERATION_NAME: names.CREATE,
            names.OPERATION_TYPE: names.CREATE,
            names.DESTINATION_NAME: record.topic,
            names.CLIENT_ID: client_id,
            **record.about,
        }
        if partition is not None:
            attributes[names.DESTINATION_PARTITION_ID] = str(partition)
        record.span = self._tracer.start_span(f"create {record.topic}", record.caller, SpanKind.PRODUCER, attributes)
        record.link = record.span.get_span_context()
        record.context = set_span_in_context(record.span, record.caller)
        record.headers = self._propagation.write(record.headers, record.context)

    def end(self, record: TracedRecord, metadata: RecordMetadata | None, error: BaseException | None) -> None:
        """End a record's span with its outcome. The first outcome counts; there may be a second if `send` was left."""
        span, record.span = record.span, None
        if span is None:
            return
        try:
            self._end_span(span, record, metadata, error)
        except Exception:
            log.exception("The span of a record could not be ended")

    def _end_span(
        self, span: Span, record: TracedRecord, metadata: RecordMetadata | None, error: BaseException | None
    ) -> None:
        attributes = dict(record.went_to)
        if metadata is not None:
            if metadata.partition != UNKNOWN_PARTITION:
                attributes[names.DESTINATION_PARTITION_ID] = str(metadata.partition)
            if metadata.has_offset:
                attributes[names.OFFSET] = metadata.offset
        span.set_attributes(attributes)
        if error is not None:
            fail(span, error)
        span.end()


def fail(span: Span, error: BaseException) -> str:
    """Give a span the status of an error, and return the error's type."""
    kind = names.error_type(error)
    span.set_attribute(names.ERROR_TYPE, kind)
    span.set_status(Status(StatusCode.ERROR, str(error)))
    return kind
