"""e01: what happens when, to one record.

Java: no counterpart.
"""

from kafka_nio.exercises.exercise import Exercise, Kind, Wrong

EXERCISE = Exercise(
    id="e01",
    name="order_of_steps",
    kind=Kind.PREDICT,
    title="Put six steps of one record in order",
    chapter="one-record.md",
    story="""
        A program sends one record and waits for it, in two lines: `future = producer.send(…)`, then
        `future.result()`.

        Two threads are at work. The program's own calls `send`. The producer's, the sender, does all that has to do
        with the network: it sleeps in `select` until there is something to do, does it, and goes to sleep again. When
        the program calls `send`, the sender has been asleep for a while. It knows already which broker leads the
        record's partition, and it has no connection to it yet.

        Below are six moments, in the order of the alphabet. Put them into the order in which they happen. Two of them
        happen on different threads with nothing that makes one wait for the other: either order is right there.

        Think of the order in which things *happen*. It is not the order in which functions are called, for a function
        that is called early may come back last.
    """,
    hints=(
        "Which of the six need the network? Which thread does all that has to do with the network, and what is that "
        "thread doing when `send` is called?",
        "Two moments belong to the program's thread: the call of `wakeup`, which is inside of `send`, and the end of "
        "`send`. The other four are the sender's, and the chapter goes through them in its steps 4, 5, 9 and 10.",
        "The program wakes the sender, and `send` is over. The sender comes back from its sleep, opens a connection, "
        "hands the request to it once it stands, and only then are bytes written.",
    ),
    wrong=(
        Wrong("send_sends", "send() writes to the socket", what="Believes that send does what it says."),
        Wrong(
            "select_ends_first",
            "a wakeup comes after the select that it ends",
            what="Believes that the sender is called when it is done sleeping.",
        ),
        Wrong(
            "connected_from_the_start",
            "a producer is connected before it has anything to send",
            what="Believes that a producer connects when it is made.",
        ),
        Wrong(
            "waits_in_the_channel",
            "a request waits in its channel until there is a connection",
            what="Believes that a connection is opened for a request that is there already.",
        ),
        Wrong(
            "handed_over_is_gone",
            "what is handed to a channel is written",
            what="Believes that a request is noted when it has been written.",
        ),
    ),
)
