"""Which partition a record goes to, if the caller names none.

- A key decides: `murmur2(key)` modulo the number of *all* partitions, exactly as Java's producer does it, so that
  programs in any language put equal keys into the same partition. Partitions without a leader count too; otherwise a
  key would change its partition whenever a broker is away.
- No key: any partition will do, so the choice is made for good batches. `BuiltInPartitioner` sticks to one partition
  until about one batch's worth of bytes has gone there, then draws the next by lot (KIP-480, KIP-794). The shorter
  the queue of a partition, the more lots it has, and those led in the producer's own rack may come first
  (`partition_load.py`).

A caller who wants it otherwise hands a function in as `partitioner`; `RoundRobinPartitioner` is one.

Java: org.apache.kafka.clients.producer.internals.BuiltInPartitioner, producer.RoundRobinPartitioner
"""

import itertools
import struct
from functools import lru_cache
from random import Random

from kafka_nio.cluster import Cluster
from kafka_nio.producer.partition_load import PartitionLoad, in_rack

_SEED = 0x9747B28C
_M = 0x5BD1E995
_R = 24
_32_BITS = 0xFFFFFFFF
_31_BITS = 0x7FFFFFFF

CACHED_KEYS = 10_000
"""Hashing 16 bytes takes 3 us in Python, remembering them 0.1 us, and most topics have few keys."""
LONGEST_CACHED_KEY = 128


def murmur2(data: bytes) -> int:
    """Austin Appleby's MurmurHash2, 32 bits, with Kafka's seed; unsigned, where Java's is the same bits signed."""
    words, tail_size = divmod(len(data), 4)
    h = _SEED ^ len(data)
    for k in struct.unpack_from(f"<{words}I", data):
        k = k * _M & _32_BITS
        h = (h * _M ^ (k ^ k >> _R) * _M) & _32_BITS  # what is above 32 bits never comes down again
    if tail_size:
        h = (h ^ int.from_bytes(data[-tail_size:], "little")) * _M & _32_BITS
    h = (h ^ h >> 13) * _M & _32_BITS
    return h ^ h >> 15


_remembered_murmur2 = lru_cache(CACHED_KEYS)(murmur2)


def partition_for_key(key: bytes, partition_count: int) -> int:
    """The partition of a key. The sign bit is cut off; Java's comment warns that this is not the absolute value."""
    hashed = _remembered_murmur2(key) if len(key) <= LONGEST_CACHED_KEY else murmur2(key)
    return (hashed & _31_BITS) % partition_count


class BuiltInPartitioners(dict[str, "BuiltInPartitioner"]):
    """One for each topic, made when it is first asked for. The arguments are theirs."""

    def __init__(
        self, sticky_batch_size: int, random: Random, load: PartitionLoad | None, rack: str | None = None
    ) -> None:
        super().__init__()
        self._sticky_batch_size = sticky_batch_size
        self._random = random
        self._load = load
        self._rack = rack

    def __missing__(self, topic: str) -> "BuiltInPartitioner":
        made = BuiltInPartitioner(topic, self._sticky_batch_size, self._random, self._load, self._rack)
        self[topic] = made
        return made


class BuiltInPartitioner:
    """The partition that the records without a key of one topic stick to at the moment.

    Belongs to the accumulator and is called with its lock held.

    Args:
        topic: the topic.
        sticky_batch_size: bytes after which to move on; the accumulator's batch size.
        random: where the lots come from.
        load: how busy the partitions are; None to give all of them the same lots.
        rack: the rack whose leaders are preferred; None if all are the same to us.
    """

    __slots__ = ("_load", "_rack", "_random", "_sticky_batch_size", "partition", "produced_bytes", "topic")

    def __init__(
        self,
        topic: str,
        sticky_batch_size: int,
        random: Random,
        load: PartitionLoad | None = None,
        rack: str | None = None,
    ) -> None:
        self.topic = topic
        self._rack = rack
        self._load = load
        self._sticky_batch_size = sticky_batch_size
        self._random = random
        self.partition: int | None = None
        """The current one, once it was asked for."""
        self.produced_bytes = 0
        """How many have gone there."""

    def current_partition(self, cluster: Cluster) -> int:
        """The partition for the next record. Java: peekCurrentPartitionInfo"""
        if self.partition is None:
            self.partition = self.next_partition(cluster)
        return self.partition

    def update_partition_info(self, appended_bytes: int, cluster: Cluster, enable_switch: bool) -> None:
        """Note that bytes went to the current partition, and move on if it was enough.

        Enough is one batch. But with a long linger, leaving in the middle of a batch would send fractions of batches:
        12 kB when the time is up, then the 4 kB that were left to the old partition. So as long as the queue has an
        unfinished batch the switch waits, up to two batches' worth.
        """
        self.produced_bytes += appended_bytes
        if self.produced_bytes >= self._sticky_batch_size * (1 if enable_switch else 2):
            self.produced_bytes = 0
            self.partition = self.next_partition(cluster)

    def next_partition(self, cluster: Cluster) -> int:
        """Draw a partition: among those with a leader, the near ones first, or among all if none has one."""
        available = cluster.available_partitions_for_topic(self.topic)
        if self._load is None or len(available) < 2:
            partitions = in_rack(available, self._rack) or cluster.partitions_for_topic(self.topic)
            return self._random.choice(partitions).partition
        partitions = in_rack(self._load.responsive(available) or available, self._rack)
        return self._random.choices(partitions, self._load.weights(partitions))[0].partition

    def __repr__(self) -> str:
        return f"<BuiltInPartitioner {self.topic}-{self.partition}: {self.produced_bytes} bytes so far>"


class RoundRobinPartitioner:
    """Each record to the next partition, whatever its key: `KafkaProducer(partitioner=RoundRobinPartitioner())`.

    Spreads records evenly even if there are few of them, at the price of small batches. Partitions without a leader are
    left out as long as others have one.
    """

    def __init__(self) -> None:
        self._turns: dict[str, itertools.count[int]] = {}

    def __call__(self, topic: str, key: bytes | None, value: bytes | None, cluster: Cluster) -> int:
        """The partition for the next record of this topic. Any thread may ask."""
        turn = next(self._turns.setdefault(topic, itertools.count()))
        partitions = cluster.available_partitions_for_topic(topic) or cluster.partitions_for_topic(topic)
        return partitions[turn % len(partitions)].partition

    def __repr__(self) -> str:
        return "RoundRobinPartitioner()"
