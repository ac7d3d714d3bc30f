"""A steady load: numbered records at a fixed rate, one partition after the other, and what becomes of each.

with SteadyLoad(producer, topic) as load:
    load.wait_until_each_partition_goes_on()     # it runs
    load.fault_begins()
    ...                                          # the fault
    load.wait_until_each_partition_goes_on()     # it is over
# here the thread has ended, and `load.sent` is complete
"""

import math
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Set
from itertools import count, pairwise
from types import TracebackType
from typing import Self

from kafka_nio.errors import KafkaError
from kafka_nio.producer import KafkaProducer, RecordMetadata
from tests.faults.ledger import Sent, value_of

PAUSE_S = 1.0
"""A partition that is not acknowledged for so long has paused. Each has its turn eighty times a second."""

LATE_S = 1.0
"""So far behind its time the load may be, when `send` has waited."""

PROGRESS_EVERY_S = 5


class SteadyLoad:
    """Sends from a thread of its own until its `with` block ends.

    Args:
        rate: records in a second, over all partitions.
        say: where a line of progress goes every few seconds.
    """

    def __init__(
        self,
        producer: KafkaProducer,
        topic: str,
        partitions: int = 6,
        rate: int = 500,
        say: Callable[[str], None] = print,
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._partitions = partitions
        self._rate = rate
        self._say = say
        self.sent: list[Sent] = []
        """Written by the load's thread."""
        self._acknowledged_s: dict[int, list[float]] = defaultdict(list)  # written by the producer's thread
        self._failures = 0  # written by the producer's thread
        self.longest_outcome_ms = 0.0
        """From the end of a call of `send` to the outcome of its record. Written by the producer's thread."""
        self._faults_s: list[float] = []
        self._over_s = math.inf
        self._mended_s: float | None = None
        self._problem: BaseException | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="steady load", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            self.stop()
        else:
            self.abandon()

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send no more; raise what went wrong, if anything did."""
        self.abandon()
        if self._problem is not None:
            raise self._problem

    def abandon(self) -> None:
        """Send no more. Something else went wrong already."""
        self._ending.set()
        self._thread.join()

    # The thread...

    def _run(self) -> None:
        try:
            self._send_until_the_end()
        except BaseException as problem:  # a test that waits for records looks here
            self._problem = problem

    def _send_until_the_end(self) -> None:
        began_s = first_s = told_s = time.monotonic()
        for number in count():
            due_s = began_s + number / self._rate
            if self._ending.wait(max(0.0, due_s - time.monotonic())):
                return
            began_s += max(0.0, time.monotonic() - due_s - LATE_S)  # what is missed is not made up for in a burst
            partition = number % self._partitions
            returned_s: list[float] = []
            callback = self._callback(partition, returned_s)
            future = self._producer.send(self._topic, value_of(number), partition=partition, callback=callback)
            returned_s.append(time.monotonic())
            self.sent.append(Sent(number, partition, future))
            if time.monotonic() - told_s > PROGRESS_EVERY_S:
                told_s = time.monotonic()
                self._say(f"{told_s - first_s:6.1f} s  {self}")

    def _callback(self, partition: int, returned_s: list[float]) -> Callable[[RecordMetadata, KafkaError | None], None]:
        def note(_: RecordMetadata, error: KafkaError | None) -> None:
            now_s = time.monotonic()
            for since_s in returned_s:  # unless the outcome was faster than the call
                self.longest_outcome_ms = max(self.longest_outcome_ms, (now_s - since_s) * 1000)
            if error is None:
                self._acknowledged_s[partition].append(now_s)
            else:
                self._failures += 1

        return note

    def __str__(self) -> str:
        acknowledged = sum(map(len, self._acknowledged_s.values()))
        return f"{len(self.sent)} records sent, {acknowledged} acknowledged, {self._failures} failed"

    # Waiting and measuring...

    def fault_begins(self) -> None:
        """From here on time to recover is counted, up to the next fault."""
        self._faults_s.append(time.monotonic())
        self._say(f"fault; {self}")

    def mended(self) -> None:
        """What nobody could recover from is mended; time to recover is counted from here on."""
        self._mended_s = time.monotonic()
        self._say(f"mended; {self}")

    def faults_are_over(self) -> None:
        """A pause that begins now has other reasons, such as a node that is just starting."""
        self._over_s = time.monotonic()

    def wait_until_each_partition_goes_on(self, timeout_s: float = 90, records: int = 1) -> None:
        """Return once each partition has acknowledged so many records that were sent after this call.

        Raises:
            TimeoutError: one of them did not in time.
        """
        self._wait_until_they_go_on(set(range(self._partitions)), records, timeout_s)

    def wait_until_partitions_go_on(self, partitions: Set[int], records: int = 100, timeout_s: float = 30) -> None:
        """Return once each of these partitions has acknowledged so many that were sent after this call.

        Raises:
            TimeoutError: one of them did not in time.
        """
        self._wait_until_they_go_on(partitions, records, timeout_s)

    def _wait_until_they_go_on(self, wanted: Set[int], records: int, timeout_s: float) -> None:
        first = len(self.sent)

        def they_do() -> bool:
            found = Counter(one.partition for one in self.sent[first:] if is_acknowledged(one))
            return all(found[partition] >= records for partition in wanted)

        self.wait_for(they_do, f"partitions {sorted(wanted)} to go on", timeout_s)

    def wait_for_failures(self, number: int, reason: str, timeout_s: float = 60) -> None:
        """Return once so many records have failed with these words in their reasons."""

        def failures() -> int:
            done = [one.future for one in self.sent if one.future.done()]
            return sum(reason in str(error) for future in done if (error := future.exception(0)) is not None)

        self.wait_for(lambda: failures() >= number, f"{number} failures with the words {reason!r}", timeout_s)

    def wait_for(self, condition: Callable[[], bool], what: str, timeout_s: float) -> None:
        """Return once the condition holds.

        Raises:
            TimeoutError: it did not hold in time.
        """
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            if self._problem is not None:
                raise self._problem
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"waited {timeout_s:.0f} s for {what}; {self}")
            time.sleep(0.05)

    def recovery_s(self) -> float | None:
        """From a fault until the last partition that paused was acknowledged again; None if none paused.

        Of several faults, the longest of these times. After a fault that had to be mended: from then until each
        partition was acknowledged again.
        """
        columns = list(self._acknowledged_s.values())
        if (mended_s := self._mended_s) is not None:
            return max(min(at_s for at_s in times_s if at_s > mended_s) for times_s in columns) - mended_s
        assert self._faults_s, "there was no fault"
        recoveries_s = [
            end_s - fault_s
            for fault_s, next_s in pairwise([*self._faults_s, self._over_s])
            for times_s in columns
            if (end_s := end_of_last_pause(times_s, fault_s, next_s)) is not None
        ]
        return max(recoveries_s, default=None)


def is_acknowledged(one: Sent) -> bool:
    """Whether this record's future has succeeded."""
    return one.future.done() and one.future.exception(0) is None


def end_of_last_pause(times_s: Iterable[float], fault_s: float, next_s: float = math.inf) -> float | None:
    """When the last gap ended that began before the next fault and reached behind this one."""
    gaps = ((max(begin_s, fault_s), end_s) for begin_s, end_s in pairwise([fault_s, *times_s]))
    ends = [end_s for begin_s, end_s in gaps if begin_s < next_s and end_s - begin_s > PAUSE_S]
    return ends[-1] if ends else None
