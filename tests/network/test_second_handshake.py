"""A broker that wants to shake hands again (TLS 1.2), or to change its keys (TLS 1.3). OpenSSL's own server plays it.

Java: Tls12SelectorTest.testRenegotiationFails and Tls13SelectorTest.testKeyUpdate do the same.
"""

import shutil
import socket
import subprocess
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path
from termios import FIONREAD

import pytest

from kafka_nio.config import ProducerConfig
from kafka_nio.network import Selector
from kafka_nio.network.ssl_context import client_context
from kafka_nio.nio import SocketAddress
from tests.network.peers import frame, message_for, poll_until, receives
from tests.network.tls import tls_channels
from tests.support.certificates import Authority

MakeSelector = Callable[..., Selector]


class OpenSslServer:
    """`openssl s_server`: what it is told on its input it sends, and a single letter is an order."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.port = int(self.read_until(b"ACCEPT ").rpartition(b":")[2])

    def read_until(self, words: bytes) -> bytes:
        """The line that has these words; those before it are skipped."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if words in line:
                return line
        raise AssertionError(f"the server ended without saying {words!r}")

    def tell(self, line: bytes) -> None:
        """One line of input. It is taken when this returns, since an order has to be read alone."""
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()
        left = array("i", [1])
        while left[0]:
            ioctl(self._process.stdin, FIONREAD, left)


@contextmanager
def openssl_server(authority: Authority, version: str) -> Iterator[OpenSslServer]:
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("there is no openssl on this machine")
    pem = authority.issue_file("127.0.0.1")
    command = [program, "s_server", "-accept", "127.0.0.1:0", "-naccept", "1", "-cert", pem, "-key", pem, version]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT) as process:
        yield OpenSslServer(process)
        process.kill()


@contextmanager
def connected(tmp_path: Path, make_selector: MakeSelector, version: str) -> Iterator[tuple[Selector, OpenSslServer]]:
    """A connection over which a message has come already."""
    authority = Authority(tmp_path)
    config = ProducerConfig.parse(
        bootstrap_servers="localhost:9092", security_protocol="SSL", ssl_truststore_location=authority.location
    )
    selector = make_selector(channel_builder=tls_channels(client_context(config)))
    with openssl_server(authority, version) as server:
        selector.connect("0", SocketAddress(socket.AF_INET, ("127.0.0.1", server.port)))
        poll_until(selector, lambda: selector.is_channel_ready("0"))
        server.tell(frame(b"first\n")[:-1])
        poll_until(selector, lambda: receives(selector) == [("0", b"first\n")])
        yield selector, server


@pytest.mark.behaviour(201)
def test_a_broker_that_wants_to_shake_hands_again_is_refused(tmp_path: Path, make_selector: MakeSelector) -> None:
    with connected(tmp_path, make_selector, "-tls1_2") as (selector, server):
        server.tell(b"r")
        poll_until(selector, lambda: "0" in selector.disconnected)
        assert b"no renegotiation" in server.read_until(b"renegotiation")


@pytest.mark.behaviour(201)
@pytest.mark.parametrize("order", [b"k", b"K"], ids=["its own keys", "both ends' keys"])
def test_a_broker_may_change_its_keys(tmp_path: Path, make_selector: MakeSelector, order: bytes) -> None:
    with connected(tmp_path, make_selector, "-tls1_3") as (selector, server):
        server.tell(order)
        server.tell(frame(b"second\n")[:-1])
        poll_until(selector, lambda: receives(selector) == [("0", b"second\n")])
        selector.send(message_for("0", b"third\n"))
        poll_until(selector, lambda: selector.completed_sends)
        server.read_until(b"third")
        assert "0" not in selector.disconnected
