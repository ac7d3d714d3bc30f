"""The outcome of a batch, and each record's share in it.

A broker answers for whole batches, so a batch has one `ProduceRequestResult`, which keeps the answer and wakes whoever
waits. A record's future, `FutureRecordMetadata`, is a pair: that result, and the record's place in the batch. To make
one costs two stores. A lock and an event for each record would cost more than everything else `send` does.

The outcome comes in two moves, as in Java. `set` notes the answer; then the batch calls the records' callbacks; `done`
lets the waiting threads go. So whoever returns from `result()` knows that the callback has run.

A batch may be split on its way. Then its result keeps no answer but the results of its parts, and each of its records
is to be looked for in one of them.

The future offers what `concurrent.futures.Future` offers to its reader: `result`, `exception`, `done`,
`add_done_callback`. It cannot be cancelled, because a record that has joined a batch cannot leave it. In an event loop
of asyncio it can be awaited: the loop goes on meanwhile, and is told by the producer's thread.

Java: org.apache.kafka.clients.producer.internals.ProduceRequestResult, FutureRecordMetadata
"""

import logging
import threading
from collections.abc import Callable, Generator, Sequence
from typing import Any, Protocol, TypeAlias

from kafka_nio.clock import NEVER, Clock
from kafka_nio.cluster import TopicPartition
from kafka_nio.errors import IllegalStateError, KafkaError
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.producer_record import NO_TIMESTAMP, UNKNOWN_OFFSET, RecordMetadata
from kafka_nio.spans import Stage, span

log = logging.getLogger(__name__)


class RecordColumns(Protocol):
    """What is remembered of a batch's records for their metadata: one entry a record."""

    @property
    def timestamps(self) -> Sequence[int]: ...

    @property
    def key_sizes(self) -> Sequence[int]: ...

    @property
    def value_sizes(self) -> Sequence[int]: ...


ErrorOf = Callable[[int], KafkaError]
"""The error of the record at this place in its batch."""


def same_for_all(error: KafkaError) -> ErrorOf:
    """One error for every record of a batch, as it mostly is."""
    return lambda index: error


DoneCallback: TypeAlias = Callable[["FutureRecordMetadata"], object]
"""Called with the future that has an outcome now."""


class ProduceRequestResult:
    """What became of one batch. Set once by the sender's thread, read and awaited by any other."""

    __slots__ = (
        "__weakref__",
        "_base_offset",
        "_clock",
        "_condition",
        "_done_callbacks",
        "_error_of",
        "_io_thread",
        "_key_sizes",
        "_log_append_time_ms",
        "_parts",
        "_timestamps",
        "_value_sizes",
        "is_done",
        "topic_partition",
    )

    def __init__(self, topic_partition: TopicPartition, clock: Clock, io_thread: IoThread) -> None:
        self.topic_partition = topic_partition
        self._clock = clock
        self._io_thread = io_thread
        self._condition = threading.Condition()
        # guarded by the condition:
        self._done_callbacks: list[tuple[FutureRecordMetadata, DoneCallback]] = []
        self.is_done = False
        """Whether the callbacks have run and waiting threads may go."""
        # written by `set`, read after it:
        self._base_offset = UNKNOWN_OFFSET
        self._log_append_time_ms = NO_TIMESTAMP
        self._error_of: ErrorOf | None = None
        self._timestamps: Sequence[int] = ()
        self._key_sizes: Sequence[int] = ()
        self._value_sizes: Sequence[int] = ()
        self._parts: Sequence[tuple[ProduceRequestResult, int]] = ()
        """If the batch was split: the result of each of its records, and the record's place in that part."""

    # The sender's side...

    def set(self, base_offset: int, log_append_time_ms: int, columns: RecordColumns) -> None:
        """Note that the batch was written, and what its records' metadata is made of.

        The columns are taken out of the batch, not the batch itself, so a future that is kept for long keeps no bytes.
        """
        self._base_offset = base_offset
        self._log_append_time_ms = log_append_time_ms
        self._timestamps = columns.timestamps
        self._key_sizes = columns.key_sizes
        self._value_sizes = columns.value_sizes

    def set_error(self, error_of: ErrorOf) -> None:
        """Note that the batch was not written, and why."""
        self._error_of = error_of

    def done(self) -> None:
        """Let go whoever waits, and call whoever asked for it."""
        with self._condition:
            self.is_done = True
            callbacks, self._done_callbacks = self._done_callbacks, []
            self._condition.notify_all()
        for future, function in callbacks:
            self._pass_on(function, future)

    def split_into(self, parts: Sequence[tuple["ProduceRequestResult", int]]) -> None:
        """Note where each record has gone, and send whoever waits there."""
        self._parts = parts
        self.done()

    # The reader's side...

    def place_of(self, index: int) -> tuple["ProduceRequestResult", int]:
        """Where the outcome of the record at this place is to be found: here, unless the batch was split."""
        result = self
        while result._parts:
            result, index = result._parts[index]
        return result, index

    def wait(self, timeout_ms: float = NEVER) -> bool:
        """Wait until the batch is done, and all that it was split into; return whether it is.

        Raises:
            IllegalStateError: called where nobody could end the wait: inside a callback, or in a child process.
        """
        deadline_ms = self._clock.now_ms() + timeout_ms
        not_seen = [self]
        while not_seen:
            result = not_seen.pop()
            if not result._wait_here(deadline_ms):
                return False
            not_seen.extend(dict.fromkeys(part for part, _ in result._parts))
        return True

    def wait_for(self, index: int, timeout_ms: float) -> bool:
        """As `wait`, but only until the record at this place has its outcome."""
        deadline_ms = self._clock.now_ms() + timeout_ms
        result = self
        while result._wait_here(deadline_ms):
            if not result._parts:
                return True
            result, index = result._parts[index]
        return False

    def _wait_here(self, deadline_ms: float) -> bool:
        if self.is_done:
            return True
        self._io_thread.refuse_in_child()
        if self._io_thread.is_current:
            raise IllegalStateError(f"{self!r} cannot be waited for inside a callback, which would wait for itself")
        with self._condition:
            timeout_ms = max(0, deadline_ms - self._clock.now_ms())
            return self._clock.wait(self._condition, lambda: self.is_done, timeout_ms)

    def error(self, index: int) -> KafkaError | None:
        """Why the record at this place was not written, or None if it was."""
        return self._error_of(index) if self._error_of is not None else None

    def metadata(self, index: int) -> RecordMetadata:
        """Where the record at this place was written."""
        topic, partition = self.topic_partition
        offset = self._base_offset + index if self._base_offset != UNKNOWN_OFFSET else UNKNOWN_OFFSET
        broker_time_ms = self._log_append_time_ms
        timestamp_ms = broker_time_ms if broker_time_ms != NO_TIMESTAMP else self._timestamps[index]
        return RecordMetadata(topic, partition, offset, timestamp_ms, self._key_sizes[index], self._value_sizes[index])

    def add_done_callback(self, future: "FutureRecordMetadata", function: DoneCallback) -> None:
        """Call `function(future)` once the batch is done, or now if it is."""
        with self._condition:
            if not self.is_done:
                self._done_callbacks.append((future, function))
                return
        self._pass_on(function, future)

    def _pass_on(self, function: DoneCallback, future: "FutureRecordMetadata") -> None:
        if self._parts:
            future.add_done_callback(function)  # it finds its way to the part
        else:
            _call(function, future)

    def __repr__(self) -> str:
        answer = "split" if self._parts else "failed" if self._error_of is not None else f"at {self._base_offset}"
        state = answer if self.is_done else "open"
        return f"<ProduceRequestResult of {self.topic_partition}: {state}>"


def _call(function: DoneCallback, future: "FutureRecordMetadata") -> None:
    try:
        function(future)
    except BaseException:
        # As with `call_back`: not even SystemExit may end the sender's thread.
        log.exception("A function added to %r by add_done_callback raised; it is ignored", future)


class FutureRecordMetadata:
    """What `send` returns: the place where the record's metadata, or its error, will be found.

    It has no `__init__`, which would cost more than its two stores; `ProducerBatch.try_append` makes them.
    """

    __slots__ = ("batch_result", "index")

    batch_result: ProduceRequestResult
    """What became of the batch."""
    index: int
    """The record's place in it."""

    @classmethod
    def of(cls, batch_result: ProduceRequestResult, index: int) -> "FutureRecordMetadata":
        """The future of the record at this place in a batch."""
        future = cls()
        future.batch_result, future.index = batch_result, index
        return future

    @classmethod
    def failed(cls, result: ProduceRequestResult, error: KafkaError) -> "FutureRecordMetadata":
        """The future of a record that never got into a batch, on a result of its own."""
        result.set_error(same_for_all(error))
        result.done()
        return cls.of(result, 0)

    @property
    def topic_partition(self) -> TopicPartition:
        """Where the record goes."""
        return self.batch_result.topic_partition

    @span(Stage.COMPLETE, show="timeout return")
    def result(self, timeout: float | None = None) -> RecordMetadata:
        """Wait for the record's metadata.

        Args:
            timeout: how long to wait, in seconds; None to wait until there is an outcome, which there always will be.

        Raises:
            KafkaError: why the record was not written.
            TimeoutError: there is no outcome yet. (A `KafkaTimeoutError` *is* an outcome: the producer gave up.)
        """
        error = self.exception(timeout)
        if error is not None:
            raise error
        result, index = self.batch_result.place_of(self.index)
        return result.metadata(index)

    def exception(self, timeout: float | None = None) -> KafkaError | None:
        """Wait for the outcome and return why the record was not written, or None if it was.

        Raises:
            TimeoutError: there is no outcome yet.
        """
        if not self.batch_result.wait_for(self.index, NEVER if timeout is None else timeout * 1000):
            raise TimeoutError(f"no outcome yet for a record of {self.batch_result.topic_partition} after {timeout} s")
        result, index = self.batch_result.place_of(self.index)
        return result.error(index)

    def __await__(self) -> Generator[Any, None, RecordMetadata]:
        """`await future`: the same as `result()`, without holding up the event loop.

        Whoever is cancelled here stops waiting; the record goes its way.
        """
        if not self.done():
            yield from _until_done(self)
        return self.result()

    def done(self) -> bool:
        """Whether there is an outcome, so that `result` would not wait."""
        result, _ = self.batch_result.place_of(self.index)
        return result.is_done

    def add_done_callback(self, function: DoneCallback) -> None:
        """Call `function(self)` once there is an outcome: on the producer's thread, or at once if there is one."""
        result, _ = self.batch_result.place_of(self.index)
        result.add_done_callback(self, function)

    def running(self) -> bool:
        """Whether the record is on its way."""
        return not self.done()

    def cancel(self) -> bool:
        """A record that was handed in cannot be taken back: False."""
        return False

    def cancelled(self) -> bool:
        """False, always."""
        return False

    def __repr__(self) -> str:
        return f"<FutureRecordMetadata {self.index} of {self.batch_result!r}>"


def _until_done(future: FutureRecordMetadata) -> Generator[Any, None, None]:
    import asyncio  # whoever waits here has it already; to all others it would cost a seventh of the start

    loop = asyncio.get_running_loop()
    waiter = loop.create_future()

    def end_wait() -> None:
        if not waiter.done():  # cancelled, perhaps
            waiter.set_result(None)

    def tell_loop(_: FutureRecordMetadata) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(end_wait)

    future.add_done_callback(tell_loop)
    yield from waiter
