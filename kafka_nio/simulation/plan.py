"""What a history will be, drawn from its seed before it begins: the cluster, the producer's options, the application's
steps, and how bad the weather will be.

Everything that is decided on the way (which request is lost, how long an answer takes) comes from the same seed, see
`weather.py`. So a seed is a whole history.

Java: no counterpart.
"""

from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import cast

FEW_MS = (0, 0, 1, 2, 5, 10, 30, 100, 300)

MEMORY_BYTES = 4_000
"""A buffer pool in which there is room for a few batches only."""

MOST_STEPS = 12

FOR_EVER = 2**31 - 1
"""As `retries`."""

LONGEST_BLOCK_MS = 5_000

PATIENT_MS = 20_000
"""A delivery timeout that outlasts every wait of a client whose cluster has come back."""


class Do(Enum):
    """What an application does."""

    SEND = "send"
    WAIT = "wait"
    FLUSH = "flush"
    PURGE = "purge"
    BE_SUSPENDED = "be suspended"
    SET_WALL_CLOCK = "set the wall clock"
    COMMIT = "commit"
    ABORT = "abort"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that the application does. `amount` is a number of records, or of milliseconds."""

    do: Do
    amount: int = 0

    def __str__(self) -> str:
        unit = {Do.SEND: " records", Do.WAIT: " ms", Do.BE_SUSPENDED: " ms", Do.SET_WALL_CLOCK: " ms"}
        return f"{self.do.value} {self.amount}{unit[self.do]}" if self.do in unit else self.do.value


class Happening(Enum):
    """What happens to the cluster."""

    LEADER_MOVES = "a leader moves"
    LEADER_IS_LOST = "a partition has no leader for a while"
    BROKER_GOES_AWAY = "a broker goes away for a while"
    CONNECTIONS_BREAK = "a broker's connections break"
    COORDINATOR_MOVES = "the transaction coordinator moves"
    ANOTHER_TAKES_OVER = "another producer takes the transactional id over"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at this time, for so long."""

    at_ms: int
    what: Happening
    index: int
    duration_ms: int

    def __str__(self) -> str:
        return f"at {self.at_ms} ms {self.what.value}"


@dataclass(frozen=True, slots=True)
class Plan:
    """A history before it happens."""

    seed: int
    brokers: int
    partitions: int
    options: dict[str, object]
    message_max_bytes: int
    transaction_version: int
    steps: tuple[Step, ...]
    events: tuple[Event, ...]
    badness: float
    """The chance that something goes wrong with a request."""
    calm_from_ms: int
    """When the weather clears up, so that a history can end well."""
    latency_ms: int
    most_bytes: int
    """How much moves in one write or read."""
    close_timeout_s: float | None
    value_sizes: tuple[int, ...]
    sends_in_callbacks: bool

    @property
    def is_transactional(self) -> bool:
        """Whether records are sent in transactions."""
        return self.options.get("transactional_id") is not None

    @property
    def is_idempotent(self) -> bool:
        """Whether batches are numbered."""
        return bool(self.options["enable_idempotence"])

    @property
    def acks(self) -> object:
        """Who must have a record before it counts as written."""
        return self.options["acks"]

    @property
    def delivery_timeout_ms(self) -> int:
        """How long a record may be without an outcome."""
        return cast(int, self.options["delivery_timeout_ms"])

    @property
    def keeps_order(self) -> bool:
        """Whether acknowledged records of a partition must be in order."""
        return self.is_idempotent or self.options["max_in_flight_requests_per_connection"] == 1

    @property
    def all_well_from_ms(self) -> int:
        """When the weather has cleared up, and nothing more happens to the cluster."""
        return max([self.calm_from_ms, *(event.at_ms + event.duration_ms for event in self.events)])

    @property
    def can_wait_out_everything(self) -> bool:
        """Whether a record that is sent when all is well has the time and the attempts that it needs."""
        is_patient = self.delivery_timeout_ms >= PATIENT_MS and self.options["max_block_ms"] == LONGEST_BLOCK_MS
        return is_patient and self.options["retries"] == FOR_EVER

    def __str__(self) -> str:
        kind = "transactional" if self.is_transactional else "idempotent" if self.is_idempotent else "plain"
        return (
            f"a {kind} producer with acks={self.acks}, {_count(self.brokers, 'broker')}, "
            f"{_count(self.partitions, 'partition')}; the application: {', '.join(map(str, self.steps))}; "
            f"the cluster: {', '.join(map(str, self.events)) or 'nothing happens to it'}; "
            f"{self.badness:.0%} of requests go wrong until {self.calm_from_ms} ms"
        )


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def plan(seed: int) -> Plan:
    """The history that belongs to a seed."""
    random = Random(f"plan {seed}")
    kind = random.choices(("plain", "idempotent", "transactional"), (3, 5, 3))[0]
    brokers, partitions = random.randint(1, 3), random.randint(1, 4)
    options = _options(random, kind)
    sizes = random.choice(((20,), (20, 60), (20, 200, 700), (5, 300)))
    return Plan(
        seed=seed,
        brokers=brokers,
        partitions=partitions,
        options=options,
        message_max_bytes=random.choice((1_000_000, 1_000_000, 1_000_000, 600)),
        transaction_version=random.choice((0, 2, 2)),
        steps=_steps(random, kind == "transactional"),
        events=_events(random, brokers, partitions, kind == "transactional"),
        badness=random.choice((0.0, 0.05, 0.15, 0.3, 0.5)),
        calm_from_ms=random.choice((200, 1_000, 3_000, 10_000)),
        latency_ms=random.choice((0, 1, 1, 3, 20)),
        most_bytes=random.choice((1_000_000, 1_000_000, 1_000_000, 300)),
        close_timeout_s=random.choice((None, None, None, 0, 0.05, 1, 5)),
        value_sizes=sizes,
        sends_in_callbacks=kind != "transactional" and random.random() < 0.15,
    )


def _options(random: Random, kind: str) -> dict[str, object]:
    request_timeout_ms = random.choice((50, 200, 1_000))
    linger_ms = random.choice((0, 0, 5, 50))
    least_delivery_ms = request_timeout_ms + linger_ms
    options: dict[str, object] = {
        "enable_idempotence": kind != "plain",
        "acks": random.choice((0, 1, "all", "all")) if kind == "plain" else "all",
        "batch_size": random.choice((0, 100, 400, 2_000)),
        "linger_ms": linger_ms,
        "buffer_memory": random.choice((MEMORY_BYTES, 1_000_000)),
        "max_block_ms": random.choice((50, 500, LONGEST_BLOCK_MS)),
        "request_timeout_ms": request_timeout_ms,
        "delivery_timeout_ms": least_delivery_ms + random.choice((0, 100, 2_000, PATIENT_MS)),
        "retries": random.choice((0, 1, 2, FOR_EVER, FOR_EVER, FOR_EVER))
        if kind == "plain"
        else random.choice((1, 3, FOR_EVER, FOR_EVER, FOR_EVER)),
        "retry_backoff_ms": random.choice((20, 50, 100)),
        "retry_backoff_max_ms": random.choice((100, 1_000)),
        "reconnect_backoff_ms": random.choice((20, 100)),
        "reconnect_backoff_max_ms": random.choice((100, 500)),
        "max_in_flight_requests_per_connection": random.choice((1, 1, 2, 5, 5)),
        "max_request_size": random.choice((1_000, 1_000_000)),
        "metadata_max_age_ms": random.choice((500, 300_000)),
        "connections_max_idle_ms": random.choice((300, 540_000, 540_000)),
        "socket_connection_setup_timeout_ms": 300,
        "socket_connection_setup_timeout_max_ms": 1_000,
        "partitioner_adaptive_partitioning_enable": random.random() < 0.5,
        "enable_metrics_push": False,
    }
    if kind == "transactional":
        options["transactional_id"] = "till 3"
        options["transaction_timeout_ms"] = random.choice((500, 60_000, 60_000))
    return options


def _steps(random: Random, transactional: bool) -> tuple[Step, ...]:
    steps: list[Step] = []
    for _ in range(random.randint(2, MOST_STEPS)):
        steps += _step(random, transactional)
    return tuple(steps)


def _step(random: Random, transactional: bool) -> list[Step]:
    if transactional and random.random() < 0.3:
        return [Step(random.choice((Do.COMMIT, Do.COMMIT, Do.ABORT)))]
    do = random.choices(
        (Do.SEND, Do.WAIT, Do.FLUSH, Do.PURGE, Do.BE_SUSPENDED, Do.SET_WALL_CLOCK), (50, 30, 6, 2, 2, 1)
    )[0]
    if do is Do.SEND:
        return [Step(do, random.choice((1, 1, 2, 3, 6, 10)))]
    if do is Do.WAIT:
        return [Step(do, random.choice(FEW_MS))]
    if do is Do.BE_SUSPENDED:
        return [Step(do, random.choice((100, 1_000, 30_000)))]
    return [Step(do, random.choice((-1_800_000, 60_000)) if do is Do.SET_WALL_CLOCK else 0)]


def _events(random: Random, brokers: int, partitions: int, transactional: bool) -> tuple[Event, ...]:
    kinds = [Happening.CONNECTIONS_BREAK, Happening.BROKER_GOES_AWAY, Happening.LEADER_IS_LOST]
    if brokers > 1:
        kinds += [Happening.LEADER_MOVES] * 2
        if transactional:
            kinds.append(Happening.COORDINATOR_MOVES)
    events = [
        Event(random.randint(0, 1_000), random.choice(kinds), random.randrange(12), random.choice((20, 200, 2_000)))
        for _ in range(random.choice((0, 0, 1, 2, 4)))
    ]
    if transactional and random.random() < 0.1:
        events.append(Event(random.randint(0, 500), Happening.ANOTHER_TAKES_OVER, 0, 0))
    return tuple(sorted(events, key=lambda event: event.at_ms))
