"""What there is to see of the producer's own objects at a moment: paths and values.

`values_of` says what an object shows, `parts_of` which others it leads to; so whoever meets a `Sender` finds its
queues, its memory, its connections. A probe only reads. It takes no lock, since the owner may be in the middle of
something, and it calls nothing that could change anything; what it reads on the way may therefore be half done.

A class of one's own is watched like this, and then seen in every step that runs one of its marked methods:

    @values_of.register
    def _(thing: MyClass, sends: SendNames) -> Values:
        yield "my queue", len(thing.queue)

Java: no counterpart.
"""

from collections.abc import Iterable, Iterator
from functools import cache, singledispatch
from typing import Any

from kafka_nio.client.connection_states import ClusterConnectionStates
from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.metadata import Metadata
from kafka_nio.client.network_client import NetworkClient
from kafka_nio.network import KafkaChannel, NetworkSend
from kafka_nio.network import Selector as NetworkSelector
from kafka_nio.nio import SelectionKey
from kafka_nio.nio import Selector as NioSelector
from kafka_nio.nio.selection_key import ops_text
from kafka_nio.producer.buffer_pool import BufferPool
from kafka_nio.producer.in_flight_batches import InFlightBatches
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender import Sender
from kafka_nio.producer.transaction_manager import TransactionManager
from kafka_nio.producer.transactional_requests import TransactionalRequests
from kafka_nio.tracing.describe import Shown

Values = Iterator[tuple[str, Shown]]

SendNames = dict[int, str]
"""Messages on their way out by the `id` of their `NetworkSend`: what a client calls them. A channel does not know."""

BROKERS_NAME = "connection-"
"""How an embedded broker begins the names of its connections; the number is what matters."""


@singledispatch
def values_of(thing: object, sends: SendNames) -> Values:
    """What an object shows of itself. Most show nothing."""
    return iter(())


@singledispatch
def parts_of(thing: object) -> Iterable[object]:
    """The objects that it leads to."""
    return ()


# What leads to what...


@parts_of.register
def _(sender: Sender) -> Iterable[object]:
    return sender._accumulator, sender._in_flight, sender._metadata, sender._client, sender._transactional


@parts_of.register
def _(accumulator: RecordAccumulator) -> Iterable[object]:
    return (accumulator.buffer_pool,)


@parts_of.register
def _(client: NetworkClient) -> Iterable[object]:
    # Requests before channels: they give the sends their names.
    return client._in_flight_requests, client._connection_states, client._metadata, client._selector


@parts_of.register
def _(selector: NetworkSelector) -> Iterable[object]:
    return (selector._nio_selector,)


@parts_of.register
def _(requests: TransactionalRequests) -> Iterable[object]:
    return (requests._transactions,)


# Records and batches...


@values_of.register
def _(accumulator: RecordAccumulator, sends: SendNames) -> Values:
    for topic_partition, queue in accumulator._queues.items():
        yield f"queue {topic_partition[0]}-{topic_partition[1]}", _queue_text(tuple(queue))
    for topic, partition in accumulator._drain.muted:
        yield f"partition {topic}-{partition} muted", True
    if accumulator._flushing_threads:
        yield "flushing", len(accumulator._flushing_threads)
    if accumulator._closed:
        yield "accumulator closed", True


def _queue_text(batches: tuple[ProducerBatch, ...]) -> str:
    """`2 batches, 40 records, open`: whether the last one takes more; and how often the first was sent in vain."""
    records = sum(batch.record_count for batch in batches)
    state = "full" if not batches or batches[-1].is_full else "open"
    retry = f", attempt {batches[0].attempts + 1}" if batches and batches[0].in_retry else ""
    return f"{_counted(len(batches), 'batch', 'batches')}, {_counted(records, 'record', 'records')}, {state}{retry}"


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


@values_of.register
def _(pool: BufferPool, sends: SendNames) -> Values:
    yield "pool available", pool._available_bytes
    yield "pool waiting", len(pool._waiters)


@values_of.register
def _(in_flight: InFlightBatches, sends: SendNames) -> Values:
    for topic_partition, batches in in_flight._batches.items():
        yield f"unanswered {topic_partition}", _counted(len(batches), "batch", "batches")


@values_of.register
def _(manager: TransactionManager, sends: SendNames) -> Values:
    yield "transaction", manager.state.state.value
    yield "producer id", str(manager.producer)


# The cluster and the connections to it...


@values_of.register
def _(metadata: Metadata, sends: SendNames) -> Values:
    due = "full" if metadata._need_full_update else "partial" if metadata._need_partial_update else "no"
    topics = ", ".join(sorted(metadata._topics)) or "no topic"
    yield "metadata", f"version {metadata._update_version}, {topics}, {due} update due"
    for topic in metadata._topics:
        for partition in metadata.cluster.partitions_for_topic(topic):
            leader = partition.leader
            yield f"leader {topic}-{partition.partition}", "none" if leader is None else leader.id_string


@values_of.register
def _(states: ClusterConnectionStates, sends: SendNames) -> Values:
    for id, node in states._nodes.items():
        yield f"connection {id}", node.state.value


@values_of.register
def _(in_flight: InFlightRequests, sends: SendNames) -> Values:
    for node, requests in in_flight._requests.items():
        names = []
        for request in reversed(requests):
            name = f"{request.header.api_key.title} #{request.header.correlation_id}"
            sends[id(request.send)] = name
            names.append(name)
        if names:
            yield f"in flight {node}", ", ".join(names)


# Channels, keys and what a poll has brought...


@values_of.register
def _(selector: NetworkSelector, sends: SendNames) -> Values:
    for channel in selector.channels.values():
        yield from _channel(channel, selector, sends)
    for channel in selector._closing_channels.values():
        yield f"channel {_short(channel.id)}", "closing"
    if selector.completed_sends:
        names = [sends.get(id(send)) or _short(send.destination) for send in selector.completed_sends]
        yield "completed sends", ", ".join(names)
    if selector.completed_receives:
        yield "completed receives", ", ".join(_short(receive.source) for receive in selector.completed_receives)
    if selector.connected:
        yield "connected", ", ".join(map(_short, selector.connected))
    if selector.disconnected:
        yield "disconnected", ", ".join(map(_short, selector.disconnected))
    if selector._immediately_connected_keys:
        yield "immediately connected", ", ".join(map(_key_name, selector._immediately_connected_keys))


def _channel(channel: KafkaChannel, selector: NetworkSelector, sends: SendNames) -> Values:
    path = f"channel {_short(channel.id)}"
    yield path, channel.state.value
    key: SelectionKey | None = getattr(channel._transport, "_key", None)
    if key is not None:
        yield f"{path} interest", _ops(key._interest_ops)
        yield f"{path} ready", _ops(key.ready_ops)
    if channel._send is not None:
        yield f"{path} send", _send_text(channel._send, sends)
    staged = selector._staged_receives._queues.get(channel)
    if staged:
        yield f"{path} staged", len(staged)
    if channel._is_muted:
        yield f"{path} muted", True


def _send_text(send: NetworkSend, sends: SendNames) -> str:
    name = sends.get(id(send))
    return f"{f'{name}, ' if name else ''}{send.size - send.remaining} of {send.size} bytes"


@cache  # there are few, and this is asked all the time
def _ops(ops: int) -> str:
    return ops_text(ops).lower()


def _short(id: str) -> str:
    return id.removeprefix(BROKERS_NAME)


@values_of.register
def _(selector: NioSelector, sends: SendNames) -> Values:
    yield "wakeup pending", selector._waker._awake
    if selector.selected_keys:
        yield "selected", ", ".join(_key_name(key) for key in selector.selected_keys)


def _key_name(key: SelectionKey) -> str:
    attachment: Any = key.attachment
    return _short(attachment.id) if isinstance(attachment, KafkaChannel) else f"key {key.number}"
