"""The stairs of the application's thread: `send`, stopped at one place after another, each further than the one before.

`WAY` is how deep it goes. A stair names a function of it, and the statement behind which everything ends there; None is
before the first. When the code changes, this table is what has to follow, and `test_stairs.py` says where.
"""

import itertools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from threading import Event
from types import FunctionType

from kafka_nio.producer import KafkaProducer
from tests.benchmarks.staircase.cut import cut
from tests.benchmarks.staircase.stepped import VALUE

PRODUCER = "kafka_nio.producer.kafka_producer:KafkaProducer"
ACCUMULATOR = "kafka_nio.producer.record_accumulator:RecordAccumulator"

SEND = f"{PRODUCER}.send"
DO_SEND = f"{PRODUCER}.do_send"
HAND_OVER = f"{PRODUCER}._append"
APPEND = f"{ACCUMULATOR}.append"
LOCKED = f"{ACCUMULATOR}._try_append"
BATCH = "kafka_nio.producer.producer_batch:ProducerBatch.try_append"
BUILDER = "kafka_nio.protocol.record_batch_builder:RecordBatchBuilder.try_append"

WAY = (SEND, DO_SEND, HAND_OVER, APPEND, LOCKED, BATCH, BUILDER)
"""The functions that a record goes through, each called by the one before."""

WHOLE = "all of `send`"
"""The last stair."""

Loop = Callable[[KafkaProducer, str, Iterable[object]], None]
"""Sends a record for each of some things, whatever they are."""


def values(producer: KafkaProducer, topic: str, things: Iterable[object]) -> None:
    """Values alone."""
    for _ in things:
        producer.send(topic, VALUE)


def keys(producer: KafkaProducer, topic: str, things: Iterable[object]) -> None:
    """The things are keys."""
    for key in things:
        producer.send(topic, VALUE, key)


def with_headers(producer: KafkaProducer, topic: str, things: Iterable[object]) -> None:
    """Each with the same header."""
    headers = (("trace", b"0123456789abcdef"),)
    for _ in things:
        producer.send(topic, VALUE, headers=headers)


def with_callback(producer: KafkaProducer, topic: str, things: Iterable[object]) -> None:
    """Each with the same callback."""

    def callback(metadata: object, error: object) -> None:
        """Do nothing."""

    for _ in things:
        producer.send(topic, VALUE, callback=callback)


def with_event(producer: KafkaProducer, topic: str, things: Iterable[object]) -> None:
    """Each with an event that nobody waits for."""
    for _ in things:
        producer.send(topic, VALUE)
        Event()


_numbers = itertools.count()


def few_keys(count: int) -> list[object]:
    """A key again and again."""
    return [b"sixteen bytes ok"] * count


def new_keys(count: int) -> list[object]:
    """Keys of 16 bytes that were never seen before."""
    return [b"%016d" % number for number in itertools.islice(_numbers, count)]


@dataclass(frozen=True, kw_only=True)
class Stair:
    """One way to call `send`, up to some place."""

    name: str
    said: str
    """What this stair adds: what it is good for, and what it costs time for."""
    function: str = SEND
    until: str | None = ""
    """A piece of the statement; None for before the first, "" for the whole function."""
    loop: Loop = values
    things: Callable[[int], Iterable[object]] = range
    options: dict[str, object] = field(default_factory=dict)
    """The producer's."""

    def cuts(self) -> dict[str, FunctionType]:
        """The functions that stop early, by the place of the ones that they stand for.

        Raises:
            CutError: the code is not like that any more.
        """
        if self.until == "":
            return {}
        depth = WAY.index(self.function)
        above = {
            place: cut(place, call_of(below), drop_result=True) for place, below in itertools.pairwise(WAY[: depth + 1])
        }
        return above | {self.function: cut(self.function, self.until)}


def call_of(place: str) -> str:
    """The piece of code that calls a method."""
    return f".{place.rpartition('.')[2]}("


STAIRS = (
    Stair(
        name="an empty method",
        said="What Python takes to go round a loop, find `send` and call it, before `send` does anything.",
        until=None,
    ),
    Stair(
        name="look at the arguments",
        said="A topic or a whole `ProducerRecord`? Something odd beside it? Interceptors? No, no, no.",
        until="if self._interceptors",
    ),
    Stair(
        name="call `do_send`",
        said="A second method with seven arguments, so that interceptors can stand between the two.",
        function=DO_SEND,
        until=None,
    ),
    Stair(
        name="is the producer open?",
        said="Buys an error in your hand, instead of a record that vanishes: after `close`, in a forked child, "
        "outside a transaction.",
        function=DO_SEND,
        until="_refuse_to_send(",
    ),
    Stair(
        name="is the topic known?",
        said="`wait_on_metadata` finds the topic in a dict. The first record of a topic waits here for a broker's "
        "answer; no other one does.",
        function=DO_SEND,
        until=".wait_on_metadata(",
    ),
    Stair(
        name="make bytes",
        said="Serializers, or a look whether key and value are bytes already; whether they are more than a request can "
        "carry; and the record's time, from the clock.",
        function=DO_SEND,
        until="._make_bytes(",
    ),
    Stair(
        name="choose a partition",
        said="A key says where its record must go. This record has none, so the choice is left to the accumulator.",
        function=DO_SEND,
        until="self.partition(",
    ),
    Stair(
        name="call the accumulator",
        said="Two more calls, from the producer to the place where records wait.",
        function=APPEND,
        until=None,
    ),
    Stair(
        name="take the lock",
        said="Lets many threads send at once, and the sender take batches away meanwhile. Nobody else wants it here: "
        "this is the price of asking, and of a call inside.",
        function=LOCKED,
        until=None,
    ),
    Stair(
        name="find the batch",
        said="The partition that records without a key stick to at the moment, and the last batch of its queue.",
        function=LOCKED,
        until="self._queues.get(",
    ),
    Stair(
        name="call the batch, and its builder",
        said="Two more calls. The batch knows who is to be told; the builder knows the bytes.",
        function=BUILDER,
        until=None,
    ),
    Stair(
        name="how large will it be?",
        said="Bytes are made later, all at once; but whether there is room must be known now, to the byte.",
        function=BUILDER,
        until="FRAMED_SIZES[body_size]",
    ),
    Stair(
        name="put it into the batch",
        said="Time, key, value, headers and size go to the end of a list. The record is in.",
        function=BATCH,
        until="builder.try_append(",
    ),
    Stair(
        name="make a future",
        said="What `send` returns: a small object that knows its batch and its place there. What one "
        "waits with is made for a batch, not for a record; see below what that would cost.",
        function=LOCKED,
        until=".try_append(",
    ),
    Stair(
        name="count for the partitioner",
        said="After about a batch's worth of bytes, the records without a key go to another partition.",
        function=HAND_OVER,
        until="_accumulator.append(",
    ),
    Stair(
        name=WHOLE,
        said="If the batch is full or new, the sender must be woken. It is neither, so `send` returns.",
    ),
)

LANDINGS = (
    Stair(
        name="batches of 16 KiB",
        said="All of the above is one large batch. With the default size, one record in some 150 opens a new one: "
        "takes memory, makes the batch and what its futures read, wakes the sender.",
        options={"batch.size": 16 * 1024},
    ),
    Stair(
        name="a key that is remembered",
        said="Its hash says the partition. The producer remembers the hashes of 10,000 keys.",
        loop=keys,
        things=few_keys,
    ),
    Stair(
        name="a key that is new",
        said="murmur2, byte for byte as Java does it, in Python.",
        loop=keys,
        things=new_keys,
    ),
    Stair(
        name="a callback",
        said="Its place is noted beside the batch. It is called later, by the sender.",
        loop=with_callback,
    ),
    Stair(name="a header", said="Checked and copied, and its size is counted.", loop=with_headers),
    Stair(
        name="idempotence, which is the default",
        said="A question to the transaction manager for each record. The batches' numbers are given by the sender.",
        options={"enable.idempotence": True, "acks": "all"},
    ),
    Stair(
        name="an event for each record, which we do without",
        said="A `threading.Event` beside each future, made and not used.",
        loop=with_event,
    ),
)
"""What else may come on top of the whole; each alone."""

BY_NAME = {stair.name: stair for stair in (*STAIRS, *LANDINGS)}
