"""What must hold after every history, whatever went wrong: the producer's promises, as sentences that are false if
nothing is broken.

- A record whose future succeeded is on the broker: exactly once if batches are numbered, at least once if not. Of one
  partition, such records are in the order of `send` if the options promise that. It is where its metadata says.
- A record whose future failed says why. With numbered batches it is on the broker once at most; and it did not fail
  because of its number, if it might be sent again as often as it takes.
- Every callback was called once, with what the future says, and in the time that `delivery.timeout.ms` sets.
- Of a transaction, all records are seen or none, as `commit_transaction` or `abort_transaction` said.
- After `close` no future is open and no memory is missing, and `close` took no longer than it may.
- When all is well again, records are written again.

Java: no counterpart.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from kafka_nio.errors import KafkaError, OutOfOrderSequenceError
from kafka_nio.producer import RecordMetadata
from kafka_nio.producer.producer_record import UNKNOWN_OFFSET
from kafka_nio.simulation.application import Application, Fate, Sent
from kafka_nio.simulation.brokers import SimulatedBrokers
from kafka_nio.simulation.plan import FOR_EVER, Plan

GRACE_MS = 2_000
"""How much longer than its timeouts say a close may take."""

A_TURN_MS = 150
"""How much later a record may get its outcome: by a turn of the loop, in which it may wait for a coordinator."""

LONGEST_CLOSE_MS = 120_000
"""In a transaction, whose end is asked for until there is an answer."""


class Written:
    """What stands in the logs at the end."""

    def __init__(self, brokers: SimulatedBrokers, *, committed_only: bool) -> None:
        self.values: dict[int, list[tuple[int, bytes]]] = {}
        """By partition: offset and value of every record."""
        for partition, log in enumerate(brokers.logs()):
            records = log.committed_records() if committed_only else log.records()
            self.values[partition] = [(record.offset, record.value or b"") for record in records]
        self.times = Counter(value for records in self.values.values() for _, value in records)

    def at(self, partition: int, offset: int) -> bytes | None:
        """The value at this place."""
        return next((value for found, value in self.values[partition] if found == offset), None)


def broken_promises(plan: Plan, application: Application, brokers: SimulatedBrokers) -> Iterator[str]:
    """One sentence for each promise that was broken."""
    yield from application.broken
    yield from _about_close(plan, application)
    everything = Written(brokers, committed_only=False)
    for sent in application.sent:
        yield from _about_outcome(plan, sent)
        yield from _about_place(plan, sent, everything)
    yield from _about_order(plan, application, everything)
    if plan.is_transactional:
        yield from _about_transactions(application, Written(brokers, committed_only=True))
    for proof in application.proofs:
        error = proof.raised or _error_of(proof)
        if error is not None:
            yield f"all was well again, and {proof.name} was not written: {error}"


def _about_close(plan: Plan, application: Application) -> Iterator[str]:
    if application.left_bytes:
        yield f"after close, {application.left_bytes} bytes of the buffer pool are missing"
    limit_ms = LONGEST_CLOSE_MS if plan.is_transactional else plan.delivery_timeout_ms + GRACE_MS
    if plan.close_timeout_s is not None:
        limit_ms = min(limit_ms, round(plan.close_timeout_s * 1000) + 1)
    if application.closing_ms > limit_ms:
        yield f"close took {application.closing_ms} ms, and {limit_ms} ms would have been long enough"


def _about_outcome(plan: Plan, sent: Sent) -> Iterator[str]:
    if sent.future is None:
        if sent.outcomes:
            yield f"send raised for {sent.name}, and its callback was called nevertheless"
        return
    if not sent.future.done():
        yield f"after close, the future of {sent.name} is open"
        return
    if len(sent.outcomes) != 1:
        yield f"the callback of {sent.name} was called {len(sent.outcomes)} times"
        return
    metadata, error = sent.outcomes[0]
    if error is not _error_of(sent) or (error is None and metadata != sent.future.result(0)):
        yield f"callback and future of {sent.name} say different things"
    if sent.took_ms > plan.delivery_timeout_ms + A_TURN_MS:
        yield f"{sent.name} had no outcome for {sent.took_ms} ms; its delivery timeout is {plan.delivery_timeout_ms} ms"
    if isinstance(error, OutOfOrderSequenceError) and plan.options["retries"] == FOR_EVER:
        yield f"{sent.name} failed because of its number, and no broker has forgotten any: {error}"
    if error is not None and not str(error):
        yield f"{sent.name} failed with {type(error).__name__}, which does not say why"


def _about_place(plan: Plan, sent: Sent, written: Written) -> Iterator[str]:
    times = written.times[sent.value]
    if sent.future is None:
        if times:
            yield f"send raised for {sent.name}, and it was written"
        return
    if times > 1 and plan.is_idempotent:
        yield f"{sent.name} was written {times} times"
    metadata = _metadata_of(sent)
    if metadata is None or plan.acks == 0:
        return
    if not times:
        yield f"{sent.name} was acknowledged and is lost"
    elif metadata.offset != UNKNOWN_OFFSET and written.at(metadata.partition, metadata.offset) != sent.value:
        yield f"{sent.name} was acknowledged at offset {metadata.offset}, and another record is there"


def _about_order(plan: Plan, application: Application, written: Written) -> Iterator[str]:
    if not plan.keeps_order or plan.acks == 0:
        return
    acknowledged = {sent.value: sent for sent in application.sent if _metadata_of(sent) is not None}
    for partition, records in written.values.items():
        first_times = dict.fromkeys(value for _, value in records if value in acknowledged)
        in_log = [acknowledged[value] for value in first_times]
        for earlier, later in pairwise(in_log):
            if later.returned < earlier.called:
                yield f"in partition {partition}, {earlier.name} stands before {later.name}, which was sent before it"


def _about_transactions(application: Application, seen: Written) -> Iterator[str]:
    parts: dict[int, list[Sent]] = {}
    for sent in application.sent:
        if sent.transaction is not None and _metadata_of(sent) is not None:
            parts.setdefault(id(sent.transaction), []).append(sent)
    for records in parts.values():
        transaction = records[0].transaction
        assert transaction is not None
        times = [seen.times[sent.value] for sent in records]
        if transaction.fate is Fate.COMMITTED and min(times) == 0:
            yield f"{transaction.fate.value}, and {records[times.index(0)].name} is not seen"
        if transaction.fate in (Fate.ABORTED, Fate.OPEN) and max(times) > 0:
            yield f"of a transaction {records[times.index(max(times))].name} is seen, and {transaction.fate.value}"
        if min(times) == 0 < max(times):
            yield f"of a transaction {records[times.index(max(times))].name} is seen, and another record is not"


def _error_of(sent: Sent) -> KafkaError | None:
    return sent.future.exception(0) if sent.future is not None and sent.future.done() else None


def _metadata_of(sent: Sent) -> RecordMetadata | None:
    """Where it was written, if the producer says that it was."""
    if sent.future is None or not sent.future.done() or sent.future.exception(0) is not None:
        return None
    return sent.future.result(0)
