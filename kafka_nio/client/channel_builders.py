"""Which channel a connection gets: plain or TLS, with a login or without, as `security.protocol` says.

                     nothing to prove    SASL
    plain TCP        PLAINTEXT           SASL_PLAINTEXT
    TLS              SSL                 SASL_SSL

What TLS and logins need is imported only where it is wanted, because loading it takes longer than a connection.

Java: org.apache.kafka.common.network.ChannelBuilders, SslChannelBuilder, SaslChannelBuilder
"""

from collections.abc import Callable
from random import Random

from kafka_nio.clock import Clock
from kafka_nio.network import ChannelBuilder, KafkaChannel, PlaintextTransportLayer, TransportLayer
from kafka_nio.nio import SelectionKey
from kafka_nio.security_options import SecurityConfig


def channel_builder(config: SecurityConfig, client_id: str, clock: Clock, random: Random) -> ChannelBuilder:
    """What makes the channels of a client's connections.

    Raises:
        ConfigError: certificates or keys cannot be used.
        AuthenticationError: there is no token to log in with.
    """
    transport_for = _transports(config)
    if not config.uses_sasl:
        return lambda id, key, max_receive_size: KafkaChannel(id, transport_for(key), max_receive_size)
    from kafka_nio.client.sasl.client_authenticator import SaslClientAuthenticator
    from kafka_nio.client.sasl.mechanisms import mechanism_factory

    new_mechanism = mechanism_factory(config, clock, random)

    def build(id: str, key: SelectionKey, max_receive_size: int) -> KafkaChannel:
        transport = transport_for(key)
        authenticator = SaslClientAuthenticator(
            transport,
            node_id=id,
            client_id=client_id,
            new_mechanism=new_mechanism,
            max_receive_size=max_receive_size,
            clock=clock,
            random=random,
        )
        return KafkaChannel(id, transport, max_receive_size, authenticator)

    return build


def _transports(config: SecurityConfig) -> Callable[[SelectionKey], TransportLayer]:
    if not config.uses_tls:
        return PlaintextTransportLayer
    from kafka_nio.network.ssl_context import client_context
    from kafka_nio.network.ssl_transport import SslTransportLayer

    context = client_context(config)
    return lambda key: SslTransportLayer(key, context)
