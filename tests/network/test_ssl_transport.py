"""TLS over a connection that never waits: the handshake in any pieces, messages of any size, every kind of end."""

import ssl
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
import trustme

from kafka_nio.errors import IllegalStateError, SslAuthenticationError
from kafka_nio.network import ChannelState, NetworkSend, Selector
from kafka_nio.network.ssl_transport import TRANSITIONS, SslTransportLayer, TlsEvent, TlsState
from kafka_nio.nio import OP_READ, OP_WRITE
from tests.network.peers import frame, message_for, receives
from tests.network.tls import TlsPeer, tls_channels

MakeSelector = Callable[..., Selector]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def broker_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    return context


@pytest.fixture
def context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


@pytest.fixture
def selector(make_selector: MakeSelector, context: ssl.SSLContext) -> Selector:
    return make_selector(channel_builder=tls_channels(context))


@pytest.fixture
def peer(selector: Selector, broker_context: ssl.SSLContext) -> Iterator[TlsPeer]:
    with closing(TlsPeer(selector, broker_context)) as peer:
        yield peer


def transport_of(selector: Selector) -> SslTransportLayer:
    transport = selector.channels["0"]._transport
    assert isinstance(transport, SslTransportLayer)
    return transport


def interest(selector: Selector) -> int:
    return transport_of(selector)._key.interest_ops


# The handshake...


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_both_ends_become_ready(
    version: ssl.TLSVersion, context: ssl.SSLContext, selector: Selector, broker_context: ssl.SSLContext
) -> None:
    context.maximum_version = version
    with closing(TlsPeer(selector, broker_context)) as peer:
        assert selector.channels["0"].state is ChannelState.AUTHENTICATE
        peer.shake_hands()
        assert selector.channels["0"].state is ChannelState.READY
        assert peer.engine.version() == version.name.replace("_", ".")


def test_a_handshake_goes_through_one_byte_at_a_time(selector: Selector, peer: TlsPeer) -> None:
    def one_byte() -> None:
        peer.receive(1)
        peer.think()
        peer.flush(1)

    peer.converse_until(lambda: peer.is_ready and selector.is_channel_ready("0"), one_byte)


def test_it_waits_for_room_to_write_only_while_something_is_left_to_write(selector: Selector, peer: TlsPeer) -> None:
    assert interest(selector) == OP_READ
    peer.shake_hands()
    assert interest(selector) == OP_READ
    selector.send(NetworkSend("0", [bytes(1 << 20)]))
    selector.poll(0)
    assert interest(selector) == OP_READ | OP_WRITE
    peer.converse_until(lambda: selector.completed_sends)
    assert interest(selector) == OP_READ


def test_a_certificate_for_another_host_is_refused_and_the_peer_is_told(
    selector: Selector, authority: trustme.CA
) -> None:
    other = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(other)
    with closing(TlsPeer(selector, other)) as peer:
        with pytest.raises(ssl.SSLError, match=r"(?i)bad certificate"):
            peer.shake_hands()
        end = selector.disconnected["0"]
        assert end.state is ChannelState.AUTHENTICATION_FAILED
        assert isinstance(end.error, SslAuthenticationError)
        assert "Hostname mismatch, certificate is not valid for 'localhost'" in str(end.error)


def test_a_certificate_of_a_stranger_is_refused(selector: Selector) -> None:
    strangers = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(strangers)
    with closing(TlsPeer(selector, strangers)) as peer:
        with pytest.raises(ssl.SSLError, match=r"(?i)unknown ca"):
            peer.shake_hands()
        assert "certificate verify failed: unable to get local issuer" in str(selector.disconnected["0"].error)


def test_a_peer_that_answers_in_plain_text_is_said_not_to_speak_tls(selector: Selector, peer: TlsPeer) -> None:
    peer.socket.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    selector.poll(0)
    end = selector.disconnected["0"]
    assert end.state is ChannelState.AUTHENTICATION_FAILED
    assert "the peer does not speak TLS on this port" in str(end.error)


def test_a_peer_that_hangs_up_during_the_handshake_is_not_called_untrustworthy(
    selector: Selector, peer: TlsPeer
) -> None:
    peer.close()
    selector.poll(0)
    end = selector.disconnected["0"]
    assert end.state is ChannelState.AUTHENTICATE
    assert "closed the connection during the TLS handshake; perhaps it does not speak TLS" in str(end.error)


def test_a_refusal_of_our_certificate_that_comes_after_the_handshake_is_one_all_the_same(
    selector: Selector, broker_context: ssl.SSLContext
) -> None:
    """In TLS 1.3 our end is ready before the peer has seen that we show no certificate."""
    broker_context.verify_mode = ssl.CERT_REQUIRED
    with closing(TlsPeer(selector, broker_context)) as peer:
        peer.converse_until(lambda: selector.is_channel_ready("0"))
        peer.receive()
        with pytest.raises(ssl.SSLError):
            peer.think()
        peer.flush()
        selector.poll(0)
        end = selector.disconnected["0"]
        assert end.state is ChannelState.AUTHENTICATION_FAILED
        assert "the peer refuses us (certificate required)" in str(end.error).replace("13 ", "")


def test_a_state_that_cannot_follow_is_refused(selector: Selector, peer: TlsPeer) -> None:
    with pytest.raises(IllegalStateError, match="is shaking hands"):
        transport_of(selector).transition_to(TlsEvent.DECRYPTED)


def test_every_state_can_be_closed() -> None:
    assert all(TRANSITIONS[state, TlsEvent.CLOSE] is TlsState.CLOSING for state in TlsState)


# Messages...


def test_messages_go_both_ways(selector: Selector, peer: TlsPeer) -> None:
    peer.shake_hands()
    selector.send(message_for("0", b"question"))
    peer.converse_until(lambda: peer.received)
    assert peer.received == frame(b"question")
    peer.write(frame(b"answer"))
    peer.converse_until(lambda: selector.completed_receives)
    assert receives(selector) == [("0", b"answer")]


@pytest.mark.parametrize("size", [16 * 1024, 64 * 1024 + 1, 3_000_000])
def test_messages_larger_than_all_buffers_go_both_ways(size: int, selector: Selector, peer: TlsPeer) -> None:
    message = bytes(number % 251 for number in range(size))
    peer.shake_hands()
    selector.send(NetworkSend("0", [message[:100], b"", message[100:]]))
    peer.converse_until(lambda: selector.completed_sends)
    peer.converse_until(lambda: len(peer.received) == size + 4)
    assert peer.received == frame(message)
    peer.write(frame(message))
    peer.converse_until(lambda: selector.completed_receives)
    assert receives(selector) == [("0", message)]


@pytest.mark.behaviour(19)
def test_a_message_is_not_sent_before_its_last_byte_has_left(selector: Selector, peer: TlsPeer) -> None:
    peer.shake_hands()
    send = NetworkSend("0", [bytes(40_000)])
    selector.send(send)
    selector.poll(0)
    assert send.remaining == 0, "all of it is encrypted"
    assert transport_of(selector).has_pending_writes
    assert not send.is_completed
    peer.converse_until(lambda: selector.completed_sends)
    assert selector.completed_sends == [send]
    assert not transport_of(selector).has_pending_writes


@pytest.mark.behaviour(200)
def test_all_that_one_record_carries_is_handed_over_though_the_socket_is_silent(
    selector: Selector, peer: TlsPeer
) -> None:
    peer.shake_hands()
    peer.write(frame(b"one") + frame(b"two") + frame(b"three")[:5])
    peer.flush()
    selector.poll(0)
    assert receives(selector) == [("0", b"one")]
    selector.poll(0)
    assert receives(selector) == [("0", b"two")]
    peer.write(frame(b"three")[5:])
    peer.flush()
    selector.poll(0)
    assert receives(selector) == [("0", b"three")]


@pytest.mark.behaviour(200)
def test_what_comes_along_with_the_end_of_the_handshake_is_read(
    make_selector: MakeSelector, context: ssl.SSLContext, broker_context: ssl.SSLContext
) -> None:
    """At a broker: the client's last word in the handshake and its first request arrive as one."""
    selector = make_selector(channel_builder=tls_channels(broker_context, server_side=True))
    with closing(TlsPeer(selector, context, server_side=False)) as client:
        client.think()
        client.flush()
        selector.poll(0)
        client.receive()
        client.think()
        assert client.is_ready
        client.write(frame(b"request"))
        client.flush()
        selector.poll(0)
        assert receives(selector) == [("0", b"request")]


# The end...


def test_the_peer_is_told_that_we_close(selector: Selector, peer: TlsPeer) -> None:
    peer.shake_hands()
    selector.close("0")
    peer.receive()
    peer.incoming.write_eof()
    assert peer.engine.read() == b""  # it would complain about a stream that was cut off


def test_what_the_peer_sent_before_it_closed_is_handed_over(selector: Selector, peer: TlsPeer) -> None:
    peer.shake_hands()
    peer.write(frame(b"last words"))
    with pytest.raises(ssl.SSLWantReadError):
        peer.engine.unwrap()
    peer.flush()
    selector.poll(0)
    assert receives(selector) == [("0", b"last words")]
    selector.poll(0)
    assert isinstance(selector.disconnected["0"].error, EOFError)


def test_a_message_that_is_cut_off_ends_the_connection(selector: Selector, peer: TlsPeer) -> None:
    peer.shake_hands()
    peer.write(frame(b"cut off")[:6])
    peer.flush()
    selector.poll(0)
    peer.close()
    selector.poll(0)
    assert isinstance(selector.disconnected["0"].error, EOFError)


def test_bytes_that_the_peer_did_not_send_end_the_connection(selector: Selector, peer: TlsPeer) -> None:
    peer.shake_hands()
    peer.write(frame(b"hello"))
    peer.converse_until(lambda: selector.completed_receives)
    peer.write(frame(b"money for alice"))
    forged = bytearray(peer.outgoing.read())
    forged[-1] ^= 1
    peer.socket.send(forged)
    selector.poll(0)
    end = selector.disconnected["0"]
    assert end.state is ChannelState.READY
    assert str(end.error).startswith("TLS failed: ")


def test_it_says_how_far_it_is(selector: Selector, peer: TlsPeer) -> None:
    assert repr(transport_of(selector)).endswith(": shaking hands>")
    peer.shake_hands()
    assert "encrypted" in repr(transport_of(selector))
