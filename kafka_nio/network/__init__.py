"""The network layer: whole messages in and out, over connections that are watched by one selector.

Bottom up:

- `transport`: how bytes get through a connection (plain TCP; TLS is another one of these).
- `transfer`: one framed message on its way, in pieces: `NetworkSend` and `NetworkReceive`.
- `kafka_channel`: one connection: a transport, at most one send, at most one receive.
- `idle_expiry`: which connection has been silent for longest.
- `selector`: all connections. `poll` moves what can be moved and leaves lists of what is now complete.

Client and broker use the same classes, as in Kafka.

Java: org.apache.kafka.common.network
"""

from kafka_nio.network.kafka_channel import ChannelBuilder, ChannelState, Disconnection, KafkaChannel, plaintext_channel
from kafka_nio.network.selector import Selector
from kafka_nio.network.transfer import MAX_RECEIVE_SIZE, NetworkReceive, NetworkSend
from kafka_nio.network.transport import PlaintextTransportLayer, TransportLayer

__all__ = [
    "MAX_RECEIVE_SIZE",
    "ChannelBuilder",
    "ChannelState",
    "Disconnection",
    "KafkaChannel",
    "NetworkReceive",
    "NetworkSend",
    "PlaintextTransportLayer",
    "Selector",
    "TransportLayer",
    "plaintext_channel",
]
