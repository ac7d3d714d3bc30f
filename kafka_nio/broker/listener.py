"""What a broker asks of those who come in: nothing, TLS, a login, or both.

Java: org.apache.kafka.common.network.SslChannelBuilder (in its server mode)
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random, SystemRandom

from kafka_nio.broker.sasl.sasl_server import Users
from kafka_nio.network import ChannelBuilder, KafkaChannel, plaintext_channel
from kafka_nio.network.ssl_transport import SslTransportLayer
from kafka_nio.nio import SelectionKey


@dataclass(frozen=True, slots=True)
class ListenerSecurity:
    """How the connections of a broker are secured."""

    tls: ssl.SSLContext | None = None
    """The broker's certificate, and whose certificates it wants to see; None for plain TCP."""
    sasl: Mapping[str, Users] = field(default_factory=dict)
    """The users by the mechanisms through which they may log in; empty if nobody needs to."""
    random: Random = field(default_factory=SystemRandom)
    """Where salts and nonces come from."""

    @property
    def channel_builder(self) -> ChannelBuilder:
        """Makes the channel of a connection that came in."""
        return plaintext_channel if self.tls is None else _ssl_channel_builder(self.tls)

    def __repr__(self) -> str:
        return f"<ListenerSecurity: {'TLS' if self.tls else 'plain'}, {', '.join(self.sasl) or 'no login'}>"


def _ssl_channel_builder(context: ssl.SSLContext) -> ChannelBuilder:
    def ssl_channel(id: str, key: SelectionKey, max_receive_size: int) -> KafkaChannel:
        return KafkaChannel(id, SslTransportLayer(key, context, server_side=True), max_receive_size)

    return ssl_channel
