"""How long to wait before the next attempt: twice as long each time, up to a limit, and never exactly alike.

The jitter keeps a thousand clients that lost the same broker at the same moment from coming back at the same moment.

Java: org.apache.kafka.common.utils.ExponentialBackoff
"""

import math
from dataclasses import dataclass
from random import Random

MULTIPLIER = 2
JITTER = 0.2

LEAST_PAUSE_MS = 10
"""How long to sleep, at least, while there is nothing to do but wait for the network, which ends the sleep anyway. A
backoff of 0 means to make the next attempt at once, not to look all the time whether this one has ended."""


@dataclass(frozen=True, slots=True)
class ExponentialBackoff:
    """Waits that grow from `initial_ms` to `max_ms`, each ±20 %; constant, without jitter, if both are equal.

    Source: KIP-144 (reconnects), KIP-580 (retries).
    """

    initial_ms: float
    max_ms: float
    random: Random

    def backoff(self, attempts: int) -> int:
        """The wait in milliseconds after this many failed attempts."""
        if self.max_ms <= self.initial_ms:
            return int(self.initial_ms)
        highest = math.log(self.max_ms / max(self.initial_ms, 1), MULTIPLIER)
        term = self.initial_ms * MULTIPLIER ** min(attempts, highest)
        return int(min(term * self.random.uniform(1 - JITTER, 1 + JITTER), self.max_ms))
