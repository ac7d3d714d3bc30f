"""e13: keys that nobody takes out of the set of selected keys.

Java: org.apache.kafka.common.network.Selector.pollSelectionKeys
"""

from kafka_nio.exercises.catalogue.e13_selected_keys.planted import poll_selection_keys
from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.network import Selector

EXERCISE = Exercise(
    id="e13",
    name="selected_keys",
    kind=Kind.FIX,
    title="Find out why idle connections are read, and old ones are reported as new",
    chapter="chapters/selector-poll.md",
    story="""
        After each select, `Selector.poll` calls `poll_selection_keys` twice: with the keys that the select has found
        ready (`nio.Selector.selected_keys`), and with those of connections that stood as soon as they were begun
        (`_immediately_connected_keys`). Both are dicts used as sets that keep their order: the keys of the dict are
        the keys, and the values are None. They are the sets themselves and no copies.

        A key is a connection's registration: `key.attachment` is its channel, and `key.ready_ops` says what the last
        select that found it ready has found. `self._poll_selection_key` does what one key is ready for: it finishes
        connecting, reads, writes. `self._close` closes a connection, and everything that is left of it goes with it.

        With one connection the function below works. With two, something is odd: connections are read that have
        nothing to say, a connection that has stood for long is reported as connected again, and on a Unix socket the
        sender never sleeps.

        The handling of errors is as it should be. What goes wrong with one connection must not stop the others.
    """,
    hints=(
        "Two selects follow each other. The first finds connection 1 ready, the second connection 2. Which keys are in "
        "`selected_keys` after the second?",
        "Look at `nio.Selector._select_keys`: it adds to `selected_keys`. Who removes? And which other set is this "
        "function called with?",
        "The loop walks over a copy, `tuple(keys)`, so each key can be deleted from `keys` itself, before anything "
        "else is done with it: whoever closes a connection removes its key, too.",
    ),
    targets=(Target(Selector, "poll_selection_keys", planted=poll_selection_keys),),
    wrong=(
        Wrong(
            "skips_closed",
            "the selector forgets for you",
            what="Passes over the keys of connections that are closed, and leaves all others where they are.",
            instead=(("del keys[key]", "if not key.is_valid:\n            continue"),),
        ),
        Wrong(
            "clears_the_bits",
            "a key that is ready for nothing is as good as gone",
            what="Makes each key ready for nothing, and leaves it where it is.",
            instead=(
                ("del keys[key]", ""),
                (
                    "True)\n            self._close(channel, error)",
                    "True)\n            self._close(channel, error)\n        key.ready_ops = 0",
                ),
            ),
        ),
        Wrong(
            "while_walking",
            "a set may shrink while one walks over it",
            what="Takes keys out of the very set that it walks over.",
            instead=(("tuple(keys)", "keys"),),
        ),
        Wrong(
            "at_the_end",
            "nobody else takes keys out",
            what="Takes a key out when everything has been done for it, if somebody has not done so already.",
            instead=(
                ("del keys[key]", ""),
                (
                    "True)\n            self._close(channel, error)",
                    "True)\n            self._close(channel, error)\n        del keys[key]",
                ),
            ),
        ),
    ),
)
