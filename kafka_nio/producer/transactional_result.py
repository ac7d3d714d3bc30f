"""The outcome of a call like `commit_transaction`, which the sender's thread brings about and the caller waits for.

A call that was waited for in vain can be made again: then it waits for the same result, and nothing is asked twice.

Java: org.apache.kafka.clients.producer.internals.TransactionalRequestResult
"""

import threading

from kafka_nio.clock import Clock
from kafka_nio.errors import KafkaError, KafkaTimeoutError


class TransactionalRequestResult:
    """Set once by the sender's thread, awaited by the application's."""

    def __init__(self, operation: str, clock: Clock) -> None:
        self.operation = operation
        """What is done, in the words of an error message."""
        self._clock = clock
        self._condition = threading.Condition()
        # guarded by the condition:
        self.is_completed = False
        """Whether there is an outcome."""
        self.error: KafkaError | None = None
        """Why it was not done; None while that is open, and after a success."""
        # belongs to the application's thread:
        self.is_acked = False
        """Whether the application has learned the outcome."""

    def done(self) -> None:
        """It is done."""
        self._complete(None)

    def fail(self, error: KafkaError) -> None:
        """It cannot be done."""
        self._complete(error)

    def _complete(self, error: KafkaError | None) -> None:
        with self._condition:
            if not self.is_completed:
                self.is_completed, self.error = True, error
            self._condition.notify_all()

    def wait(self, timeout_ms: float) -> None:
        """Wait for the outcome.

        Raises:
            KafkaTimeoutError: there is none yet; the same call may be made again.
            KafkaError: why it was not done.
        """
        with self._condition:
            if not self._clock.wait(self._condition, lambda: self.is_completed, timeout_ms):
                raise KafkaTimeoutError(f"{self.operation} was not done in {timeout_ms:.0f} ms; it is still under way")
        self.is_acked = True
        if self.error is not None:
            raise self.error

    def __repr__(self) -> str:
        state = "open" if not self.is_completed else "done" if self.error is None else f"failed: {self.error}"
        return f"<TransactionalRequestResult of {self.operation}: {state}>"
