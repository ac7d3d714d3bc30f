"""A Kafka broker small enough to read, in the process of whoever needs one.

    with EmbeddedCluster(nodes=3) as cluster:
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers)

It speaks real Kafka over TCP, so any Kafka client can produce to it and fetch from it, and it is strict: what is not
exactly right is refused with the error Kafka would answer. From the socket inwards:

- `acceptor`: takes connections and hands them to a processor.
- `processor`: all connections of one broker, on the same `network.Selector` that clients use.
- `kafka_apis`: finds the handler of a request.
- `handlers`: what each request asks for, a function for each kind. `purgatory`: where a fetch waits.
- `replica_manager`: what this broker may do with which partition.
- `log_validator`, `partition_log`: whether a batch is in order, and where it is kept.
- `producer_state`: which batches of an idempotent producer have been kept already, and which transactions are open.
- `control_record`, `transaction_index`: how the end of a transaction is marked, and which ones were aborted.
- `transaction_coordinator`, `transaction_state`: who writes under which transactional id, and how a transaction ends.
- `group_coordinator`: the offsets of consumer groups that producers write in transactions.
- `listener`, `sasl`: what is asked of those who come in.
- `cluster_state`: what all brokers of the cluster agree on: topics, leaders, producer ids.
- `faults`: errors, delays, throttling and lost connections, to order; `delivery`: answers that come in odd pieces.

The records live in memory and end with the process.

Java: kafka.server (in Kafka's core module, most of it in Scala)
"""

from kafka_nio.broker.config import BrokerConfig
from kafka_nio.broker.delivery import Delivery
from kafka_nio.broker.embedded_broker import EmbeddedBroker, EmbeddedCluster
from kafka_nio.broker.faults import Ending, Fault, Faults
from kafka_nio.broker.partition import NO_LEADER
from kafka_nio.broker.partition_log import PartitionLog
from kafka_nio.broker.transaction_state import TransactionState

__all__ = [
    "NO_LEADER",
    "BrokerConfig",
    "Delivery",
    "EmbeddedBroker",
    "EmbeddedCluster",
    "Ending",
    "Fault",
    "Faults",
    "PartitionLog",
    "TransactionState",
]
