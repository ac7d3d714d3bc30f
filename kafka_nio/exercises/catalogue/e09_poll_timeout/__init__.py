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
        functions do so, one after the other. Each is there but for the lines that decide; write those.

        First, `send_producer_data` knows the batches. It has made requests of those that may leave, `batches`, and
        returns how long the poll may sleep. Three things may come first: `check.next_ready_check_delay_ms` says when
        a batch will be ready that is not ready yet, `not_ready_delay_ms` when something can be done about a node that
        could not take its batches; and `self._accumulator.next_expiry_ms` and `self._in_flight.next_expiry_ms` say
        when a batch will be too old, waiting or under way. These two are times by the clock, like `now_ms`; the
        others are delays. And if batches were drained, their partitions may have more that could leave now.

        Second, `client_poll`, which is `NetworkClient.poll`, is given that number as `timeout_ms`. It knows
        in how many ms metadata and telemetry are due, `metadata_timeout_ms` and `telemetry_timeout_ms`, and that no
        request may go unanswered for longer than `self.request_timeout_ms`. The lines below want one number of all
        these, `poll_timeout_ms`.

        Third, `selector_poll`, which is `Selector.poll`, is given that one. Two things make it 0, whatever it was,
        because there is something to do already that no select would ever report.
        `self._staged_receives.has_some_to_take` says whether a message was read in an earlier poll and not handed
        over yet. `self._immediately_connected_keys` has the keys of connections that stood the moment they were
        begun. (There is a third here, which Java does not have: what is in `self.disconnected` has to be reported.)
        `self.select(timeout_ms)` sleeps, or only looks if that is 0, and returns how many keys are ready. The lines
        below call that `ready_keys`.

        A number too large, and something is done too late. A number too small, and the loop turns for nothing.
    """,
    hints=(
        "Five things are due, in 3 ms, 50 ms, never, 300 s and 30 s. How long may one sleep and miss none of them? And "
        "what if one of them was due 2 ms ago?",
        "`NEVER` is infinite, so `min` needs no special cases. A `next_expiry_ms` is a time and not a delay, and a "
        "timeout must not be negative. The chapter's last part is “How long does it sleep?”.",
        "First: 0 if there are batches, else the smallest of the delays, where a time less now_ms is one too, and at "
        "least 0. Then: the smallest of four, the number given among them. Then: 0 if something is staged, connected "
        "or disconnected already, else the number given.",
    ),
    targets=(
        Target(Sender, "send_producer_data", hole=("if batches", "return max")),
        Target(NetworkClient, "poll", written_as="client_poll", hole=("poll_timeout_ms =", "poll_timeout_ms =")),
        Target(Selector, "poll", written_as="selector_poll", hole=("has_staged =", "ready_keys =")),
    ),
    wrong=(
        Wrong(
            "only_linger",
            "the timeout is linger",
            what="Sleeps for what is left of linger, and thinks of nothing else.",
            instead=(
                (
                    "max(0, min(check.next_ready_check_delay_ms, not_ready_delay_ms, next_expiry_ms - now_ms))",
                    "check.next_ready_check_delay_ms",
                ),
                (", metadata_timeout_ms, telemetry_timeout_ms", ""),
            ),
        ),
        Wrong(
            "ready_is_now",
            "what is ready must not wait",
            what="Does not sleep while a node has batches that are ready, though it cannot take them.",
            instead=(("if batches:", "if check.ready_nodes:"),),
        ),
        Wrong(
            "select_sees_it",
            "whatever can be done, select reports",
            what="Leaves it to select to find what there is to do.",
            instead=(("0 if must_not_sleep else timeout_ms", "timeout_ms"),),
        ),
    ),
)
