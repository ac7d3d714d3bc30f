"""e17: three recordings of one program, and what was different each time.

Java: no counterpart.
"""

from kafka_nio.exercises.catalogue.e17_three_recordings.program import recordings
from kafka_nio.exercises.exercise import Exercise, Kind, Wrong

EXERCISE = Exercise(
    id="e17",
    name="three_recordings",
    kind=Kind.DIAGNOSE,
    title="Tell from three recordings what was different",
    chapter="chapters/when-it-goes-wrong.md",
    story="""
        A program sends three records of 3,000 bytes, a millisecond apart, and waits for them. The broker takes 2 ms
        for each answer. It was recorded three times, and each time one thing was different:

        - once with `linger_ms=5`, where the others had 0;
        - once with a small send buffer: the kernel took only a part of each request at a time;
        - once with a bug in it that makes the sender's loop spin.

        The recordings are called a, b and c. To read one, in another terminal:

            kafka-nio show recordings/a.otlp.jsonl | less

        A line with a number of times in it stands for so many turns that were alike. `--step 9` behind the file
        prints all about step 9, with the time it began and how long it took.

        All three look busy, or slow, somewhere. Find in each the step that only one of the three causes explains.
    """,
    hints=(
        "In a turn of the loop that was worth its while, what happens after `select` has come back?",
        "Look at `nio.SocketChannel.write`: how long after `send` does the first one come, and how many bytes does it "
        "take of those that `set_send` was given? Then at the turns with no read and no write in them.",
        "Linger: the first write comes 5 ms after the first send, and a select with a timeout has slept until then. "
        "Small buffer: several writes for one set_send, each after a select. Spinning: select after select comes back "
        "at once, and nothing is read or written.",
    ),
    wrong=(
        Wrong(
            "many_turns",
            "many turns are a spinning loop",
            what="Counts the turns, and takes the most for a loop that spins.",
        ),
        Wrong(
            "nothing_ready",
            "a select that found nothing was a turn for nothing",
            what="Looks for a select that found nothing.",
        ),
        Wrong(
            "small_waits",
            "a small send buffer keeps requests waiting",
            what="Takes waiting for the sign of a small buffer.",
        ),
    ),
    recordings=recordings,
)
