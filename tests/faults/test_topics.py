"""Partitions move and topics are made anew under a steady load."""

from collections.abc import Mapping, Sequence

import pytest

from tests.faults.ledger import Sent
from tests.faults.load import is_acknowledged
from tests.faults.table import Note
from tests.faults.trial import PARTITIONS, Trial
from tests.support.kafka_cluster import NODE_IDS, KafkaCluster, wait_until

pytestmark = [pytest.mark.faults, pytest.mark.slow]

TIMES = 10

AFTERWARDS = 100
"""So many records of each partition are sent once the last new topic is there."""

NEVER_TAKEN = "The broker received a sequence number that does not follow the last one"


def test_a_partition_moves(kafka_cluster: KafkaCluster, note: Note) -> None:
    """From its leader to the two others, and back."""
    with Trial(kafka_cluster, note, "a partition moved, and moved back", within_s=30) as trial:
        leader = kafka_cluster.leader(trial.topic)
        others = [node_id for node_id in NODE_IDS if node_id != leader]
        for replicas in (others, [leader, *others]):
            trial.fault_begins()
            kafka_cluster.move(trial.topic, 0, replicas)
            wait_until(lambda: kafka_cluster.replicas(trial.topic) == replicas, f"replicas {replicas}", 60)  # noqa: B023
            trial.goes_on()
        assert set(kafka_cluster.replicas(trial.topic)) == set(NODE_IDS)


def test_a_topic_is_deleted_and_created_again(kafka_cluster: KafkaCluster, note: Note) -> None:
    """What was acknowledged before is gone with the topic; what is sent to the new one is compared.

    In between, records may fail, with a reason. While a batch for the old topic is under way to one node, the next one
    may go to another that leads the new topic already. Its log is empty, so it takes that one, and never the former.
    """
    remark = "of the records before, those acknowledged are gone with their topic"
    with Trial(
        kafka_cluster,
        note,
        f"a topic deleted and created again, {TIMES} times",
        may_fail_with=(NEVER_TAKEN,),
        within_s=30,
        remark=remark,
    ) as trial:
        for _ in range(TIMES):
            trial.load.wait_until_each_partition_goes_on(records=20)
            ends, first = last_offsets(trial.load.sent), len(trial.load.sent)
            trial.fault_begins()
            kafka_cluster.delete_topic(trial.topic)
            kafka_cluster.create_again(trial.topic, PARTITIONS)
            trial.load.wait_for(lambda: set(begins(trial.load.sent[first:], ends)) == set(ends), "the new topic", 90)  # noqa: B023
        trial.load.wait_until_each_partition_goes_on(records=AFTERWARDS)
        trial.lost_from = begins(trial.load.sent[first:], ends)
    assert trial.found.compared >= AFTERWARDS * PARTITIONS


def last_offsets(sent: Sequence[Sent]) -> dict[int, int]:
    """The last offset of each partition."""
    done = [(one.partition, one.future.result(0)) for one in sent if is_acknowledged(one)]
    return {partition: told.offset for partition, told in done if told.has_offset}


def begins(sent: Sequence[Sent], ends: Mapping[int, int]) -> dict[int, int]:
    """For each partition the number of the first record whose offset was acknowledged once before: the first of the
    new topic. What was sent after it stands behind it."""
    found: dict[int, int] = {}
    for one in sent:
        if is_acknowledged(one):
            told = one.future.result(0)
            if told.has_offset and told.offset < ends[one.partition]:
                found.setdefault(one.partition, one.number)
    return found
