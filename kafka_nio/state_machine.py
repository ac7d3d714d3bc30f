"""What follows from an event, by a table: the one line that every state machine here has in common.

    TRANSITIONS = {(State.CLOSED, Event.OPEN): State.OPENED, …}

    def transition_to(self, event: Event) -> State:
        self.state = following(TRANSITIONS, self.state, event, self)
        return self.state

The table stands beside its states, where a page of the site is drawn from it. What else happens at a transition is its
class's own business, so `transition_to` stays there. Java has no such function; Kafka's machines check themselves, each
in its way.

Java: no counterpart.
"""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from kafka_nio.errors import IllegalStateError

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)


def following(transitions: Mapping[tuple[S, E], S], state: S, event: E, who: object) -> S:
    """The state after this event.

    Args:
        who: whose state it is, for the error's message.

    Raises:
        IllegalStateError: if the event cannot happen in this state.
    """
    after = transitions.get((state, event))
    if after is None:
        raise IllegalStateError(f"{who} is {state.value}, so it cannot be that {event.value}")
    return after
