"""The network's selector against queues of messages: nothing lost, nothing twice, in order, one a poll.

The bytes go through pairs of real sockets. What one end has written can be read at the other when the call returns, so
every poll finds what the model says.
"""

import socket
import struct
from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from kafka_nio.clock import MockClock
from kafka_nio.errors import IllegalStateError
from kafka_nio.network import NetworkSend, Selector
from kafka_nio.nio import SocketAddress, SocketChannel
from tests.models.settings import MODEL

pytestmark = pytest.mark.timeout(600)  # to make a failure short may take long

IDS = ("a", "b")

Ids = st.sampled_from(IDS)
Messages = st.binary(max_size=30)
Polls = st.integers(0, 2)


@dataclass
class Connection:
    """One connection as it should be."""

    far_end: socket.socket
    to_come: deque[bytes] = field(default_factory=deque)
    """Written at the far end in whole, and not handed over yet."""
    unfinished: bytes = b""
    """The rest of a message of which the far end has written the first bytes."""
    whole: bytes = b""
    on_its_way: bytes | None = None
    """Handed to the selector, and not written yet."""
    is_muted: bool = False
    has_ended: bool = False
    """Whether the far end has hung up."""
    was_polled: int = 0


class SelectorModel(RuleBasedStateMachine):
    """Two connections that come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.selector = Selector(clock=MockClock())
        self.open: dict[str, Connection] = {}

    def teardown(self) -> None:
        self.selector.close()
        for connection in self.open.values():
            connection.far_end.close()

    @initialize()
    def begin(self) -> None:
        for id in IDS:
            self.connect(id)

    @rule(id=Ids)
    def connect(self, id: str) -> None:
        ours, theirs = socket.socketpair()
        channel = SocketChannel(ours, SocketAddress(socket.AF_UNIX, id))
        if id in self.open:
            with pytest.raises(IllegalStateError):
                self.selector.register(id, channel)
            ours.close()
            theirs.close()
        else:
            self.selector.register(id, channel)
            theirs.settimeout(5)
            self.open[id] = Connection(theirs)

    @rule(id=Ids, message=Messages, polls=Polls)
    def send_and_poll(self, id: str, message: bytes, polls: int) -> None:
        self.send(id, message)
        self.poll(polls)

    def send(self, id: str, message: bytes) -> None:
        connection = self.open.get(id)
        if connection is None:
            with pytest.raises(IllegalStateError):
                self.selector.send(NetworkSend(id, [message]))
        elif connection.on_its_way is None and not connection.has_ended:
            self.selector.send(NetworkSend(id, [message]))
            connection.on_its_way = message

    @rule(id=Ids, messages=st.lists(Messages, min_size=1, max_size=4), polls=Polls)
    def far_end_writes_and_poll(self, id: str, messages: list[bytes], polls: int) -> None:
        self.far_end_writes(id, messages)
        self.poll(polls)

    def far_end_writes(self, id: str, messages: list[bytes]) -> None:
        connection = self.open.get(id)
        if connection is None or connection.has_ended or connection.unfinished:
            return
        connection.far_end.sendall(b"".join(struct.pack(">i", len(message)) + message for message in messages))
        connection.to_come += messages

    @rule(id=Ids, message=Messages, cut=st.integers(0, 33))
    def far_end_writes_a_part(self, id: str, message: bytes, cut: int) -> None:
        connection = self.open.get(id)
        if connection is None or connection.has_ended or connection.unfinished:
            return
        frame = struct.pack(">i", len(message)) + message
        cut = min(cut, len(frame) - 1)
        connection.far_end.sendall(frame[:cut])
        connection.whole, connection.unfinished = message, frame[cut:]

    @rule(id=Ids)
    def far_end_writes_the_rest(self, id: str) -> None:
        connection = self.open.get(id)
        if connection is not None and connection.unfinished and not connection.has_ended:
            connection.far_end.sendall(connection.unfinished)
            connection.unfinished = b""
            connection.to_come.append(connection.whole)

    @rule(id=Ids, chance=st.integers(0, 3))
    def far_end_hangs_up(self, id: str, chance: int) -> None:
        if chance:
            return  # mostly a connection stays
        connection = self.open.get(id)
        if connection is not None and connection.on_its_way is None and not connection.is_muted:
            connection.far_end.shutdown(socket.SHUT_WR)
            connection.has_ended = True

    @rule(id=Ids, polls=Polls)
    def mute_and_poll(self, id: str, polls: int) -> None:
        self.mute(id)
        self.poll(polls)

    def mute(self, id: str) -> None:
        connection = self.open.get(id)
        if connection is not None and not connection.has_ended:
            self.selector.mute(id)
            connection.is_muted = True

    @rule(id=Ids, polls=Polls)
    def unmute_and_poll(self, id: str, polls: int) -> None:
        self.unmute(id)
        self.poll(polls)

    def unmute(self, id: str) -> None:
        connection = self.open.get(id)
        if connection is not None:
            self.selector.unmute(id)
            connection.is_muted = False

    @rule(id=Ids, chance=st.integers(0, 3))
    def close(self, id: str, chance: int) -> None:
        if chance:
            return
        connection = self.open.pop(id, None)
        self.selector.close(id)
        if connection is not None:
            connection.far_end.close()

    @rule(times=st.integers(1, 3))
    def poll(self, times: int) -> None:
        for _ in range(times):
            self.selector.poll(0)
            self._check_receives()
            self._check_sends()
            self._check_ends()

    @rule(id=Ids)
    def poll_and_mute(self, id: str) -> None:
        """What a broker does between a request and its answer."""
        self.poll(1)
        self.mute(id)
        self.poll(1)

    def _check_receives(self) -> None:
        received = {receive.source: bytes(receive.payload) for receive in self.selector.completed_receives}
        assert len(received) == len(self.selector.completed_receives), "one message of each connection a poll"
        expected = {
            id: connection.to_come.popleft()
            for id, connection in self.open.items()
            if connection.to_come and not connection.is_muted
        }
        assert received == expected

    def _check_sends(self) -> None:
        sent = {send.destination for send in self.selector.completed_sends}
        assert sent == {id for id, connection in self.open.items() if connection.on_its_way is not None}
        for id in sent:
            connection = self.open[id]
            message, connection.on_its_way = connection.on_its_way, None
            assert message is not None
            frame = struct.pack(">i", len(message)) + message
            assert connection.far_end.recv(len(frame), socket.MSG_WAITALL) == frame

    def _check_ends(self) -> None:
        """Whoever has hung up is reported once all that it said before has been handed over, within two polls."""
        for id in self.selector.disconnected:
            connection = self.open.pop(id)
            assert connection.has_ended
            assert not connection.to_come
            connection.far_end.close()
        for connection in self.open.values():
            if connection.has_ended and not connection.to_come and not connection.is_muted:
                connection.was_polled += 1
                assert connection.was_polled <= 2, "nobody was told of the end of a connection"

    @invariant()
    def nobody_else_is_connected(self) -> None:
        assert set(self.selector.channels) <= set(self.open)


SelectorModel.TestCase.settings = MODEL
TestSelector = SelectorModel.TestCase
