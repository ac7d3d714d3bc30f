"""Recordings written by hand, step by step, for what the real producer does not do."""

from kafka_nio.spans import Stage
from kafka_nio.tracing import Recording, Step
from kafka_nio.tracing.describe import Shown
from kafka_nio.tracing.step import Change

MS = 1_000_000
TICK = 1_000


class Story:
    """Tells a recording from its first step to its last; time moves by a tick with each, and by what a step takes."""

    def __init__(self) -> None:
        self.now_ns = 1000 * MS
        self.steps: list[Step] = []

    def step(
        self,
        name: str,
        shown: dict[str, Shown] | None = None,
        *,
        thread: str = "sender",
        took_ms: float = 0,
        under: Step | None = None,
        changes: dict[str, Shown | None] | None = None,
        count: int = 1,
        error_type: str | None = None,
    ) -> Step:
        """One more step. What it changes it has changed at its end."""
        start_ns, self.now_ns = self.now_ns, self.now_ns + TICK + round(took_ms * MS)
        step = Step(
            seq=len(self.steps) + 1,
            name=name,
            stage=Stage.POLL,
            thread=thread,
            function=f"elsewhere.{name}",
            file="elsewhere.py",
            line=1,
            source="0123456789ab",
            start_ns=start_ns,
            end_ns=self.now_ns,
            parent=under.seq if under else None,
            depth=under.depth + 1 if under else 0,
            shown=shown or {},
            changes=(Change(self.now_ns, changes),) if changes else (),
            state={} if not self.steps else None,
            count=count,
            error=None if error_type is None else "it failed",
            error_type=error_type,
        )
        self.steps.append(step)
        self.now_ns += TICK
        return step

    def select(self, found: int, *, timeout_ms: int = 1000, took_ms: float = 0, thread: str = "sender") -> Step:
        """A select that found so many keys ready."""
        return self.step(
            "nio.Selector.select", {"timeout_ms": timeout_ms, "return": found}, thread=thread, took_ms=took_ms
        )

    def keys(self, text: str) -> Step:
        """The selected keys are dealt with."""
        return self.step("Selector.poll_selection_keys", {"keys": text, "is_immediately_connected": False})

    def channel(self, name: str, channel: str = "0", *, moved: int | None = None, under: Step | None = None) -> Step:
        """A channel reads or writes, and if it asks its socket, the socket moves so many bytes."""
        step = self.step(f"KafkaChannel.{name}", {"self": f"{channel}: ready"}, under=under)
        if moved is not None:
            self.step(f"nio.SocketChannel.{name}", {"return": moved}, under=step)
        return step

    @property
    def recording(self) -> Recording:
        """All of it."""
        return Recording("story", tuple(self.steps))
