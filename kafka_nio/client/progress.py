"""How far we have come in reaching the cluster: the step under way, and the last one that failed.

"Failed to update metadata" helps nobody. Between a program and its metadata lie a name to resolve, a connection, a
question about versions and the question itself, at one of several addresses. The sender's thread notes here which of
them it is waiting for and which went wrong; the thread that gives up waiting puts it into its error message.

Java: no counterpart.
"""

from dataclasses import dataclass

PATIENCE_MS = 1_000
"""A step that is under way for less than this is not yet to blame; the failure before it is."""


@dataclass(frozen=True, slots=True)
class _Step:
    doing: str
    since_ms: int


class Progress:
    """Written by the sender's thread, read by any. Each field is replaced whole, so there is no lock."""

    def __init__(self) -> None:
        self._under_way: _Step | None = None
        self._failure: str | None = None

    def begun(self, doing: str, now_ms: int) -> None:
        """A step begins: `connect to localhost:9092`."""
        self._under_way = _Step(doing, now_ms)

    def failed(self, failure: str) -> None:
        """A step has failed: `connect to localhost:9092 failed: Connection refused`."""
        self._under_way = None
        self._failure = failure

    def succeeded(self) -> None:
        """The metadata has arrived, so nothing is in the way any more."""
        self._under_way = self._failure = None

    def describe(self, now_ms: int) -> str | None:
        """What stands in the way now, or None."""
        step = self._under_way
        if step is None:
            return self._failure
        waited_ms = now_ms - step.since_ms
        if self._failure is not None and waited_ms < PATIENCE_MS:
            return self._failure
        return f"{step.doing}: no answer for {waited_ms} ms"
