"""Takes keys out of the very set that it walks over.

Java: no counterpart.
"""

from kafka_nio.errors import KafkaError
from kafka_nio.network import Selector
from kafka_nio.nio import SelectionKey


def poll_selection_keys(
    self: Selector, keys: dict[SelectionKey, None], is_immediately_connected: bool, now_ns: int
) -> None:
    """Do for each key what it is ready for."""
    for key in keys:
        del keys[key]
        channel = key.attachment
        self._idle_expiry.update(channel.id, now_ns)
        try:
            self._poll_selection_key(key, channel, is_immediately_connected, now_ns)
        except (OSError, EOFError, KafkaError) as error:
            self._close(channel, error)
