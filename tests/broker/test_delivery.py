"""Answers that leave in odd pieces, and a broker behind a Unix socket."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kafka_nio.broker import Delivery, EmbeddedCluster, Fault
from kafka_nio.broker.delivery import DRIBBLED_BYTES
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.codec import encode_request
from kafka_nio.protocol.messages import ApiVersionsRequest


def framed(correlation_id: int) -> bytes:
    header = RequestHeader(ApiKey.API_VERSIONS, 0, correlation_id, "test")
    payload = b"".join(encode_request(header, ApiVersionsRequest()))
    return len(payload).to_bytes(4, "big") + payload


@contextmanager
def connected(cluster: EmbeddedCluster) -> Iterator[socket.socket]:
    with socket.create_connection(cluster.addresses[0], timeout=10) as connection:
        yield connection


def pieces(connection: socket.socket, number: int) -> list[bytes]:
    """What so many reads bring."""
    return [connection.recv(65_536) for _ in range(number)]


def answer_size(data: bytes) -> int:
    return 4 + int.from_bytes(data[:4], "big")


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster() as cluster:
        yield cluster


def whole_answer(connection: socket.socket) -> bytes:
    data = exactly(connection, 4)
    return data + exactly(connection, answer_size(data) - 4)


def exactly(connection: socket.socket, size: int) -> bytes:
    """A socket with a timeout does not wait for all, whatever the flag MSG_WAITALL says."""
    data = b""
    while len(data) < size:
        data += connection.recv(size - len(data))
    return data


def test_a_dribbled_answer_is_whole_in_the_end(cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.API_VERSIONS, delivery=Delivery.DRIBBLED))
    with connected(cluster) as connection:
        connection.sendall(framed(1))
        dribbled = whole_answer(connection)
        connection.sendall(framed(1))
        assert dribbled == whole_answer(connection)


def test_its_first_bytes_come_one_by_one(cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.API_VERSIONS, delivery=Delivery.DRIBBLED))
    with connected(cluster) as connection:
        connection.sendall(framed(1))
        first, *_ = pieces(connection, 1)
        assert len(first) <= DRIBBLED_BYTES


def test_held_answers_leave_with_the_next_one_in_order(cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.API_VERSIONS, delivery=Delivery.HELD, times=2))
    with connected(cluster) as connection:
        connection.sendall(framed(1) + framed(2))
        connection.settimeout(0.05)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(10)
        connection.sendall(framed(3))
        (together,) = pieces(connection, 1)
    size = answer_size(together)
    assert len(together) == 3 * size
    assert [together[start + 7] for start in (0, size, 2 * size)] == [1, 2, 3]  # the correlation ids


def test_a_cut_answer_ends_half_way_and_the_connection_with_it(cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.API_VERSIONS, delivery=Delivery.CUT))
    with connected(cluster) as connection:
        connection.sendall(framed(1))
        data = b"".join(iter(until_the_end(connection), b""))
    assert len(data) == answer_size(data) // 2


def until_the_end(connection: socket.socket) -> Callable[[], bytes]:
    return lambda: connection.recv(65_536)


def test_a_fault_on_one_connection_leaves_others_alone(cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.API_VERSIONS, delivery=Delivery.HELD))
    with connected(cluster) as patient, connected(cluster) as other:
        patient.sendall(framed(1))
        patient.settimeout(0.05)
        with pytest.raises(TimeoutError):
            patient.recv(1)
        other.sendall(framed(2))
        assert whole_answer(other)[7] == 2


# A Unix socket...


def test_a_broker_listens_on_a_unix_socket(tmp_path: Path) -> None:
    with EmbeddedCluster(nodes=2, host=str(tmp_path)) as cluster:
        assert cluster.addresses == [(str(tmp_path / f"broker-{number}.sock"), 0) for number in range(2)]
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(cluster.addresses[1][0])
            connection.sendall(framed(7))
            assert whole_answer(connection)[7] == 7


def test_it_leaves_nothing_behind(tmp_path: Path) -> None:
    with EmbeddedCluster(host=str(tmp_path)) as cluster:
        cluster.restart_broker(0)
        assert list(tmp_path.iterdir()) == [tmp_path / "broker-0.sock"]
    assert list(tmp_path.iterdir()) == []
