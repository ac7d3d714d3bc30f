"""A producer that knows in which rack it stands (KIP-1123)."""

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.producer import KafkaProducer

PATIENCE_S = 10


def leaders_of(cluster: EmbeddedCluster, *, key: bytes | None = None, **options: object) -> set[int]:
    """Which brokers the batches of a producer go to."""
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, batch_size=1, **options) as producer:
        leaders = {info.partition: info.leader for info in producer.partitions_for("orders")}
        futures = [producer.send("orders", b"one coffee", key=key and b"%d" % turn) for turn in range(40)]
        sent_to = (leaders[future.result(PATIENCE_S).partition] for future in futures)
        return {leader.id for leader in sent_to if leader is not None}


def test_it_learns_the_racks_of_brokers_and_sends_to_its_own() -> None:
    with EmbeddedCluster(nodes=3, partitions_per_topic=6, racks=("Graz", "Vienna", "Graz")) as cluster:
        assert leaders_of(cluster, client_rack="Vienna", partitioner_rack_aware=True) == {1}
        assert leaders_of(cluster, client_rack="Graz", partitioner_rack_aware=True) == {0, 2}
        assert leaders_of(cluster, client_rack="Linz", partitioner_rack_aware=True) == {0, 1, 2}


def test_the_rack_alone_changes_nothing() -> None:
    with EmbeddedCluster(nodes=2, partitions_per_topic=4, racks=("Graz", "Vienna")) as cluster:
        assert leaders_of(cluster, client_rack="Vienna") == {0, 1}


def test_a_key_beats_the_rack() -> None:
    with EmbeddedCluster(nodes=2, partitions_per_topic=4, racks=("Graz", "Vienna")) as cluster:
        assert leaders_of(cluster, key=b"table", client_rack="Vienna", partitioner_rack_aware=True) == {0, 1}
