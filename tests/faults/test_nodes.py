"""A node of three goes away, or only seems to, while records are sent; none is lost, doubled or out of order."""

import time

import pytest

from tests.faults.table import Note
from tests.faults.trial import Trial
from tests.support.kafka_cluster import KafkaCluster, wait_until

pytestmark = pytest.mark.faults

NOT_PROMISED = "What is not promised"

TOO_LATE = "have passed since the batch was made"

IMPATIENT = {"request_timeout_ms": 4_000}
"""How long a request to a frozen node is waited for; thirty seconds if not set."""


def test_the_leader_is_killed(kafka_cluster: KafkaCluster, note: Note) -> None:
    with Trial(kafka_cluster, note, "`kill -9` of a leader", within_s=30) as trial:
        leader = kafka_cluster.leader(trial.topic)
        trial.fault_begins()
        kafka_cluster.nodes[leader].kill()
        trial.goes_on()
        assert kafka_cluster.leader(trial.topic) != leader


@pytest.mark.slow
def test_the_producer_is_closed_while_a_leader_is_missing(kafka_cluster: KafkaCluster, note: Note) -> None:
    """Without a flush before: `close` itself waits until what is under way has an outcome."""
    fault = "`kill -9` of a leader, then `close()` with records under way"
    with Trial(kafka_cluster, note, fault, within_s=30) as trial:
        trial.fault_begins()
        kafka_cluster.nodes[kafka_cluster.leader(trial.topic)].kill()
        trial.close_while_records_wait(200)


@pytest.mark.slow
def test_a_node_is_frozen_for_a_moment(kafka_cluster: KafkaCluster, note: Note) -> None:
    """Shorter than the others take to call it dead: it goes on leading."""
    with Trial(kafka_cluster, note, "a leader frozen for 1.5 s", within_s=30) as trial:
        leader = kafka_cluster.nodes[kafka_cluster.leader(trial.topic)]
        trial.fault_begins()
        leader.freeze()
        time.sleep(1.5)
        leader.thaw()
        trial.goes_on()


@pytest.mark.slow
def test_the_controller_is_killed(kafka_cluster: KafkaCluster, note: Note) -> None:
    with Trial(kafka_cluster, note, "`kill -9` of the active controller", within_s=30) as trial:
        controller = kafka_cluster.controller()
        trial.fault_begins()
        kafka_cluster.nodes[controller].kill()
        trial.goes_on()
        assert kafka_cluster.controller() != controller


@pytest.mark.slow
def test_one_node_after_the_other_is_started_anew(kafka_cluster: KafkaCluster, note: Note) -> None:
    with Trial(kafka_cluster, note, "a rolling restart", within_s=60) as trial:
        for node in kafka_cluster.nodes.values():
            trial.say(f"{node} shuts down")
            trial.fault_begins()
            node.shut_down()
            trial.goes_on()
            kafka_cluster.restore()


@pytest.mark.slow
def test_a_node_is_frozen_until_it_is_taken_for_dead(kafka_cluster: KafkaCluster, note: Note) -> None:
    """When it wakes up it still takes itself for the leader, with requests to answer that nobody waits for any more."""
    with Trial(
        kafka_cluster,
        note,
        "a leader frozen until others lead",
        options=IMPATIENT,
        within_s=30,
        remark="request.timeout.ms=4000",
    ) as trial:
        leader = kafka_cluster.leader(trial.topic)
        trial.fault_begins()
        kafka_cluster.nodes[leader].freeze()
        trial.goes_on()
        kafka_cluster.nodes[leader].thaw()
        wait_until(lambda: kafka_cluster.leader(trial.topic) != leader, "another leader", 30)


@pytest.mark.slow
def test_the_leader_is_killed_again_and_again(kafka_cluster: KafkaCluster, note: Note) -> None:
    with Trial(kafka_cluster, note, "`kill -9` of a leader, three times", within_s=60) as trial:
        for partition in range(3):
            trial.fault_begins()
            kafka_cluster.nodes[kafka_cluster.leader(trial.topic, partition)].kill()
            trial.goes_on()
            kafka_cluster.restore()


@pytest.mark.slow
def test_all_nodes_are_killed_at_once(kafka_cluster: KafkaCluster, note: Note) -> None:
    with Trial(kafka_cluster, note, "`kill -9` of all three nodes", within_s=60) as trial:
        trial.fault_begins()
        for node in kafka_cluster.nodes.values():
            node.kill()
        for node in kafka_cluster.nodes.values():
            node.start()
        trial.goes_on()


@pytest.mark.slow
def test_the_nodes_are_frozen_for_longer_than_records_wait(kafka_cluster: KafkaCluster, note: Note) -> None:
    """They fail, although they may be written when they wake up; those behind them are in order."""
    with Trial(
        kafka_cluster,
        note,
        "all nodes frozen for longer than delivery.timeout.ms",
        options={"delivery_timeout_ms": 2_000, "request_timeout_ms": 1_000},
        may_fail_with=(TOO_LATE,),
        within_s=30,
        remark="delivery.timeout.ms=2000",
    ) as trial:
        trial.fault_begins()
        for node in kafka_cluster.nodes.values():
            node.freeze()
        trial.load.wait_for_failures(500, TOO_LATE)
        for node in kafka_cluster.nodes.values():
            node.thaw()
        trial.goes_on()


@pytest.mark.slow
def test_what_only_the_leader_has_is_lost_with_it(kafka_cluster: KafkaCluster, note: Note) -> None:
    """The counter-test: with acks=1 records are lost, and the comparison sees that."""
    with Trial(
        kafka_cluster,
        note,
        "with `acks=1`: `kill -9` of a leader whose followers were frozen",
        setting=NOT_PROMISED,
        options={"acks": "1", "enable_idempotence": False},
        allowed={"lost", "duplicated", "reordered"},
        remark="a record that only its leader has is lost with it",
    ) as trial:
        leader = kafka_cluster.leader(trial.topic)
        followers = [node for node in kafka_cluster.nodes.values() if node.node_id != leader]
        for node in followers:
            node.freeze()
        trial.load.wait_until_partitions_go_on({0})
        trial.fault_begins()
        kafka_cluster.nodes[leader].kill()
        for node in followers:
            node.thaw()
        trial.goes_on()
    assert trial.found.lost, "nothing was lost; would it be seen if it were?"
