"""The network that misbehaves says what it did; and a trial in which it did nothing is refused."""

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from kafka_nio.protocol.api import ApiKey
from tests.faults.network.misbehaviour import (
    API_KEY,
    SIZE,
    BlackHole,
    Chunks,
    CutAnywhere,
    CutMidFrame,
    HalfOpen,
    HangUp,
    Latency,
    Modem,
    OneByteAtATime,
    Stranded,
    Unanswered,
    ZeroWindow,
)
from tests.faults.network.trial import TOPIC, trial
from tests.support.fault_proxy import CLEAN, Fault, FaultyNetwork

pytestmark = pytest.mark.faults

HELLO = b"hello"
REQUEST = SIZE.pack(8) + API_KEY.pack(ApiKey.PRODUCE) + b"please"
"""What a fault takes for a Produce request."""
DEADLINE_S = 10


@pytest.fixture
def network() -> Iterator[FaultyNetwork]:
    with FaultyNetwork() as network:
        yield network


@pytest.fixture
def client(network: FaultyNetwork) -> Iterator[socket.socket]:
    """One end of a connection through the only door. At the other end `HELLO` has arrived, so the connection stands."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        network.advertise(0, listener.getsockname())
        with socket.create_connection(network.doors[0].address, timeout=DEADLINE_S) as client:
            broker, _ = listener.accept()
            with broker:
                broker.settimeout(DEADLINE_S)
                client.sendall(HELLO)
                assert broker.recv(len(HELLO)) == HELLO
                yield client


def wait_for_strikes(network: FaultyNetwork, fault: Fault, strikes: int) -> None:
    deadline_s = time.monotonic() + DEADLINE_S
    while network.strikes(fault) < strikes and time.monotonic() < deadline_s:
        time.sleep(0.001)
    assert network.strikes(fault) == strikes


@pytest.mark.parametrize(
    ("make", "strikes"),
    [
        pytest.param(OneByteAtATime, 1, id="single bytes"),
        pytest.param(lambda: Chunks([5], [1]), 2, id="chunks"),
        pytest.param(lambda: Latency(ms=1), 1, id="latency"),
        pytest.param(lambda: Modem(bytes_per_s=10_000, packet_bytes=4), 3, id="modem"),
        pytest.param(lambda: Stranded(ms=10_000), 1, id="stranded"),
        pytest.param(BlackHole, 1, id="black hole"),
        pytest.param(ZeroWindow, 1, id="nothing is read"),
        pytest.param(HalfOpen, 1, id="half-open"),
        pytest.param(lambda: HalfOpen(ApiKey.PRODUCE), 1, id="half-open at Produce"),
        pytest.param(lambda: Unanswered(ApiKey.PRODUCE), 1, id="unanswered"),
        pytest.param(lambda: CutMidFrame(to_client=False, after=0), 1, id="cut in the middle of a frame"),
        pytest.param(lambda: CutAnywhere(to_client=False, after_bytes=[7]), 1, id="cut anywhere"),
        pytest.param(HangUp, 1, id="hung up"),
    ],
)
def test_a_fault_says_how_often_it_has_struck(
    make: Callable[[], Fault], strikes: int, network: FaultyNetwork, client: socket.socket
) -> None:
    fault = make()
    network.fault = fault
    assert network.idle_faults == [fault]
    client.sendall(REQUEST)
    wait_for_strikes(network, fault, strikes)
    assert network.idle_faults == []


def test_a_fault_that_leaves_everything_as_it_is_has_not_struck(network: FaultyNetwork, client: socket.socket) -> None:
    idle, latency = HalfOpen(ApiKey.METADATA), Latency(ms=1)
    network.fault = idle
    client.sendall(REQUEST)
    network.fault = latency
    client.sendall(REQUEST)
    wait_for_strikes(network, latency, 1)
    assert network.idle_faults == [idle]


def test_an_equal_fault_is_another_one(network: FaultyNetwork, client: socket.socket) -> None:
    first, second = Latency(ms=1), Latency(ms=1)
    network.fault = first
    network.fault = second
    client.sendall(REQUEST)
    wait_for_strikes(network, second, 1)
    assert network.strikes(first) == 0


def test_the_sound_network_is_no_fault(network: FaultyNetwork, client: socket.socket) -> None:
    network.fault = CLEAN
    client.sendall(REQUEST)
    assert network.faults == []


def test_a_trial_whose_fault_never_came_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(FaultyNetwork, "_set_fault", nothing)
    with pytest.raises(AssertionError, match=r"the fault has not struck: \[BlackHole\(\)\]"):
        send_one_under(BlackHole())


def test_a_trial_without_a_fault_is_refused() -> None:
    with pytest.raises(AssertionError, match="no fault was set"):
        send_one_under(CLEAN)


def send_one_under(fault: Fault) -> None:
    with trial() as producing:
        producing.network.fault = fault
        producing.producer.send(TOPIC, b"unharmed", partition=0).result(10)
