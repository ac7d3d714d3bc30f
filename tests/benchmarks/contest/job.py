"""What a driver is told and what it answers: plain dicts, for which a driver imports next to nothing."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import NotRequired, Protocol, TypedDict

    from tests.benchmarks.contest.records import Records

    Pairs = Iterable[tuple[bytes, bytes | None]]
    """Values and keys."""

    class Job(TypedDict):
        """One run."""

        driver: str
        measure: str
        bootstrap_servers: str
        broker: str
        topic: str
        records: int
        warm_up: int
        a_second: int
        value_bytes: int
        random_sizes: bool
        keys: str
        batch_bytes: int
        linger_ms: int
        idempotent: bool
        compression: str
        callback: bool

    class Outcome(TypedDict):
        """What came out of it."""

        seconds: float
        cpu_s: float
        peak_bytes: int
        acknowledged: int | None
        spans: NotRequired[int]
        left_by_marks: NotRequired[float]
        p50_ms: NotRequired[float]
        p99_ms: NotRequired[float]
        import_s: NotRequired[float]
        first_ack_s: NotRequired[float]

    class Driver(Protocol):
        """One client at work."""

        acknowledged: int
        """How many callbacks have reported success."""

        def __init__(self, job: Job) -> None:
            """Make the client from the settings."""

        def send_all(self, records: Pairs) -> None:
            """Send as fast as the client takes them, as its documentation shows it."""

        def send_paced(self, records: Records, every_s: float) -> list[float]:
            """Send one after each pause; return what each took to be acknowledged, in seconds."""

        def flush(self) -> None:
            """Return when all are acknowledged."""

        def close(self) -> None:
            """Release what the client holds."""


BUFFER_BYTES = 64 * 1024 * 1024
LARGEST_REQUEST_BYTES = 4 * 1024 * 1024
IN_FLIGHT = 5
"""These three are the same in all cells, for all clients that know them."""
