"""The network layer: whole messages in and out, over connections that are watched by one selector.

Bottom up:

- `transport`, `ssl_transport`: how bytes get through a connection, as they are or by TLS; `ssl_context` reads the
  options for TLS.
- `transfer`: one framed message on its way, in pieces: `NetworkSend` and `NetworkReceive`.
- `authenticator`: what proves who is at the other end, and who we are.
- `kafka_channel`: one connection: a transport, an authenticator, at most one send, at most one receive.
- `staged_receives`: what has been read and not been handed over.
- `idle_expiry`: which connection has been silent for longest.
- `selector`: all connections. `poll` moves what can be moved and leaves lists of what is now complete.

Client and broker use the same classes, as in Kafka.

Java: org.apache.kafka.common.network
"""

from kafka_nio.network.authenticator import Authenticator, NoAuthenticator
from kafka_nio.network.kafka_channel import ChannelBuilder, ChannelState, Disconnection, KafkaChannel, plaintext_channel
from kafka_nio.network.selector import Selector
from kafka_nio.network.transfer import MAX_RECEIVE_SIZE, NetworkReceive, NetworkSend
from kafka_nio.network.transport import PlaintextTransportLayer, TransportLayer

__all__ = [
    "MAX_RECEIVE_SIZE",
    "Authenticator",
    "ChannelBuilder",
    "ChannelState",
    "Disconnection",
    "KafkaChannel",
    "NetworkReceive",
    "NetworkSend",
    "NoAuthenticator",
    "PlaintextTransportLayer",
    "Selector",
    "TransportLayer",
    "plaintext_channel",
]
