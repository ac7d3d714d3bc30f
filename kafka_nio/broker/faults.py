"""Faults to order: errors, delays, throttling, silence, lost connections and odd pieces, for demos and tests.

    cluster.faults.add(Fault(ApiKey.PRODUCE, error=NotLeaderOrFollowerError, times=2))
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.RESPONSE_LOST))
    cluster.faults.add(Fault(ApiKey.METADATA, throttle_ms=100))
    cluster.faults.add(Fault(ApiKey.PRODUCE, delivery=Delivery.DRIBBLED))

A fault waits for the next request of its kind, strikes as often as it was told to, and is gone. Of several that fit,
the one that was added first strikes first, until it is used up.

Java: no counterpart.
"""

import threading
from dataclasses import KW_ONLY, dataclass
from enum import Enum

from kafka_nio.broker.delivery import Delivery
from kafka_nio.clock import NEVER
from kafka_nio.errors import ApiError
from kafka_nio.protocol.api import ApiKey


class Ending(Enum):
    """What becomes of a request that a fault strikes."""

    ANSWERED = "it is answered"
    REQUEST_LOST = "the connection breaks before the broker handles it"
    RESPONSE_LOST = "the broker handles it, and the connection breaks before the answer leaves"
    SILENCE = "the broker handles it and never answers"


FOR_EVER = NEVER
"""As `Fault.times`: until the faults are cleared."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with requests of one kind."""

    api_key: ApiKey | None
    """What kind of request; None for any."""
    _: KW_ONLY
    node_id: int | None = None
    """The broker it happens on; None for any."""
    times: float = 1
    """How many requests it strikes."""
    error: type[ApiError] | None = None
    """The broker answers with this error instead of doing what it is asked for."""
    delay_ms: float = 0
    """What comes back, an answer or the end of the connection, comes this much later."""
    throttle_ms: int = 0
    """The answer tells the client to be silent for so long, and nothing it says meanwhile is read (KIP-219)."""
    ending: Ending = Ending.ANSWERED
    delivery: Delivery = Delivery.WHOLE
    """How the bytes of the answer leave."""


class Faults:
    """The faults that have not struck yet. Tests add them, every broker's processor takes them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # guarded by the lock:
        self._waiting: dict[Fault, float] = {}

    def add(self, fault: Fault) -> None:
        """Let this happen; a fault added again happens that much more often."""
        with self._lock:
            self._waiting[fault] = self._waiting.get(fault, 0) + fault.times

    def clear(self) -> None:
        """Let nothing more happen."""
        with self._lock:
            self._waiting.clear()

    def next_for(self, node_id: int, api_key: ApiKey) -> Fault | None:
        """The fault that strikes this request, if any; it has struck once more then."""
        with self._lock:
            for fault, left in self._waiting.items():
                if fault.api_key in (None, api_key) and fault.node_id in (None, node_id):
                    self._use(fault, left)
                    return fault
        return None

    def _use(self, fault: Fault, left: float) -> None:
        self._waiting[fault] = left - 1
        if left <= 1:
            del self._waiting[fault]

    def __len__(self) -> int:
        return len(self._waiting)

    def __repr__(self) -> str:
        names = (fault.api_key.name if fault.api_key is not None else "any" for fault in self._waiting)
        return f"<Faults: {', '.join(names) or 'none'}>"
