"""What the callers of a batch's records are told when its time is over: how long it waited, and for what.

Java: org.apache.kafka.clients.producer.internals.Sender, its failExpiredBatches
"""

from kafka_nio.cluster import Cluster
from kafka_nio.errors import KafkaTimeoutError
from kafka_nio.producer.producer_batch import ProducerBatch


def expired_in_queue(
    batch: ProducerBatch, cluster: Cluster, last_failure: str | None, now_ms: int, *, lacks_producer_id: bool = False
) -> KafkaTimeoutError:
    """The error of a batch that waited for its turn, or for another one.

    Args:
        last_failure: what went wrong last on the way to the leader, or to one that tells where the partitions are.
        lacks_producer_id: whether no batch could be numbered, for want of the producer's id.
    """
    because = f" ({last_failure})" if last_failure is not None else ""
    if batch.last_error is not None:
        attempt = "its only attempt" if batch.attempts == 1 else f"the last of {batch.attempts} attempts"
        reason = f"{attempt} failed: {batch.last_error}"
        if last_failure is not None and last_failure not in reason:
            reason += f"; since then: {last_failure}"
    elif lacks_producer_id:
        reason = f"no broker has answered InitProducerId, so the producer has no id yet{because}"
    elif cluster.leader_for(batch.topic_partition) is None:
        reason = f"no leader is known for the partition{because}"
    else:
        reason = f"{_leader(batch, cluster)} was not ready to take a request{because}"
    return _expired(batch, reason, now_ms)


def expired_in_flight(batch: ProducerBatch, cluster: Cluster, now_ms: int) -> KafkaTimeoutError:
    """The error of a batch that was sent."""
    return _expired(batch, f"{_leader(batch, cluster)} has not answered the request it was in", now_ms)


def _expired(batch: ProducerBatch, reason: str, now_ms: int) -> KafkaTimeoutError:
    waited_ms = now_ms - batch.created_ms
    error = KafkaTimeoutError(
        f"Expiring {batch.record_count} record(s) for {batch.topic_partition}: {waited_ms} ms have passed since the "
        f"batch was made; {reason}"
    )
    error.__cause__ = batch.last_error
    return error


def _leader(batch: ProducerBatch, cluster: Cluster) -> str:
    leader = cluster.leader_for(batch.topic_partition)
    return f"its leader {leader}" if leader is not None else "its former leader"
