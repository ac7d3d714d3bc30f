"""Looking the bootstrap servers up in the background, again and again, until somebody knows them (KIP-909).

A program often starts together with the names that it needs: in a cluster of containers the name of a broker may appear
a minute after the program that wants to talk to it. With `bootstrap.resolve.timeout.ms` above 0 such a producer is made
at once. Its thread begins a lookup, looks at every poll whether that has come to an end, and begins another one after a
pause. When the time is over, it gives up for good.

A lookup waits in the operating system and cannot be told to hurry, so each has a thread of its own, which nobody waits
for. It leaves its result behind and wakes the poll.

Java: org.apache.kafka.clients.NetworkClient, its ensureBootstrapped
"""

import logging
import threading
from collections.abc import Callable

from kafka_nio.clock import NEVER, Clock
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import BootstrapResolutionError, ConfigError

log = logging.getLogger(__name__)

Addresses = list[tuple[str, int]]


class BootstrapResolution:
    """The search for the bootstrap servers' addresses. Everything but the lookups belongs to the sender's thread.

    Args:
        config: how long to go on, and the pause between two lookups.
        look_up: finds the servers whose names are known; ConfigError if there is none.
        clock: where time comes from, and by which the threads of the lookups are started.
        wakeup: ends the sleep of the sender's thread.
    """

    def __init__(
        self,
        config: ProducerConfig,
        look_up: Callable[[], Addresses],
        clock: Clock,
        wakeup: Callable[[], None],
    ) -> None:
        self._look_up = look_up
        self._timeout_ms = config.bootstrap_resolve_timeout_ms
        self._retry_backoff_ms = config.retry_backoff_ms
        self._clock = clock
        self._wakeup = wakeup
        # belongs to the sender's thread:
        self._give_up_at_ms = NEVER
        self._look_up_at_ms = -NEVER
        self._is_looking_up = False
        self._has_given_up = False
        self.problem = "the lookup of bootstrap.servers has not come to an end"
        """What is in the way, in the words of an error message."""
        # written by the thread of the lookup, one plain store:
        self._outcome: Addresses | ConfigError | None = None

    def proceed(self, now_ms: int) -> Addresses | None:
        """The addresses, once they are found; until then None, and everything that is due is done.

        Raises:
            BootstrapResolutionError: the time is over. After that there is nothing to do any more.
        """
        if self._give_up_at_ms == NEVER:
            self._give_up_at_ms = now_ms + self._timeout_ms
        if not self._has_given_up and (addresses := self._take_outcome(now_ms)) is not None:
            return addresses
        if now_ms >= self._give_up_at_ms and not self._has_given_up:
            self._has_given_up = True
            raise BootstrapResolutionError(
                f"bootstrap.servers could not be resolved within {self._timeout_ms} ms: {self.problem}"
            )
        if not self._is_looking_up and not self._has_given_up and now_ms >= self._look_up_at_ms:
            self._begin_lookup()
        return None

    def time_to_next_step(self, now_ms: int) -> float:
        """How long until `proceed` has something to do, in ms, if no lookup ends before."""
        if self._has_given_up:
            return NEVER
        next_step_ms = self._give_up_at_ms if self._is_looking_up else min(self._look_up_at_ms, self._give_up_at_ms)
        return max(next_step_ms - now_ms, 0)

    def _take_outcome(self, now_ms: int) -> Addresses | None:
        outcome, self._outcome = self._outcome, None
        if outcome is None:
            return None
        self._is_looking_up = False
        if isinstance(outcome, ConfigError):
            log.debug("%s; the next lookup follows in %s ms", outcome, self._retry_backoff_ms)
            self.problem = str(outcome)
            self._look_up_at_ms = now_ms + self._retry_backoff_ms
            return None
        return outcome

    def _begin_lookup(self) -> None:
        self._is_looking_up = True
        self._clock.start(threading.Thread(target=self._run, name="kafka-bootstrap-lookup", daemon=True))

    def _run(self) -> None:
        try:
            self._outcome = self._look_up()
        except ConfigError as error:
            self._outcome = error
        self._wakeup()

    def __repr__(self) -> str:
        return f"<BootstrapResolution: {'looking up' if self._is_looking_up else self.problem}>"
