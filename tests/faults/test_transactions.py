"""A program with transactions is killed by `kill -9`, again and again; its successor has the same transactional id.

Readers of what is committed see whole transactions only, and each of them once: all that the program said were
committed, none that it said were aborted. Of one whose end it did not live to tell, all or nothing.
"""

import queue
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from tests.faults.ledger import read_all
from tests.faults.table import Note, Outcome
from tests.faults.teller import PARTITIONS, RECORDS, value_of
from tests.support.kafka_cluster import KafkaCluster
from tests.support.read_back import ReadRecord

pytestmark = pytest.mark.faults

ROOT = Path(__file__).parents[2]
SETTING = "Transactions on three nodes of Apache Kafka"

PATIENCE_S = 60
"""For the next word of a program."""

ENDED = "ended"
MANY = 1_000_000


class Teller:
    """The program, and what it has said so far."""

    def __init__(self, cluster: KafkaCluster, topic: str, first: int, count: int) -> None:
        arguments = [cluster.bootstrap_servers, topic, topic, str(first), str(count)]
        self._complaints = tempfile.TemporaryFile("w+")  # noqa: SIM115  # `close` closes it
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.teller", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
            text=True,
        )
        self._said: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        self._listening = threading.Thread(target=self._listen)
        self._listening.start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            word, number = line.split()
            self._said.put((word, int(number)))
        self._said.put((ENDED, -1))

    def next(self) -> tuple[str, int]:
        """Its next word, and which transaction it is about.

        Raises:
            queue.Empty: it says nothing.
        """
        return self._said.get(timeout=PATIENCE_S)

    def close(self) -> str:
        """Kill it if it still lives; what it complained of."""
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self._listening.join()
        self.process.stdout.close()
        with self._complaints as complaints:
            complaints.seek(0)
            return complaints.read()


class Account:
    """What the programs said, one after the other."""

    def __init__(self, cluster: KafkaCluster) -> None:
        self.cluster = cluster
        self.topic = cluster.create_topic("transactions", PARTITIONS)
        self.ends: dict[int, str] = {}
        """The last that was said of each transaction."""
        self.recoveries_s: list[float] = []
        """From each fault to the next commit."""
        self._fault_s: float | None = None

    def fault_begins(self) -> None:
        """The time to recover from it ends with the next commit."""
        self._fault_s = time.monotonic()

    @contextmanager
    def teller(self, count: int) -> Iterator[Teller]:
        """The next program, which is killed if the block ends before it does."""
        teller = Teller(self.cluster, self.topic, max(self.ends, default=-1) + 1, count)
        try:
            yield teller
        finally:
            complaints = teller.close()
            if complaints:
                print(complaints)

    def listen(self, teller: Teller, until: Callable[[str], bool]) -> None:
        """Write down what it says, up to a word that is waited for, or to its end."""
        word = ""
        while word != ENDED and not until(word):
            word, transaction = teller.next()
            if word != ENDED:
                self.ends[transaction] = word
            if word == "committed" and self._fault_s is not None:
                self.recoveries_s.append(time.monotonic() - self._fault_s)
                self._fault_s = None

    def listen_to(self, teller: Teller, transactions: int) -> None:
        """The same, for so many beginnings."""
        for _ in range(transactions):
            self.listen(teller, lambda word: word == "begun")

    def last_words(self, teller: Teller) -> None:
        """All that is left."""
        self.listen(teller, lambda word: False)

    # The reckoning...

    def reckon(self, note: Note, fault: str, remark: str) -> None:
        """Read what is committed, put the row into the table, and check what was promised."""
        ends = Counter(self.ends.values())
        committed = [transaction for transaction, end in self.ends.items() if end == "committed"]
        read = read_all(self.cluster.bootstrap_servers, self.topic, PARTITIONS, RECORDS * len(committed))
        found = Counter(record.value for record in read)
        missing = [value for transaction in committed for value in records_of(transaction) if value not in found]
        broken = [transaction for transaction in self.ends if number_found(found, transaction) not in (0, RECORDS)]
        outcome = Outcome(
            setting=SETTING,
            fault=fault,
            acknowledged=RECORDS * len(committed),
            lost=len(missing),
            duplicated=sum(copies - 1 for copies in found.values()),
            reordered=number_reordered(read),
            recovery_s=max(self.recoveries_s, default=None),
            within_s=PATIENCE_S,
            remark=f"{remark}; {len(committed)} transactions committed, {ends['aborted']} aborted, "
            f"{len(broken) or 'none'} seen in part",
        )
        print(outcome, flush=True)
        note(outcome)
        assert not missing, f"committed, and not there: {missing[:10]}"
        assert not broken, f"there in part: {broken[:10]}"
        undone = [transaction for transaction, end in self.ends.items() if end == "aborted"]
        assert not [transaction for transaction in undone if number_found(found, transaction)], "aborted, and there"
        assert outcome.duplicated == 0
        assert outcome.reordered == 0
        assert set(found) <= {value for transaction in self.ends for value in records_of(transaction)}
        assert outcome.in_time


def records_of(transaction: int) -> list[bytes]:
    return [value_of(transaction, index) for index in range(RECORDS)]


def number_found(found: Mapping[bytes | None, int], transaction: int) -> int:
    return sum(value in found for value in records_of(transaction))


def number_reordered(read: list[ReadRecord]) -> int:
    """Values sort as they were sent."""
    values = [[record.value or b"" for record in read if record.partition == number] for number in range(PARTITIONS)]
    return sum(later < earlier for column in values for earlier, later in pairwise(column))


def kill_again_and_again(account: Account, times: int) -> int:
    """Each time at a random moment of a transaction; returns how often it was open then, as far as it said."""
    seed = random.randrange(2**32)
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)
    in_the_middle = 0
    for _ in range(times):
        with account.teller(MANY) as teller:
            account.listen_to(teller, chance.randint(3, 9))
            moment = chance.choice(["begun", "written", "committed"])
            account.listen(teller, lambda word: word == moment)  # noqa: B023  # called before the next turn
            time.sleep(chance.uniform(0, 0.03))
            teller.process.kill()
            account.fault_begins()
            account.last_words(teller)
            assert teller.process.wait() == -9, "it ended by itself"
        last = max(account.ends)
        in_the_middle += account.ends[last] in ("begun", "written")
        print(f"killed; {last + 1} transactions so far, the last one {account.ends[last]}", flush=True)
    with account.teller(10) as teller:
        account.last_words(teller)
        assert teller.process.wait() == 0, "the last one was to end by itself"
    return in_the_middle


def test_a_program_is_killed_in_the_middle_of_a_transaction(kafka_cluster: KafkaCluster, note: Note) -> None:
    account = Account(kafka_cluster)
    in_the_middle = kill_again_and_again(account, 5)
    account.reckon(note, "`kill -9` of the program, 5 times", f"{in_the_middle} times a transaction was open")
    assert in_the_middle > 0, "it was never killed in the middle"


@pytest.mark.slow
def test_a_program_is_killed_forty_times(kafka_cluster: KafkaCluster, note: Note) -> None:
    account = Account(kafka_cluster)
    in_the_middle = kill_again_and_again(account, 40)
    account.reckon(note, "`kill -9` of the program, 40 times", f"{in_the_middle} times a transaction was open")
    assert in_the_middle >= 20, "it was rarely killed in the middle"


@pytest.mark.slow
def test_each_node_is_killed_in_turn(kafka_cluster: KafkaCluster, note: Note) -> None:
    """Among them the coordinator's. The program lives, aborts what it has to, and goes on."""
    account = Account(kafka_cluster)
    with account.teller(MANY) as teller:
        try:
            for node in kafka_cluster.nodes.values():
                account.listen_to(teller, 5)
                account.fault_begins()
                node.kill()
                account.listen(teller, lambda word: word == "committed")
                account.listen_to(teller, 5)
                kafka_cluster.restore()
        finally:
            kafka_cluster.restore()
        teller.process.kill()
        account.last_words(teller)
        assert teller.process.wait() == -9, "it ended by itself"
    with account.teller(10) as teller:
        account.last_words(teller)
        assert teller.process.wait() == 0
    account.reckon(note, "`kill -9` of each node in turn", "one of them the coordinator's")
