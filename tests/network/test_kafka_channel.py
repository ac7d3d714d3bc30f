"""One connection: one message out and one in at a time, and an interest in writing only while there is something."""

import pytest

from kafka_nio.errors import IllegalStateError, InvalidReceiveError
from kafka_nio.network import ChannelState, Disconnection, KafkaChannel, NetworkSend
from kafka_nio.nio import OP_CONNECT, OP_READ, OP_WRITE, SocketAddress
from tests.network.peers import frame, message_for
from tests.network.transports import ScriptedTransport


def channel_over(transport: ScriptedTransport, id: str = "0") -> KafkaChannel:
    return KafkaChannel(id, transport, max_receive_size=100)


def ready_channel(transport: ScriptedTransport) -> KafkaChannel:
    channel = channel_over(transport)
    transport.interest_ops = OP_READ
    assert channel.finish_connect()
    return channel


# Connecting...


def test_a_new_channel_is_not_connected() -> None:
    channel = channel_over(ScriptedTransport())
    assert channel.state is ChannelState.NOT_CONNECTED
    assert repr(channel) == "<KafkaChannel 0: not connected>"


def test_a_plain_channel_is_ready_when_it_is_connected() -> None:
    channel = channel_over(ScriptedTransport())
    assert channel.finish_connect()
    assert channel.state is ChannelState.READY
    assert channel.is_ready


def test_a_channel_still_connecting_keeps_its_state() -> None:
    transport = ScriptedTransport()
    transport.finish_connect = lambda: False  # type: ignore[method-assign]
    channel = channel_over(transport)
    assert not channel.finish_connect()
    assert channel.state is ChannelState.NOT_CONNECTED


def test_a_channel_with_a_handshake_is_ready_when_that_is_over() -> None:
    transport = ScriptedTransport()
    transport.is_ready = False
    channel = channel_over(transport)
    channel.finish_connect()
    assert channel.state is ChannelState.AUTHENTICATE
    channel.prepare()
    assert channel.state is ChannelState.AUTHENTICATE
    transport.handshake = lambda: setattr(transport, "is_ready", True)  # type: ignore[method-assign]
    channel.prepare()
    assert channel.state is ChannelState.READY


# Sending...


def test_taking_a_message_writes_nothing_and_waits_for_room() -> None:
    transport = ScriptedTransport()
    channel = ready_channel(transport)
    channel.set_send(message_for("0"))
    assert channel.has_send
    assert transport.written == b""
    assert transport.interest_ops == OP_READ | OP_WRITE
    assert repr(channel) == "<KafkaChannel 0: ready, sending>"


@pytest.mark.behaviour(33)
def test_a_second_message_is_refused_while_one_is_in_progress() -> None:
    transport = ScriptedTransport(takes=[3])
    channel = ready_channel(transport)
    first = message_for("0")
    channel.set_send(first)
    channel.write()
    with pytest.raises(IllegalStateError, match=r"cannot take another message while .*3 of 9 bytes sent"):
        channel.set_send(message_for("0"))
    assert channel.write() is first


@pytest.mark.behaviour(18)
def test_room_to_write_is_waited_for_until_the_last_byte_has_left() -> None:
    transport = ScriptedTransport(takes=[4, 0, 4, 1])
    channel = ready_channel(transport)
    send = NetworkSend("0", [b"hello"])
    channel.set_send(send)
    for _ in range(3):
        assert channel.write() is None
        assert transport.interest_ops == OP_READ | OP_WRITE
    assert channel.write() is send
    assert transport.interest_ops == OP_READ
    assert not channel.has_send
    assert transport.written == frame(b"hello")


@pytest.mark.behaviour(18, 20)
def test_room_to_write_is_waited_for_while_the_transport_holds_bytes_back() -> None:
    transport = ScriptedTransport()
    channel = ready_channel(transport)
    send = message_for("0")
    channel.set_send(send)
    transport.has_pending_writes = True
    assert channel.write() is None
    assert transport.interest_ops == OP_READ | OP_WRITE
    transport.has_pending_writes = False
    assert channel.write() is send
    assert transport.interest_ops == OP_READ


@pytest.mark.behaviour(17)
def test_without_a_message_there_is_nothing_to_write() -> None:
    transport = ScriptedTransport()
    assert ready_channel(transport).write() is None
    assert transport.written == b""


def test_one_message_follows_another() -> None:
    transport = ScriptedTransport()
    channel = ready_channel(transport)
    for text in (b"one", b"two"):
        channel.set_send(NetworkSend("0", [text]))
        assert channel.write() is not None
    assert transport.written == frame(b"one") + frame(b"two")


# Receiving...


def test_a_message_is_returned_once_it_is_complete() -> None:
    data = frame(b"hello")
    channel = ready_channel(ScriptedTransport([data[:2], data[2:4], data[4:6], b"", data[6:]]))
    assert [channel.read() for _ in range(3)] == [None, None, None]
    receive = channel.read()
    assert receive is not None
    assert (receive.source, bytes(receive.payload)) == ("0", b"hello")


def test_every_read_returns_one_message() -> None:
    channel = ready_channel(ScriptedTransport([frame(b"one") + frame(b"") + frame(b"three")]))
    payloads = [bytes(receive.payload) for receive in iter(channel.read, None)]
    assert payloads == [b"one", b"", b"three"]


def test_the_largest_message_is_the_one_allowed_for_this_channel() -> None:
    channel = ready_channel(ScriptedTransport([frame(bytes(101))]))
    with pytest.raises(InvalidReceiveError, match=r"101 bytes.*0 to 100"):
        channel.read()


# Muting...


def test_a_muted_channel_does_not_wait_for_bytes_until_it_is_unmuted() -> None:
    transport = ScriptedTransport()
    channel = ready_channel(transport)
    channel.mute()
    assert channel.is_muted
    assert transport.interest_ops == 0
    assert repr(channel) == "<KafkaChannel 0: ready, muted>"
    channel.unmute()
    assert not channel.is_muted
    assert transport.interest_ops == OP_READ


def test_muting_leaves_writing_alone() -> None:
    transport = ScriptedTransport()
    channel = ready_channel(transport)
    channel.set_send(message_for("0"))
    channel.mute()
    assert transport.interest_ops == OP_WRITE


def test_unmuting_before_the_connection_stands_does_not_begin_to_read() -> None:
    transport = ScriptedTransport()
    transport.is_connected = False
    channel = channel_over(transport)
    channel.mute()
    channel.unmute()
    assert transport.interest_ops == OP_CONNECT


# The end...


def test_an_end_tells_state_error_and_address() -> None:
    transport = ScriptedTransport()
    transport.remote_address = SocketAddress(0, ("broker", 9092))
    channel = ready_channel(transport)
    error = ConnectionResetError("gone")
    channel.close(error)
    assert not channel.is_connected
    assert channel.disconnection() == Disconnection(ChannelState.READY, error, "broker:9092")
    assert channel.disconnection(ChannelState.FAILED_SEND).state is ChannelState.FAILED_SEND


@pytest.mark.behaviour(48)
def test_channels_of_the_same_name_are_equal() -> None:
    one, same = channel_over(ScriptedTransport()), channel_over(ScriptedTransport())
    other = channel_over(ScriptedTransport(), id="1")
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != "0"
