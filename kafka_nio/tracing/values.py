"""What the producer's own classes show of themselves in a step, where their `repr` says too much or too little.

A new class needs an entry here only if what it says in `__repr__` does not suit a reader of a trace.

Java: no counterpart.
"""

from kafka_nio.client.requests import ClientRequest, ClientResponse, InFlightRequest
from kafka_nio.network import KafkaChannel
from kafka_nio.nio import SelectionKey
from kafka_nio.nio.selection_key import ops_text
from kafka_nio.producer.drain import ReadyCheckResult
from kafka_nio.producer.futures import FutureRecordMetadata
from kafka_nio.protocol.api import RequestHeader
from kafka_nio.protocol.messages.produce import PartitionProduceResponse
from kafka_nio.tracing.describe import Shown, describe


@describe.register
def _(value: SelectionKey) -> Shown:
    channel = value.attachment
    owner = f"{channel.id} " if isinstance(channel, KafkaChannel) else ""
    return f"{owner}{ops_text(value.ready_ops)}"


@describe.register
def _(value: RequestHeader) -> Shown:
    return f"{value.api_key.title} v{value.api_version} #{value.correlation_id}"


@describe.register
def _(value: ClientRequest) -> Shown:
    return f"{value.api_key.title} #{value.correlation_id} to {value.destination}"


@describe.register
def _(value: InFlightRequest) -> Shown:
    return f"{describe(value.header)} to {value.destination}"


@describe.register
def _(value: ClientResponse) -> Shown:
    return f"{describe(value.header)} from {value.destination}{f': {value.failure}' if value.failure else ''}"


@describe.register
def _(value: PartitionProduceResponse) -> Shown:
    return f"error {value.error_code}" if value.error_code else f"offset {value.base_offset}"


@describe.register
def _(value: ReadyCheckResult) -> Shown:
    ready = ", ".join(f"node {node.id_string}" for node in value.ready_nodes) or "nobody"
    delay = describe(value.next_ready_check_delay_ms)
    return f"ready: {ready}; look again {delay if isinstance(delay, str) else f'in {delay} ms'}"


@describe.register
def _(value: FutureRecordMetadata) -> Shown:
    return "a done future" if value.done() else "an open future"
