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
        allowed={"failed"},
        within_s=30,
        remark=remark,
    ) as trial:
        for _ in range(TIMES):
            trial.load.wait_until_each_partition_goes_on(records=20)
            ends, first = last_offsets(trial.load.sent), len(trial.load.sent)
            trial.fault_begins()
            kafka_cluster.delete_topic(trial.topic)
            kafka_cluster.create_again(trial.topic, PARTITIONS)
            trial.load.wait_for(lambda: offsets_begin_again(trial.load.sent[first:], ends), "the new topic", 90)  # noqa: B023
        trial.lost_from = len(trial.load.sent) + 1


def last_offsets(sent: Sequence[Sent]) -> dict[int, int]:
    """The last offset of each partition."""
    return {one.partition: one.future.result(0).offset for one in sent if is_acknowledged(one)}


def offsets_begin_again(sent: Sequence[Sent], ends: Mapping[int, int]) -> bool:
    """Whether each partition has acknowledged an offset that it had acknowledged before."""
    acknowledged = [one for one in sent if is_acknowledged(one)]
    return {one.partition for one in acknowledged if one.future.result(0).offset < ends[one.partition]} == set(ends)
