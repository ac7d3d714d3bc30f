"""e08: what a wakeup does to the selects that follow it.

Java: java.nio.channels.Selector.wakeup
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Wrong

EXERCISE = Exercise(
    id="e08",
    name="four_wakeups",
    kind=Kind.PREDICT,
    title="Say which selects come back at once",
    chapter="chapters/wakeup.md",
    story="""
        A selector watches no connection at all, so nothing is ever ready. One thread makes four calls, one after the
        other. Nobody else touches the selector, and each case begins with a new one.

        `select(1000)` comes back in one of two ways here: at once, because of a wakeup, or when its 1,000 ms are
        over. `select_now()` looks and never sleeps. `wakeup()` is usually called by another thread, but it need not
        be.

        Say for each case how many of its `select(1000)` come back at once.
    """,
    hints=(
        "What is different for the next select, after a wakeup that nobody was asleep to hear?",
        "In `nio/selector.py` look at `_Waker`: when does `wake` write a byte, and which calls read it? "
        "The chapter has it under “A wakeup is never lost, and never counted”.",
        "Keep one bit in mind. wakeup sets it, however often it is called. A select or a select_now that finds it set "
        "comes back at once and clears it. A select that finds it clear sleeps.",
    ),
    wrong=(
        Wrong("lost", "a wakeup is lost if nobody sleeps", what="Believes that a wakeup wakes only who sleeps."),
        Wrong(
            "stays",
            "a wakeup stays until somebody switches it off",
            what="Believes that no select sleeps after a wakeup.",
        ),
        Wrong(
            "only_a_sleeper",
            "only a call that could sleep uses up a wakeup",
            what="Believes that select_now leaves a wakeup for the next select.",
        ),
        Wrong("queue_up", "wakeups queue up", what="Believes that each wakeup ends one select."),
    ),
)
