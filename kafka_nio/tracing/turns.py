"""A clock under which threads take turns, so that a run with several threads goes the same way every time.

One thread runs, all others wait for their turn. A thread gives its turn away only where it asks the clock: in `wait`,
`select`, `sleep` and `join`. The next to run is the first, going round in the order in which the threads were started,
that has something to run for: its condition holds, the kernel reports something to its selector, its time is over. If
there is none, nobody is busy, so virtual time jumps to the earliest deadline. If there is no deadline either, nothing
can ever happen again: that is a deadlock, and it is reported with who waits for what.

    clock = VirtualClock()
    clock.start(threading.Thread(target=…))      # from now on it takes part

The code that runs is the real code, and its bytes go through real sockets. This works because on one machine what has
been sent can be read at the peer at once. Should the kernel be late for once, it gets a moment of real time before
virtual time moves.

What a thread must not do is wait in any other way: nobody would get the turn. That holds for a lock that another thread
keeps while it waits here; keep none.

Java: no counterpart.
"""

import selectors
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from kafka_nio.clock import NEVER
from kafka_nio.errors import IllegalStateError, KafkaError

EPOCH_MS = 1_487_635_200_000
"""When virtual time begins: 21 February 2017, the day of Kafka 0.10.2.0."""

MOMENT_S = 0.002
"""Real time for the kernel before virtual time moves, in seconds."""

MOST_TURNS_WITHOUT_TIME = 1_000_000
"""After so many turns at one instant we say that time stands still, instead of going round for ever."""


class DeadlockError(KafkaError):
    """Every thread waits, and nothing is left that could end a wait."""


class TurnsOver(BaseException):
    """Ends a thread whose clock has stopped. No `Exception`, because a loop that survives those must end too."""


@dataclass(slots=True, eq=False)
class Participant:
    """A thread that takes turns, and what it waits for while it is not its turn."""

    name: str
    turn: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    waits_for: str = "its first turn"
    deadline_ms: float = NEVER
    has_reason: Callable[[], bool] = lambda: True
    poller: selectors.BaseSelector | None = None
    has_ended: bool = False

    def is_ready(self, now_ms: float) -> bool:
        """Whether there is something to run for. A question that fails counts: its owner will meet the failure."""
        try:
            return self.deadline_ms <= now_ms or self.has_reason()
        except Exception:
            return True

    def __repr__(self) -> str:
        until = "" if self.deadline_ms == NEVER else f" until {self.deadline_ms:g} ms"
        return f"{self.name} waits for {self.waits_for}{until}"


class VirtualClock:
    """A `Clock` whose time moves only when every thread waits. The thread that makes it takes part as `app`.

    Args:
        time_ms: the wall clock at the beginning, in milliseconds since 1970.
        look_ms: how long a select takes that finds something at once. Above 0, a loop that only turns gets older.
    """

    def __init__(self, time_ms: int = EPOCH_MS, *, look_ms: float = 0) -> None:
        self._epoch_ms = time_ms
        self._look_ms = look_ms
        self.before_turn: Callable[[], None] = lambda: None
        """Called by a thread that is about to give its turn away, whether or not another one wants it."""
        # Everything below belongs to the thread whose turn it is; handing over the turn hands it over too.
        self._now_ms = 0.0
        self._by_thread: dict[threading.Thread, Participant] = {threading.current_thread(): Participant("app")}
        self._round = list(self._by_thread.values())
        self._turns_without_time = 0
        self._failure: BaseException | None = None

    # What time it is...

    def time_ms(self) -> int:
        return self._epoch_ms + self.now_ms()

    def now_ms(self) -> int:
        return int(self._now_ms)

    def now_ns(self) -> int:
        return int(self._now_ms * 1_000_000)

    # Waiting, which is giving the turn away...

    def sleep(self, duration_ms: float) -> None:
        self._give_turn("time to pass", lambda: False, duration_ms)

    def wait(self, condition: threading.Condition, predicate: Callable[[], bool], timeout_ms: float) -> bool:
        if predicate():
            return True
        condition.release()
        try:
            self._give_turn(_sentence(predicate), _under(condition, predicate), timeout_ms)
        finally:
            condition.acquire()
        return predicate()

    def select(self, poller: selectors.BaseSelector, timeout_ms: float) -> list[tuple[selectors.SelectorKey, int]]:
        self._now_ms += self._look_ms
        self._give_turn("its selector", lambda: bool(poller.select(0)), timeout_ms, poller)
        return poller.select(0)

    def join(self, thread: threading.Thread, timeout_ms: float) -> bool:
        other = self._participant(thread)
        if not other.has_ended:
            self._give_turn(f"the end of {other.name}", lambda: other.has_ended, timeout_ms)
        if other.has_ended:
            thread.join()  # its turns are over, so this takes no longer than the interpreter needs
        return other.has_ended

    # Threads come and go...

    def start(self, thread: threading.Thread) -> None:
        """Start a thread. It takes part at once, but does nothing before its first turn."""
        self._participant(threading.current_thread())
        participant = Participant(thread.name)
        self._by_thread[thread] = participant
        self._round.append(participant)
        run = thread.run
        thread.run = lambda: self._live(participant, run)  # type: ignore[method-assign]
        thread.start()

    def _live(self, participant: Participant, run: Callable[[], None]) -> None:
        participant.turn.acquire()
        try:
            if self._failure is None:
                run()
        except TurnsOver:
            pass  # what stopped the clock is told to the thread that made it
        finally:
            participant.has_ended = True
            self._leave(participant)

    def _leave(self, participant: Participant) -> None:
        """The last turn is over. Somebody else goes on, unless nobody is left or everybody has been let go already."""
        if self._failure is None and any(not other.has_ended for other in self._round):
            try:
                self._next(participant).turn.release()
            except DeadlockError as deadlock:
                self._let_everybody_go(deadlock)

    # Taking turns...

    def _give_turn(
        self,
        waits_for: str,
        has_reason: Callable[[], bool],
        timeout_ms: float,
        poller: selectors.BaseSelector | None = None,
    ) -> None:
        me = self._participant(threading.current_thread())
        self.before_turn()
        me.waits_for, me.has_reason, me.poller = waits_for, has_reason, poller
        me.deadline_ms = self._now_ms + max(timeout_ms, 0)
        try:
            if self._failure is None:
                chosen = self._next(me)
                if chosen is not me:
                    chosen.turn.release()
                    me.turn.acquire()
        except BaseException as error:  # a deadlock, or somebody pressed Ctrl-C while we waited
            self._let_everybody_go(error)
        if self._failure is not None:
            raise self._failure if me is self._round[0] else TurnsOver

    def _next(self, me: Participant) -> Participant:
        """Whose turn it is after mine. If nobody has reason to run, time moves until somebody has."""
        self._turns_without_time += 1
        if self._turns_without_time > MOST_TURNS_WITHOUT_TIME:
            raise DeadlockError(f"time stands still at {self._now_ms:g} ms: {self._everybody()}")
        chosen = self._first_ready(me)
        if chosen is None and self._kernel_is_late():
            chosen = self._first_ready(me)
        if chosen is None:
            self._jump()
            chosen = self._first_ready(me)
        assert chosen is not None, "time has moved to a deadline, so somebody's time is over"
        return chosen

    def _first_ready(self, me: Participant) -> Participant | None:
        return next((one for one in self._after(me) if one.is_ready(self._now_ms)), None)

    def _after(self, me: Participant) -> Iterator[Participant]:
        """Everybody once, beginning with the one after me and ending with me."""
        mine = self._round.index(me) + 1
        return (one for one in self._round[mine:] + self._round[:mine] if not one.has_ended)

    def _kernel_is_late(self) -> bool:
        pollers = [one.poller for one in self._round if one.poller is not None and not one.has_ended]
        return any(poller.select(MOMENT_S) for poller in pollers)

    def _jump(self) -> None:
        earliest = min(one.deadline_ms for one in self._round if not one.has_ended)
        if earliest == NEVER:
            raise DeadlockError(f"nothing can happen any more: {self._everybody()}")
        self._now_ms = earliest
        self._turns_without_time = 0

    # When it cannot go on...

    def _let_everybody_go(self, error: BaseException) -> None:
        """Nobody takes turns any more: every wait, those under way and those to come, fails."""
        self._failure = error
        for one in self._round:
            one.turn.release()

    def _everybody(self) -> str:
        return "; ".join(repr(one) for one in self._round if not one.has_ended)

    def _participant(self, thread: threading.Thread) -> Participant:
        try:
            return self._by_thread[thread]
        except KeyError:
            raise IllegalStateError(f"{thread.name} takes no turns: it was not started by this clock") from None


def _under(condition: threading.Condition, predicate: Callable[[], bool]) -> Callable[[], bool]:
    """The predicate as another thread may ask it: with the condition held, and False while somebody else holds it."""

    def holds() -> bool:
        if not condition.acquire(blocking=False):
            return False
        try:
            return predicate()
        finally:
            condition.release()

    return holds


def _sentence(predicate: Callable[[], bool]) -> str:
    name = getattr(predicate, "__qualname__", type(predicate).__name__)
    return f"the condition in {name.partition('.<locals>')[0]}"
