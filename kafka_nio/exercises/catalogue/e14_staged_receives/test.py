"""Messages that were read, handed over one per connection and poll.

Java: no counterpart.
"""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.network import KafkaChannel, NetworkReceive
from kafka_nio.network.staged_receives import StagedReceives
from kafka_nio.producer import RecordMetadata

ALL = "whatever was read is handed over at once"
ORDER = "the newest message comes first"
EMPTY = "an empty queue does no harm"
MUTED = "muting only ends the reading"


class Message(NetworkReceive):
    """A message that tells itself from others by a number."""

    __slots__ = ("number",)

    def __init__(self, source: str, number: int) -> None:
        super().__init__(source)
        self.number = number

    def __repr__(self) -> str:
        return f"{self.source}:{self.number}"


class Connection(KafkaChannel):
    """A connection over which nothing goes."""

    def __init__(self, id: str) -> None:
        self.id = id
        self.unmute()

    def mute(self) -> None:
        """As a broker does when it has been given a request."""
        self._is_muted = True

    def unmute(self) -> None:
        """As a broker does when its answer has left."""
        self._is_muted = False

    def __repr__(self) -> str:
        return f"{self.id}, muted" if self._is_muted else self.id


@misconception(ALL, "A broker works on one request of a connection at a time. How many would it be given here?")
def test_one_message_of_a_connection() -> None:
    """Of two messages that one connection has brought, the first is handed over and the second stays."""
    staged, one = StagedReceives(), Connection("1")
    staged.add(one, [Message("1", 1), Message("1", 2)])
    taken = staged.take_one_of_each()
    assert str(taken) == "[1:1]", f"handed over: {taken}"
    assert one in staged, "nothing stayed"


@misconception(ORDER, "`add` puts a message at one end of the queue. At which end is the oldest?")
def test_the_order_is_kept() -> None:
    """Three polls hand over three messages in the order in which they came, however they were added."""
    staged, one = StagedReceives(), Connection("1")
    staged.add(one, [Message("1", 1)])
    staged.add(one, [Message("1", 2), Message("1", 3)])
    taken = [staged.take_one_of_each() for _ in range(3)]
    assert str(taken) == "[[1:1], [1:2], [1:3]]", f"handed over: {taken}"


@misconception(ALL, "One of each connection: none has to wait for another.")
def test_one_of_each_connection() -> None:
    """Two connections that have both brought something hand over one message each."""
    staged = StagedReceives()
    staged.add(Connection("1"), [Message("1", 1), Message("1", 2)])
    staged.add(Connection("2"), [Message("2", 1)])
    taken = staged.take_one_of_each()
    assert str(taken) == "[1:1, 2:1]", f"handed over: {taken}"


@misconception(EMPTY, "A poll does not sleep while somebody is in `_queues`, and a connection there is not read.")
def test_a_connection_without_messages_is_not_staged() -> None:
    """When the last message of a connection has been taken, nothing of it is staged, and the next poll may sleep."""
    staged, one = StagedReceives(), Connection("1")
    staged.add(one, [])
    assert one not in staged, "it was staged although it had brought no message"
    staged.add(one, [Message("1", 1)])
    staged.take_one_of_each()
    staged.take_one_of_each()
    assert not staged.has_some_to_take, "there was still something to take"
    assert one not in staged, "the connection was still staged"


@misconception(MUTED, "A muted connection's next message may have been read long ago. May it be handed over now?")
def test_a_muted_connection_waits() -> None:
    """What a muted connection has brought stays until it is unmuted, and the others go on."""
    staged, one, other = StagedReceives(), Connection("1"), Connection("2")
    one.mute()
    staged.add(one, [Message("1", 1)])
    staged.add(other, [Message("2", 1)])
    taken = staged.take_one_of_each()
    assert str(taken) == "[2:1]", f"handed over while 1 was muted: {taken}"
    one.unmute()
    taken = staged.take_one_of_each()
    assert str(taken) == "[1:1]", f"handed over when 1 was unmuted: {taken}"


class Told:
    """What should be staged, by the simplest account: which messages each connection still has to hand over."""

    def __init__(self) -> None:
        self.staged = StagedReceives()
        self.connections = {id: Connection(id) for id in "123"}
        self.waiting: dict[str, list[str]] = {id: [] for id in "123"}
        self._messages = 0

    def read(self, id: str) -> None:
        """A connection brings a message."""
        self._messages += 1
        self.waiting[id].append(f"{id}:{self._messages}")
        self.staged.add(self.connections[id], [Message(id, self._messages)])

    def poll(self) -> None:
        """Take one of each; are they the right ones?"""
        may_speak = [id for id, connection in self.connections.items() if not connection.is_muted and self.waiting[id]]
        wanted = [self.waiting[id].pop(0) for id in may_speak]
        taken = sorted(map(repr, self.staged.take_one_of_each()))
        assert taken == wanted, f"handed over: {', '.join(taken) or 'nothing'}; to be: {', '.join(wanted) or 'nothing'}"
        for id, connection in self.connections.items():
            has_some = bool(self.waiting[id])
            assert (connection in self.staged) == has_some, f"{id} is{' not' if has_some else ''} staged"


@misconception(ALL, "One message of each connection that is not muted, the oldest first, and none is lost.")
@given(
    calls=st.lists(
        st.tuples(st.sampled_from(["read", "poll", "mute", "unmute"]), st.sampled_from(["1", "2", "3"])), max_size=20
    )
)
def test_any_order_of_reads_and_polls(calls: list[tuple[str, str]]) -> None:
    """In whatever order connections are read, muted and polled: a poll brings the oldest message of each not muted."""
    told = Told()
    for call, id in calls:
        match call:
            case "read":
                told.read(id)
            case "poll":
                told.poll()
            case "mute":
                told.connections[id].mute()
            case "unmute":
                told.connections[id].unmute()
    told.poll()


@costs
@misconception(ALL, "Both answers were read in one poll. In how many polls are they handed over?")
def test_two_answers_that_arrive_together(play: Play) -> None:
    """Two answers that arrive in one piece are handed over by two polls, and both records are written."""
    outcome = play("two-responses-one-read", look_ms=1000)
    assert [type(result) for result in outcome.results] == 2 * [RecordMetadata], f"{outcome.results}"
    steps = {step.seq: step for step in outcome.recording.steps}
    answers = Counter(
        steps[step.parent].parent
        for step in steps.values()
        if step.name == "NetworkClient.parse_response" and step.parent is not None
    )
    assert max(answers.values()) == 1, f"one poll handed over {max(answers.values())} answers of one connection"
