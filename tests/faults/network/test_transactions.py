"""Transactions through a storm: what was committed is seen once and whole, what was aborted is never seen."""

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from random import Random

import pytest

from kafka_nio.errors import KafkaError, KafkaTimeoutError
from tests.faults.network.loop_watch import LoopWatch
from tests.faults.network.past_the_doors import read_past_the_doors
from tests.faults.network.trial import PARTITIONS, QUICK, SETTING, TOPIC, Trial, new_producer, trial
from tests.faults.network.weather import LEAST_STRIKES, storm
from tests.faults.table import Note, Outcome

pytestmark = [pytest.mark.faults, pytest.mark.slow]

SHORT_STORM_S = 3
LONG_STORM_S = 20
LONG_STORMS = range(1, 4)
CALL_S = 0.3
"""How long a call waits for the coordinator; then it is made again."""
ATTEMPTS = 100
ABORT_EVERY = 4
"""Every so many transactions are aborted on purpose."""
OPTIONS = {**QUICK, "transactional_id": "till 3", "transaction_timeout_ms": 60_000}


class Application:
    """Makes one transaction after the other, one record for each partition, as an application has to do it.

    Some are aborted on purpose, after their records have been written.
    """

    def __init__(self, producing: Trial) -> None:
        self._producing = producing
        self._producer = producing.producer
        self.ends: dict[int, str] = {}
        """By the transaction's number: committed, aborted, or unknown."""
        self.producers = 1
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="application", daemon=True)
        self._problem: BaseException | None = None

    @contextmanager
    def running(self) -> Iterator["Application"]:
        """In a thread of its own, until the block ends; it finishes the transaction that it is in."""
        self._thread.start()
        try:
            yield self
        finally:
            self._is_over.set()
            self._thread.join()
            self._producer.close(timeout=CALL_S)
        if self._problem is not None:
            raise self._problem

    def _run(self) -> None:
        try:
            self._until_answered(self._producer.init_transactions)
            number = 0
            while not self._is_over.is_set():
                self.ends[number] = self._transaction(number)
                number += 1
        except BaseException as problem:  # the test raises it again
            self._problem = problem

    def _transaction(self, number: int) -> str:
        committing = False
        try:
            self._producer.begin_transaction()
            for partition in range(PARTITIONS):
                self._producer.send(TOPIC, b"%d" % number, partition=partition)
            self._producer.flush()
            if number % ABORT_EVERY == 0:
                self._until_answered(self._producer.abort_transaction)
                return "aborted"
            committing = True
            self._until_answered(self._producer.commit_transaction)
        except KafkaError as error:
            return self._recover(error, committing)
        return "committed"

    def _recover(self, error: KafkaError, committing: bool) -> str:
        if not error.fatal:
            try:
                self._until_answered(self._producer.abort_transaction)
            except KafkaError:
                pass
            else:
                return "aborted"
        self._begin_anew()
        return "unknown" if committing else "aborted"

    def _begin_anew(self) -> None:
        """The next producer of this name ends what the last one has left open."""
        self._producer.close(timeout=0)
        self._producer = new_producer(self._producing.network, LoopWatch(), OPTIONS)
        self.producers += 1
        self._until_answered(self._producer.init_transactions)

    def _until_answered(self, call: Callable[[float], None]) -> None:
        for _ in range(ATTEMPTS):
            with suppress(KafkaTimeoutError):
                return call(CALL_S)
        raise AssertionError(f"{call} was never answered")


def judge(application: Application, producing: Trial, name: str, note: Note) -> None:
    """Read what is committed, as a consumer does."""
    ends = Counter(application.ends.values())
    seen: list[list[int]] = [[] for _ in range(PARTITIONS)]
    for record in read_past_the_doors(producing.cluster, TOPIC, PARTITIONS, PARTITIONS * ends["committed"]):
        seen[record.partition].append(int(record.value or b""))
    committed = {number for number, end in application.ends.items() if end == "committed"}
    aborted = {number for number, end in application.ends.items() if end == "aborted"}
    lost = sum(len(committed - set(numbers)) for numbers in seen)
    duplicated = sum(len(numbers) - len(set(numbers)) for numbers in seen)
    reordered = sum(later < earlier for numbers in seen for earlier, later in pairwise(numbers))
    told = ", ".join(f"{ends[end]} {end}" for end in ("committed", "aborted", "unknown"))
    producers = "1 producer" if application.producers == 1 else f"{application.producers} producers"
    note(
        Outcome(
            setting=f"{SETTING}: transactions",
            fault=name,
            acknowledged=PARTITIONS * ends["committed"],
            failed=PARTITIONS * (ends["aborted"] + ends["unknown"]),
            lost=lost,
            duplicated=duplicated,
            reordered=reordered,
            remark=f"{told}, by {producers}; {producing.struck}",
        )
    )
    assert (lost, duplicated, reordered) == (0, 0, 0)
    assert not aborted & set().union(*seen), "aborted, and yet to be seen"
    assert all(set(numbers) == set(seen[0]) for numbers in seen), "a transaction is seen in part"
    assert committed, "nothing got through"


def weather_a_storm(seed: int, seconds: float, note: Note) -> None:
    random = Random(seed)
    with trial(least_strikes=LEAST_STRIKES, **OPTIONS) as producing:
        application = Application(producing)
        with application.running():
            storm(producing.network, random, seconds)
        judge(application, producing, f"{seconds:.0f} s of faults drawn at random, seed {seed}", note)


@pytest.mark.parametrize("seed", [int(os.environ.get("KAFKA_NIO_STORM_SEED", "1"))])
def test_transactions_in_a_short_storm(seed: int, note: Note) -> None:
    weather_a_storm(seed, SHORT_STORM_S, note)


@pytest.mark.parametrize("seed", LONG_STORMS)
def test_transactions_in_a_long_storm(seed: int, note: Note) -> None:
    weather_a_storm(seed, LONG_STORM_S, note)
