"""e09: how long select may sleep.

Java: org.apache.kafka.common.network.Selector.poll
"""

from kafka_nio.client.network_client import NetworkClient
from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.network.selector import Selector
from kafka_nio.producer.sender import Sender

EXERCISE = Exercise(
    id="e09",
    name="poll_timeout",
    kind=Kind.BUILD,
    title="Work out how long select may sleep",
    chapter="chapters/selector-poll.md",
    story="""
        The sender sleeps in one place, `select`, and select ends early only if the network or a wakeup ends it.
        Whatever else has to be done at some time, somebody has to think of it before, and cut the sleep short. Three
        functions do so, one after the other. Most of each is there; write the end of it.

        First, `send_producer_data` knows the batches. It has made requests of those that may leave, and says how long
        the poll may sleep. Three things may come first, all worked out already in the lines above: `check` knows when
        a batch will be ready that is not ready yet (`check.next_ready_check_delay_ms`), `not_ready_delay_ms` when
        something can be done about a node that could not take its batches, `next_expiry_ms` when a batch will be too
        old, by the clock. And if batches were drained, their partitions may have more that could leave now.

        Second, `client_poll`, which is `NetworkClient.poll`, is given that number. It knows when metadata and
        telemetry are due, and that no request may go unanswered for longer than `self.request_timeout_ms`. It hands
        what comes out to `self._selector.poll`, then deals with what happened: `return everything_that_follows(self,
        responses)`.

        Third, `selector_poll`, which is `Selector.poll`, is given that one. Two things make it 0, whatever it was,
        because there is something to do already that no select would ever report.
        `self._staged_receives.has_some_to_take` says whether a message was read in an earlier poll and not handed
        over yet. `self._immediately_connected_keys` has the keys of connections that stood the moment they were
        begun. (There is a third here, which Java does not have: what is in `self.disconnected` has to be reported.)
        `self.select(timeout_ms)` sleeps, or only looks if that is 0, and returns how many keys are ready:
        `move_forward(self, ready_keys)` does the rest.

        A number too large, and something is done too late. A number too small, and the loop turns for nothing.
    """,
    hints=(
        "Five things are due, in 3 ms, 50 ms, never, 300 s and 30 s. How long may one sleep and miss none of them? And "
        "what if one of them was due 2 ms ago?",
        "`NEVER` is infinite, so `min` needs no special cases. `next_expiry_ms` is a time and not a delay, and a "
        "timeout must not be negative. The chapter's last part is “How long does it sleep?”.",
        "First: 0 if there are batches, else the smallest of three delays, and at least 0. Then: the smallest of four, "
        "the number given among them. Then: 0 if something is staged, connected or disconnected already, else the "
        "number given.",
    ),
    targets=(
        Target(Sender, "send_producer_data"),
        Target(NetworkClient, "poll", written_as="client_poll"),
        Target(Selector, "poll", written_as="selector_poll"),
    ),
    wrong=(
        Wrong("only_linger", "the timeout is linger"),
        Wrong("ready_is_now", "what is ready must not wait"),
        Wrong("select_sees_it", "whatever can be done, select reports"),
    ),
)
