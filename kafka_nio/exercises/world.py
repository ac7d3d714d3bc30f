"""What an exercise's tests are given: the demos, played with the learner's function in them, and a watch.

    def test_nothing_is_lost(play: Play) -> None:
        outcome = play("small-send-buffer")
        assert [...] == [step.name for step in outcome.recording.steps]

    def test_the_size_comes_first(watched: Watched) -> None:
        with watched() as watch:
            NetworkSend("1", [b"abc"]).write_to(transport)
        assert watch.recording.steps[0].name == "NetworkSend.write_to"

Both go the same way every time: threads take turns, and time is virtual.

Java: no counterpart.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace

from kafka_nio.demos import DEMOS, Demo, Outcome, try_demo
from kafka_nio.demos.running import Sparing
from kafka_nio.tracing import Recording, Watch, record

Play = Callable[..., Outcome]
Watched = Callable[[], AbstractContextManager[Watch]]


class World:
    """Where a test takes place. `recording` is of the last thing that was watched in it, however it ended.

    Args:
        sparing_brokers: has the brokers of this process go on with the right functions.
        lines: whether to note also which lines ran.
        played: the demos played already, if nothing of the learner's runs in them: they would go the same way.
    """

    def __init__(
        self, sparing_brokers: Sparing = nullcontext, *, lines: bool = False, played: dict[Demo, Outcome] | None = None
    ) -> None:
        self.recording: Recording | None = None
        self._lines = lines
        self._sparing_brokers = sparing_brokers
        self._played = played
        self._watch: Watch | None = None

    def play(self, demo: str | Demo, *, look_ms: float | None = None, keeps_all: bool = True) -> Outcome:
        """Run a demo.

        Args:
            demo: its name, or one of the test's own.
            look_ms: how long a select takes that finds something at once, so that a loop that only turns gets older.
            keeps_all: whether to keep all steps, and not only those that the demo's recording keeps.

        Raises:
            Exception: whatever the demo failed with. What happened until then is in `recording`.
        """
        chosen = DEMOS[demo] if isinstance(demo, str) else demo
        if look_ms is not None:
            chosen = replace(chosen, setting=replace(chosen.setting, look_ms=look_ms))
        outcome = self._played_before(replace(chosen, keep=()) if keeps_all else chosen)
        self.recording = outcome.recording
        if outcome.failure is not None:
            raise outcome.failure
        return outcome

    def _played_before(self, demo: Demo) -> Outcome:
        if self._played is None:
            return try_demo(demo, self._sparing_brokers, lines=self._lines)
        if demo not in self._played:
            self._played[demo] = try_demo(demo, lines=True)  # what is kept is kept with them
        return self._played[demo]

    @contextmanager
    def watched(self) -> Iterator[Watch]:
        """Watch what the block does, on this thread. In a test that is watched as a whole, that is its watch."""
        if self._watch is not None:
            self._watch.begin()
            yield self._watch
            return
        with record(name="run", lines=self._lines) as watch:
            try:
                yield watch
            finally:
                watch.end()
                self.recording = watch.recording

    @contextmanager
    def wholly_watched(self) -> Iterator[None]:
        """Watch a test that does not watch itself."""
        with self.watched() as self._watch:
            try:
                yield
            finally:
                self._watch = None
