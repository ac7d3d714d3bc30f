"""What goes wrong between the producer and its brokers, drawn from the history's seed request by request.

Every answer here is one that a real cluster gives: an error that says "not written" comes without writing, one that
says "perhaps written" after it. A cluster that lies could not be written to exactly once by anybody.

Java: no counterpart.
"""

import errno
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from random import Random

from kafka_nio.errors import (
    ApiError,
    ConcurrentTransactionsError,
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    CorruptMessageError,
    KafkaStorageError,
    LeaderNotAvailableError,
    NotCoordinatorError,
    NotEnoughReplicasAfterAppendError,
    NotEnoughReplicasError,
    NotLeaderOrFollowerError,
    RequestTimedOutError,
    UnknownTopicOrPartitionError,
)
from kafka_nio.protocol.api import ApiKey
from kafka_nio.simulation.plan import Plan

COORDINATORS = (ConcurrentTransactionsError, CoordinatorLoadInProgressError, NotCoordinatorError)

REFUSALS: Mapping[ApiKey, tuple[type[ApiError], ...]] = {
    ApiKey.PRODUCE: (
        CorruptMessageError,
        KafkaStorageError,
        LeaderNotAvailableError,
        NotEnoughReplicasError,
        NotLeaderOrFollowerError,
        RequestTimedOutError,
        UnknownTopicOrPartitionError,
    ),
    ApiKey.METADATA: (LeaderNotAvailableError, UnknownTopicOrPartitionError),
    ApiKey.FIND_COORDINATOR: (CoordinatorNotAvailableError,),
    ApiKey.INIT_PRODUCER_ID: COORDINATORS,
    ApiKey.ADD_PARTITIONS_TO_TXN: COORDINATORS,
    ApiKey.END_TXN: COORDINATORS,
}
"""Errors that come in place of doing what was asked."""

SECOND_THOUGHTS = (NotEnoughReplicasAfterAppendError, RequestTimedOutError)
"""Errors that come after a batch was written."""


class Mishap(Enum):
    """What becomes of a request."""

    NONE = "it is answered"
    LATE = "it is answered late"
    REQUEST_LOST = "the connection breaks before it is handled"
    ANSWER_LOST = "the connection breaks after it is handled"
    SILENCE = "it is handled and never answered"
    CUT = "the connection breaks in the middle of its answer"
    REFUSED = "it is refused for the time being"
    REFUSED_AFTERWARDS = "it is written, and the answer is an error"
    THROTTLED = "it is answered, and the client told to be silent for a while"


BAD = tuple(mishap for mishap in Mishap if mishap is not Mishap.NONE)


@dataclass(slots=True)
class Strike:
    """What becomes of one request."""

    mishap: Mishap = Mishap.NONE
    delay_ms: int = 0
    error: type[ApiError] | None = None


class Weather:
    """Decides what goes wrong. Never asked twice about the same thing."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._random = Random(f"weather {plan.seed}")

    def is_bad(self, now_ms: int) -> bool:
        """Whether something goes wrong now."""
        return now_ms < self._plan.calm_from_ms and self._random.random() < self._plan.badness

    def strike(self, api: ApiKey, now_ms: int) -> Strike:
        """What becomes of a request of this kind."""
        delay_ms = self._latency_ms()
        if not self.is_bad(now_ms):
            return Strike(delay_ms=delay_ms)
        mishap = self._random.choice(BAD)
        if mishap is Mishap.LATE:
            return Strike(mishap, self._random.choice((30, 150, 400, 1_500)))
        if mishap is Mishap.REFUSED:
            refusals = REFUSALS.get(api)
            return Strike(mishap, delay_ms, self._random.choice(refusals)) if refusals else Strike(delay_ms=delay_ms)
        if mishap is Mishap.REFUSED_AFTERWARDS:
            is_produce = api is ApiKey.PRODUCE
            error = self._random.choice(SECOND_THOUGHTS)
            return Strike(mishap, delay_ms, error) if is_produce else Strike(delay_ms=delay_ms)
        return Strike(mishap, delay_ms)

    def connection_attempt(self, now_ms: int, *, is_away: bool) -> tuple[int, int | None]:
        """How long an attempt takes, and how it ends; see `FarEnd.connection_attempt`."""
        if is_away:
            return 1, self._random.choice((errno.ECONNREFUSED, errno.ECONNREFUSED, None))
        if self.is_bad(now_ms):
            return 5, self._random.choice((errno.ECONNREFUSED, errno.ETIMEDOUT, None))
        return self._latency_ms(), 0

    def handles_after_the_end(self) -> bool:
        """Whether a request that had arrived is handled although its connection has ended."""
        return self._random.random() < 0.5

    def request_delay_ms(self) -> int:
        """How long a request takes on its way."""
        return self._latency_ms()

    def throttle_ms(self) -> int:
        """How long the client is told to be silent."""
        return self._random.choice((10, 100, 700))

    def _latency_ms(self) -> int:
        return self._random.randint(0, 2 * self._plan.latency_ms)
