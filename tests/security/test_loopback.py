"""What listens, listens to this machine alone, unless it is told otherwise.

127.0.0.2 is this machine too, by another address: whoever listens at 127.0.0.1 alone does not hear what is sent there,
whoever listens everywhere does.
"""

import ast
import inspect
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import kafka_nio
from kafka_nio.broker import EmbeddedCluster
from kafka_nio.cli import broker, serve

LOOPBACK, ELSEWHERE = "127.0.0.1", "127.0.0.2"
EVERYWHERE = "0.0.0.0"
SOURCES = sorted(Path(kafka_nio.__file__).parent.rglob("*.py"))


@pytest.fixture(autouse=True)
def two_addresses() -> None:
    """Linux has all of 127.0.0.0/8, others have one address."""
    with socket.socket() as probe:
        try:
            probe.bind((ELSEWHERE, 0))
        except OSError:
            pytest.skip(f"this machine has no {ELSEWHERE}")


def is_heard(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_the_embedded_broker_is_heard_on_this_machine_alone() -> None:
    with EmbeddedCluster(nodes=2) as cluster:
        for _, port in cluster.addresses:
            assert is_heard(LOOPBACK, port)
            assert not is_heard(ELSEWHERE, port)


def test_the_embedded_broker_is_heard_everywhere_if_it_is_told_to() -> None:
    with EmbeddedCluster(host=EVERYWHERE) as cluster:
        ((_, port),) = cluster.addresses
        assert is_heard(ELSEWHERE, port)


def test_the_command_that_runs_a_broker_listens_to_this_machine_unless_an_option_says_otherwise() -> None:
    assert inspect.signature(broker.broker).parameters["host"].default == LOOPBACK


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[serve.Server]:
    """The site's server, as the command starts it."""
    begun, servers = threading.Event(), list[serve.Server]()

    class Watched(serve.Server):
        def serve_forever(self, poll_interval: float = 0.01) -> None:
            servers.append(self)
            begun.set()
            super().serve_forever(poll_interval)

    monkeypatch.setattr(serve, "Server", Watched)
    thread = threading.Thread(target=serve.serve, args=(tmp_path, 0))
    thread.start()
    assert begun.wait(10)
    yield servers[0]
    servers[0].shutdown()
    thread.join()


def test_the_sites_server_is_heard_on_this_machine_alone(site: serve.Server) -> None:
    port = int(site.server_address[1])
    assert is_heard(LOOPBACK, port)
    assert not is_heard(ELSEWHERE, port)


def test_no_source_names_an_address_that_means_everywhere() -> None:
    texts = {
        (path.name, node.value)
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and node.value in (EVERYWHERE, "::")
    }
    assert not texts
