"""What has to be remembered of records, batches and requests to say what a step goes on from. `links` is the story.

Java: no counterpart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from kafka_nio.tracing.call import Call
from kafka_nio.tracing.connections import Connections
from kafka_nio.tracing.entities import Entity, Noted, add_about, ancestors
from kafka_nio.tracing.rules import Rule, Ruled


@dataclass(eq=False)
class Request:
    """A request of the client's."""

    number: int
    sent: Call
    batches: "list[Batch]"
    answered: Call | None = None


class Batch(Entity):
    """A batch and its records, by their places in it."""

    def __init__(self) -> None:
        super().__init__("batch")
        self.records: dict[int, Entity] = {}
        self.appends: dict[int, Call] = {}
        self.drained: Call | None = None
        self.reenqueued: Call | None = None
        self.request: Request | None = None
        self.completed: Call | None = None

    def record(self, index: int) -> Entity:
        """The record at this place."""
        known = self.records.get(index)
        if known is None:
            known = self.records[index] = Entity("record")
        return known


@dataclass(eq=False)
class Wakeup:
    """A wakeup that found nobody awake. `perhaps_ended` is a select that may have ended by it, or just before it."""

    call: Call
    has_written: bool = False
    perhaps_ended: Call | None = None


@dataclass
class Carried:
    """What a call that is under way has in hand, for the calls inside it."""

    batches: list[Batch] = field(default_factory=list)
    request: Request | None = None
    places: list[int] = field(default_factory=list)


class Causes(Ruled):
    """An observer that knows the batches and requests under way, and which calls had to do with them.

    Args:
        rules: what to do at which step.
        connections: told of each call before this is.
    """

    def __init__(self, rules: Mapping[str, Rule], connections: Connections) -> None:
        super().__init__(rules)
        self.names = connections.names
        self.ends = connections.ends
        # A batch is known by its result, which lives as long as one of its records' futures.
        self._batches = Noted[Batch]()
        self._requests = Noted[dict[int, Request]]()
        self._wakeups = Noted[list[Wakeup]]()
        self._waits = Noted[dict[Call, Call | None]]()
        self._carried: dict[Call, Carried] = {}

    def exited(self, call: Call, result: object, error: BaseException | None) -> None:
        super().exited(call, result, error)
        if call in self._carried:
            del self._carried[call]

    def batch(self, result: object) -> Batch:
        """The batch with this result."""
        return self._batches.of(result, Batch)

    def known_batch(self, result: object) -> Batch | None:
        """The batch with this result, if there is one: the result of a record that never got into a batch has none."""
        return self._batches.get(result)

    def requests(self, client: object) -> dict[int, Request]:
        """The requests of this `NetworkClient` that are under way, by correlation id."""
        return self._requests.of(client, dict)

    def wakeups(self, selector: object) -> list[Wakeup]:
        """The wakeups of this `nio.Selector` that have ended no select yet."""
        return self._wakeups.of(selector, list)

    def waits(self, owner: object) -> dict[Call, Call | None]:
        """The calls that wait for something of this object, each with the last call that may have ended its wait."""
        return self._waits.of(owner, dict)

    def carry(self, call: Call, carried: Carried) -> Carried:
        """The call has this in hand until it ends."""
        self._carried[call] = carried
        return carried

    def carried_to(self, call: Call) -> Carried:
        """What the nearest call around this one has in hand."""
        return next((self._carried[one] for one in ancestors(call) if one in self._carried), Carried())

    def about(self, call: Call, *entities: Entity) -> None:
        """The step touches these."""
        add_about(call, *map(self.names.of, entities))


def link(call: Call, earlier: Call | None, why: str) -> None:
    """The call goes on from an earlier one."""
    if earlier is not None and (earlier, why) not in call.links:
        call.links = (*call.links, (earlier, why))


def about_request(call: Call, number: int) -> None:
    """The step touches this request."""
    add_about(call, f"request {number}")
