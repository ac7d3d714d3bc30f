"""The five functions of the producer that live tracing replaces, and what it puts in their places.

    KafkaProducer.do_send                       begins a record's span
    AsyncKafkaProducer._do_send                 the same in an event loop
    Sender.send_produce_request                 begins a request's span
    ProduceResponses.handle_produce_response    ends it
    NetworkClient.close                         ends those that are never answered

They are replaced in their classes, so the producers that exist already are traced as well.

Java: no counterpart.
"""

import functools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeAlias, TypeVar
from uuid import UUID

from opentelemetry import context

from kafka_nio.client.network_client import NetworkClient
from kafka_nio.client.requests import ClientResponse
from kafka_nio.cluster import Cluster
from kafka_nio.producer.async_producer import AsyncKafkaProducer
from kafka_nio.producer.futures import FutureRecordMetadata
from kafka_nio.producer.kafka_producer import KafkaProducer
from kafka_nio.producer.produce_response import ProduceResponses
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.producer_record import Callback, Headers, ProducerRecord
from kafka_nio.producer.sender import Sender
from kafka_nio.tracing.live.record_spans import RecordSpans
from kafka_nio.tracing.live.request_spans import RequestSpans, TracedBatches

log = logging.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
Function: TypeAlias = Callable[..., Any]
Seam: TypeAlias = tuple[type, str, Callable[[Function], Function]]
"""A class, the name of a function in it, and what makes the new one of the old one."""


def seams(records: RecordSpans, requests: RequestSpans) -> Sequence[Seam]:
    """Where the spans of records and of requests begin and end."""
    return (
        (KafkaProducer, "do_send", functools.partial(_do_send, records)),
        (AsyncKafkaProducer, "_do_send", functools.partial(_do_send_in_loop, records)),
        (Sender, "send_produce_request", functools.partial(_send_produce_request, requests)),
        (ProduceResponses, "handle_produce_response", functools.partial(_handle_produce_response, requests)),
        (NetworkClient, "close", functools.partial(_close, requests)),
    )


@contextmanager
def replaced(places: Sequence[Seam]) -> Iterator[None]:
    """Put the new functions there, and the old ones back in the end."""
    olds = [(owner, name, vars(owner)[name]) for owner, name, _ in places]
    for owner, name, make in places:
        old = vars(owner)[name]
        setattr(owner, name, functools.wraps(old)(make(old)))
    try:
        yield
    finally:
        for owner, name, old in olds:
            setattr(owner, name, old)


def _do_send(records: RecordSpans, old: Function) -> Function:
    def do_send(
        self: KafkaProducer,
        topic: str,
        value: object,
        key: object,
        partition: int | None,
        timestamp_ms: int | None,
        headers: Headers,
        callback: Callback | None,
    ) -> FutureRecordMetadata:
        record = records.begin(self.client_id, topic, value, key, partition, headers, callback)
        if record is None:
            return old(self, topic, value, key, partition, timestamp_ms, headers, callback)  # type: ignore[no-any-return]
        token = context.attach(record.context)
        try:
            return old(self, topic, value, key, partition, timestamp_ms, record.headers, record)  # type: ignore[no-any-return]
        except BaseException as error:
            records.end(record, None, error)
            raise
        finally:
            context.detach(token)

    return do_send


def _do_send_in_loop(records: RecordSpans, old: Function) -> Function:
    async def do_send(
        self: AsyncKafkaProducer, given: ProducerRecord, callback: Callback | None
    ) -> FutureRecordMetadata:
        topic, value, key, partition, timestamp_ms, headers = given.fields()
        client_id = self._producer.client_id
        record = records.begin(client_id, topic, value, key, partition, headers, callback)
        if record is None:
            return await old(self, given, callback)  # type: ignore[no-any-return]
        given = ProducerRecord(topic, value, key, partition, timestamp_ms, record.headers)
        token = context.attach(record.context)
        try:
            return await old(self, given, record)  # type: ignore[no-any-return]
        except BaseException as error:
            records.end(record, None, error)
            raise
        finally:
            context.detach(token)

    return do_send


def _send_produce_request(requests: RequestSpans, old: Function) -> Function:
    def send_produce_request(
        self: Sender, node_id: int, batches: list[ProducerBatch], cluster: Cluster, now_ms: int
    ) -> None:
        request = _safely(requests.begin, self._client, node_id, batches, cluster)
        if request is None:
            old(self, node_id, batches, cluster, now_ms)
            return
        token = context.attach(request.context)
        try:
            old(self, node_id, request, cluster, now_ms)
        except Exception as error:
            _safely(requests.failed, request, error)
            raise
        finally:
            context.detach(token)

    return send_produce_request


def _handle_produce_response(requests: RequestSpans, old: Function) -> Function:
    def handle_produce_response(
        self: ProduceResponses,
        response: ClientResponse,
        batches: list[ProducerBatch],
        topic_names: Mapping[UUID, str],
        now_ms: int,
    ) -> None:
        if isinstance(batches, TracedBatches):
            _safely(requests.answered, batches, response, topic_names)
        old(self, response, batches, topic_names, now_ms)

    return handle_produce_response


def _close(requests: RequestSpans, old: Function) -> Function:
    def close(self: NetworkClient) -> None:
        old(self)
        _safely(requests.closed, self)

    return close


def _safely(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Call it, and log what it raises: whoever watches must not break what it watches."""
    try:
        return function(*args, **kwargs)
    except Exception:
        log.exception("The span of a Produce request went wrong; the request goes on")
        return None
