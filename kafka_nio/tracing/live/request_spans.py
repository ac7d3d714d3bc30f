"""A span for each Produce request: `send orders`, from its making to its answer, with a link to each of its records.

The span travels with the list of batches that the sender keeps for the answer; `TracedBatches` is such a list.

A request may carry batches of several topics. What all have in common is on the span; what differs is on the links. If
any of the batches is refused, the span has the status of an error, even where the producer will send that batch again:
that will be another request, with a span of its own. How it ends for the record, the record's span tells.

The sender's thread makes the requests, for everybody, so these spans have no parent among the spans of the callers; at
the level "steps" it is the step that makes the request.

Java: no counterpart.
"""

import threading
from collections.abc import Iterable, Iterator, Mapping
from uuid import UUID

from opentelemetry import context
from opentelemetry.context import Context
from opentelemetry.trace import Link, Span, SpanKind, Status, StatusCode, Tracer, set_span_in_context
from opentelemetry.util.types import AttributeValue

from kafka_nio.client.network_client import NetworkClient
from kafka_nio.client.requests import ClientResponse
from kafka_nio.cluster import Cluster
from kafka_nio.errors import DisconnectError, DuplicateSequenceNumberError, error_for
from kafka_nio.producer.produce_response import _answers, _without_answer
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.tracing.live import conventions as names
from kafka_nio.tracing.live.client_metrics import ClientMetrics
from kafka_nio.tracing.live.record_spans import TracedRecord

Attributes = dict[str, AttributeValue]

SEVERAL = "_OTHER"
"""The conventions' word for an `error.type` that has no name of its own; here, of batches that failed differently."""

OPERATION: Attributes = {
    names.SYSTEM: names.KAFKA,
    names.OPERATION_NAME: names.SEND,
    names.OPERATION_TYPE: names.SEND,
}


class TracedBatches(list[ProducerBatch]):
    """The batches of a request, and its span."""

    def __init__(self, batches: Iterable[ProducerBatch], client: NetworkClient, server: Attributes) -> None:
        super().__init__(batches)
        self.client = client
        self.server = server
        """Address and port of the broker, if they are known."""
        self.span: Span | None = None
        """Until it has ended."""
        self.context = context.get_current()
        """The one in which the request is made, where its span is the current one."""
        self.began_ns = 0

    @property
    def common(self) -> Attributes:
        """The topic and the partition, each if there is one only."""
        common: Attributes = {}
        topics = {batch.topic_partition.topic for batch in self}
        if len(topics) == 1:
            common[names.DESTINATION_NAME] = topics.pop()
            if len(self) == 1:
                common[names.DESTINATION_PARTITION_ID] = str(self[0].topic_partition.partition)
        return common

    def places(self) -> Iterator[tuple[ProducerBatch, Attributes]]:
        """Each batch, and where it goes."""
        for batch in self:
            topic, partition = batch.topic_partition
            yield batch, {names.DESTINATION_NAME: topic, names.DESTINATION_PARTITION_ID: str(partition)}


class RequestSpans:
    """Begins and ends the spans of Produce requests.

    Args:
        is_root: whether the spans have no parent, whatever the sender's thread may have inherited.
    """

    def __init__(self, tracer: Tracer, metrics: ClientMetrics, *, is_root: bool) -> None:
        self._tracer = tracer
        self._metrics = metrics
        self._is_root = is_root
        self._lock = threading.Lock()
        # guarded by the lock:
        self._under_way: dict[int, TracedBatches] = {}

    def begin(
        self, client: NetworkClient, node_id: int, batches: list[ProducerBatch], cluster: Cluster
    ) -> TracedBatches:
        """Begin the span of a request that is about to be made of these batches."""
        request = TracedBatches(batches, client, _server(cluster, node_id))
        common = request.common
        topic = common.get(names.DESTINATION_NAME)
        request.began_ns = self._metrics.now_ns()
        request.span = self._tracer.start_span(
            names.SEND if topic is None else f"{names.SEND} {topic}",
            Context() if self._is_root else request.context,
            SpanKind.CLIENT,
            _attributes(request, cluster) | common,
            list(_links(request, common)),
        )
        request.context = set_span_in_context(request.span, request.context)
        with self._lock:
            self._under_way[id(request)] = request
        return request

    def answered(self, request: TracedBatches, response: ClientResponse, topic_names: Mapping[UUID, str]) -> None:
        """End the span of a request that is over, with or without an answer."""
        answers = dict(_answers(response, topic_names))
        errors: dict[int, Exception] = {}
        for batch in request:
            answer = answers.get(batch.topic_partition) or _without_answer(response, batch)
            error = error_for(answer.error_code, answer.error_message)
            if error is not None and not isinstance(error, DuplicateSequenceNumberError):
                errors[id(batch)] = error
        self._end(request, errors)

    def failed(self, request: TracedBatches, error: Exception) -> None:
        """End the span of a request of which all batches failed alike."""
        self._end(request, {id(batch): error for batch in request})

    def closed(self, client: NetworkClient) -> None:
        """End the spans of a client's requests: it is closed, and nobody will hear of them any more."""
        for request in self._those_under_way():
            if request.client is client:
                self.failed(request, DisconnectError("The producer was closed before the broker had answered."))

    def end_all(self) -> None:
        """End all spans, because nobody will watch the answers. How they would have ended is not known."""
        for request in self._those_under_way():
            if (span := self._forget(request)) is not None:
                span.end()

    def _those_under_way(self) -> list[TracedBatches]:
        with self._lock:
            return list(self._under_way.values())

    def _forget(self, request: TracedBatches) -> Span | None:
        with self._lock:
            self._under_way.pop(id(request), None)
        span, request.span = request.span, None
        return span

    def _end(self, request: TracedBatches, errors: Mapping[int, Exception]) -> None:
        span = self._forget(request)
        if span is None:
            return
        kinds = {names.error_type(error) for error in errors.values()}
        outcome: Attributes = {names.ERROR_TYPE: kinds.pop() if len(kinds) == 1 else SEVERAL} if kinds else {}
        if errors:
            span.set_attributes(outcome)
            span.set_status(Status(StatusCode.ERROR, "; ".join(_sentences(request, errors))))
        span.end()
        self._metrics.operation_ended(request.began_ns, {**OPERATION, **request.server, **request.common, **outcome})
        for batch, place in request.places():
            error = errors.get(id(batch))
            kind: Attributes = {names.ERROR_TYPE: names.error_type(error)} if error is not None else {}
            self._metrics.sent(batch.record_count, {**SENT, **request.server, **place, **kind})


SENT: Attributes = {names.SYSTEM: names.KAFKA, names.OPERATION_NAME: names.SEND}


def _server(cluster: Cluster, node_id: int) -> Attributes:
    node = cluster.node_by_id(node_id)
    return {names.SERVER_ADDRESS: node.host, names.SERVER_PORT: node.port} if node else {}


def _attributes(request: TracedBatches, cluster: Cluster) -> Attributes:
    attributes: Attributes = {
        **OPERATION,
        names.CLIENT_ID: request.client._client_id,
        names.BATCH_MESSAGE_COUNT: sum(batch.record_count for batch in request),
        **request.server,
    }
    if cluster.cluster_id is not None:
        attributes[names.CLUSTER_ID] = cluster.cluster_id
    return attributes


def _links(request: TracedBatches, common: Attributes) -> Iterator[Link]:
    """A link to each record, which learns at the same time where it goes."""
    for batch, place in request.places():
        went_to = {names.DESTINATION_PARTITION_ID: place[names.DESTINATION_PARTITION_ID], **request.server}
        differs = {name: value for name, value in place.items() if name not in common}
        for _, record in batch._callbacks:
            if isinstance(record, TracedRecord):
                record.went_to = went_to
                if record.link is not None:
                    yield Link(record.link, {**differs, **record.about})


def _sentences(request: TracedBatches, errors: Mapping[int, Exception]) -> Iterator[str]:
    for batch in request:
        if (error := errors.get(id(batch))) is not None:
            yield f"{batch.topic_partition}: {error}"
