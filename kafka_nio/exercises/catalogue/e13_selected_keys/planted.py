"""What the learner is to mend.

Java: no counterpart.
"""

from kafka_nio.errors import AuthenticationError
from kafka_nio.network import KafkaChannel, Selector
from kafka_nio.nio import SelectionKey


def poll_selection_keys(
    self: Selector, keys: dict[SelectionKey, None], is_immediately_connected: bool, now_ns: int
) -> None:
    """Do for each key what it is ready for."""
    for key in tuple(keys):
        channel: KafkaChannel = key.attachment
        self._idle_expiry.update(channel.id, now_ns)
        try:
            self._poll_selection_key(key, channel, is_immediately_connected, now_ns)
        except AuthenticationError as error:
            self._metrics.refused(channel)
            self._close(channel, error)
        except Exception as error:
            self._close(channel, error)
