"""What a selector counts: connections, logins, messages, bytes; `metric_names` lists what is made of it.

Messages are counted for each peer as well, if somebody has asked for metrics. (A broker has more peers than anybody
would look at.)

Left out against Java: partial reads and writes. A message is counted when its last byte has passed.

Java: org.apache.kafka.common.network.Selector.SelectorMetrics
"""

from kafka_nio.metrics import NS_PER_MS, Metrics
from kafka_nio.network.kafka_channel import KafkaChannel
from kafka_nio.network.transfer import NetworkReceive, NetworkSend


class SelectorMetrics:
    """Tells the sensors. With `metrics` None it counts for nobody."""

    def __init__(self, metrics: Metrics | None) -> None:
        self._has_readers = metrics is not None
        self._metrics = metrics or Metrics()

    def connected(self) -> None:
        """A connection stands."""
        self._metrics.count("connection-creation")

    def closed(self) -> None:
        """A connection is closed."""
        self._metrics.count("connection-close")

    def prepared(self, channel: KafkaChannel, now_ns: int) -> None:
        """The connection has gone on with its handshake or its login. If that was the end of it, it counts."""
        if not channel.is_ready:
            return
        began_ns = channel.reauthentication_began_ns
        if began_ns is None:
            self._metrics.count("successful-authentication")
            self._metrics.count("successful-authentication-no-reauth")
        else:
            self._metrics.count("successful-reauthentication")
            self._metrics.record("reauthentication-latency", (now_ns - began_ns) / NS_PER_MS)

    def refused(self, channel: KafkaChannel) -> None:
        """The handshake or the login has failed."""
        if channel.reauthentication_began_ns is None:
            self._metrics.count("failed-authentication")
        else:
            self._metrics.count("failed-reauthentication")

    def sent(self, send: NetworkSend) -> None:
        """The last byte of a message has left."""
        self._record("request-size", send.size, send.destination)

    def received(self, receive: NetworkReceive) -> None:
        """A message is handed over."""
        self._record("response-size", receive.size, receive.source)

    def _record(self, sensor: str, size: int, peer: str) -> None:
        self._metrics.record(sensor, size, f"node-{peer}" if self._has_readers else "")

    def waited(self, duration_ns: int) -> None:
        """A look at the network has slept so long."""
        self._metrics.record("io-wait-time-ns", duration_ns)

    def worked(self, duration_ns: int) -> None:
        """Reading and writing has taken so long."""
        self._metrics.record("io-time-ns", duration_ns)
