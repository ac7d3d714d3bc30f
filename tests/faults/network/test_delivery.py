"""Whatever the network does: acknowledged records are there once and in order, and all others say why, in time."""

import time

import pytest

from kafka_nio.protocol.api import ApiKey
from tests.faults.network.misbehaviour import (
    BlackHole,
    CutMidFrame,
    Glued,
    HalfOpen,
    Latency,
    Modem,
    OneByteAtATime,
    Stranded,
    ZeroWindow,
)
from tests.faults.network.trial import DELIVERY_TIMEOUT_MS, NODES, SLOWER, trial
from tests.faults.table import Note
from tests.support.fault_proxy import CLEAN, Fault

pytestmark = pytest.mark.faults

UNDER_IT_S = 0.5
"""How long the load goes on while a fault lasts that lets it through."""


@pytest.mark.parametrize(
    ("fault", "name", "rate"),
    [
        pytest.param(Latency(ms=50), "50 ms of latency each way", 300, id="latency"),
        pytest.param(OneByteAtATime(), "one byte at a time", 20, id="single bytes"),
        pytest.param(Glued(ms=60), "frames glued together", 300, id="glued"),
    ],
)
def test_a_slow_or_odd_network_delays_records_and_fails_none(fault: Fault, name: str, rate: int, note: Note) -> None:
    with trial(**SLOWER) as producing:
        with producing.under(fault, rate=rate) as load:
            time.sleep(UNDER_IT_S)
            load.wait_until_each_partition_goes_on()
        producing.end(note, name, load)
        assert producing.network.connections <= 1 + NODES, "a connection was lost that need not be"


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        pytest.param(CutMidFrame(to_client=True), "answers cut in the middle, then closed", id="answers"),
        pytest.param(CutMidFrame(to_client=False), "requests cut in the middle, then closed", id="requests"),
        pytest.param(
            CutMidFrame(to_client=True, reset=True), "answers cut in the middle, then reset", id="answers reset"
        ),
        pytest.param(
            CutMidFrame(to_client=False, reset=True), "requests cut in the middle, then reset", id="requests reset"
        ),
    ],
)
def test_records_of_a_connection_cut_in_the_middle_of_a_frame_are_sent_again(
    fault: CutMidFrame, name: str, note: Note
) -> None:
    with trial() as producing:
        with producing.under(fault, on_new_connections=True) as load:
            load.wait_for(lambda: len(fault.cuts) == fault.times, "the connections to be cut", 10)
            load.wait_until_each_partition_goes_on()
        producing.end(note, name, load, remark=f"{len(fault.cuts)} times")


@pytest.mark.parametrize("it_arrives", [True, False], ids=["answers lost", "requests lost"])
def test_records_on_a_half_open_connection_are_sent_again_on_another(it_arrives: bool, note: Note) -> None:
    name = f"half-open connection: {'answer' if it_arrives else 'request'} lost, for ever"
    with trial() as producing:
        with producing.under(HalfOpen(ApiKey.PRODUCE, it_arrives=it_arrives), on_new_connections=True) as load:
            time.sleep(UNDER_IT_S)
            producing.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        producing.end(note, name, load)


def test_without_idempotence_lost_answers_cost_copies_and_no_records(note: Note) -> None:
    with trial(enable_idempotence=False) as producing:
        with producing.under(HalfOpen(ApiKey.PRODUCE, it_arrives=True), on_new_connections=True) as load:
            time.sleep(UNDER_IT_S)
            producing.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        name = "half-open connection: answer lost, for ever"
        found = producing.close_and_note(note, f"{name}; no idempotence", load, "at least once, as promised then")
    assert found.duplicated, "the fault has not struck"
    assert not found.failed


def test_a_short_black_hole_fails_nothing(note: Note) -> None:
    with trial() as producing:
        with producing.under(BlackHole()) as load:
            time.sleep(1)
            producing.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        producing.end(note, "black hole for 1 s", load)


def test_a_black_hole_that_lasts_fails_what_waits_too_long_and_nothing_else(note: Note) -> None:
    with trial() as producing:
        with producing.under(BlackHole()) as load:
            time.sleep(DELIVERY_TIMEOUT_MS / 1000 + 1)
            producing.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        remark = f"failed after delivery.timeout.ms, which was {DELIVERY_TIMEOUT_MS}"
        found = producing.end(note, "black hole for 3 s", load, may_fail=True, remark=remark)
    assert found.failed > 0


def test_what_was_sent_again_elsewhere_may_arrive_after_all(note: Note) -> None:
    with trial() as producing:
        with producing.under(CLEAN) as load:
            connections = producing.network.connections
            producing.network.fault = Stranded(ms=900)
            time.sleep(1.2)
            load.wait_until_each_partition_goes_on()
            assert producing.network.connections > connections, "the fault has not struck"
        producing.end(note, "requests arrive 0.9 s late, after they were sent again", load)


@pytest.mark.slow
def test_what_was_given_up_may_arrive_after_what_was_sent_later(note: Note) -> None:
    """The producer has gone on in a new epoch, so that the broker turns the late ones away."""
    with trial() as producing:
        with producing.under(BlackHole()) as load:
            time.sleep(DELIVERY_TIMEOUT_MS / 1000 + 0.3)
            producing.network.fault = Stranded(ms=1_000)
            load.wait_until_each_partition_goes_on()
            time.sleep(1)
            load.wait_until_each_partition_goes_on()
        name = "requests arrive 3.3 s late, after they were given up"
        found = producing.end(note, name, load, may_fail=True)
    assert found.failed > 0


@pytest.mark.slow
def test_requests_that_nobody_answers_fail_in_time_though_connections_can_be_made(note: Note) -> None:
    """The second attempt is under way when the time is over."""
    with trial(request_timeout_ms=DELIVERY_TIMEOUT_MS * 3 // 4) as producing:
        with producing.under(HalfOpen(ApiKey.PRODUCE), on_new_connections=True) as load:
            time.sleep(DELIVERY_TIMEOUT_MS / 1000 + 1)
            producing.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        remark = f"failed after delivery.timeout.ms, which was {DELIVERY_TIMEOUT_MS}"
        found = producing.end(note, "no Produce request answered for 3 s", load, may_fail=True, remark=remark)
    assert any("has not answered the request it was in" in reason for reason in found.reasons)


def test_a_broker_that_does_not_read_makes_records_wait(note: Note) -> None:
    with trial() as producing:
        with producing.under(ZeroWindow()) as load:
            time.sleep(1)
            producing.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        producing.end(note, "nothing is read for 1 s", load)


@pytest.mark.slow
@pytest.mark.parametrize("bytes_per_s", [3_600, 7_000])
def test_a_modem_takes_its_time(bytes_per_s: int, note: Note) -> None:
    """Far less than the load: the producer has to slow down, and says so by failing what is too late."""
    with trial(request_timeout_ms=8_000, delivery_timeout_ms=10_000) as producing:
        with producing.under(Modem(bytes_per_s)) as load:
            time.sleep(10)
            producing.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        producing.end(note, f"a modem of {bytes_per_s:,} bytes per second for 10 s", load, may_fail=True)


@pytest.mark.slow
def test_a_long_black_hole_is_survived(note: Note) -> None:
    with trial() as producing:
        with producing.under(BlackHole()) as load:
            time.sleep(20)
            producing.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        producing.end(note, "black hole for 20 s", load, may_fail=True)
