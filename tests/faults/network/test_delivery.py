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
from tests.faults.network.trial import DELIVERY_TIMEOUT_MS, MAX_BLOCK_MS, NODES, NOT_ANSWERED, SLOWER, trial
from tests.faults.table import Note
from tests.support.fault_proxy import CLEAN

pytestmark = pytest.mark.faults

UNDER_IT_S = 0.5
"""How long the load goes on while a fault lasts that lets it through."""
SHORT_S = 1.2
"""Long enough to be seen as a pause, and shorter than delivery.timeout.ms."""


WAITED_IN_VAIN = ("has not answered the request it was in", "was not answered for", "no answer for")
"""Words of the reasons of records that waited: for an answer, after an earlier one, or for a connection."""
LATENCY_MS = 50


def test_latency_delays_records_and_fails_none(note: Note) -> None:
    """The one slow network for a producer that begins anew, as by default, when it finds no broker."""
    with trial(**{**SLOWER, "metadata_recovery_strategy": "rebootstrap"}) as producing:
        producing.call_timeout_ms = MAX_BLOCK_MS
        with producing.under(Latency(LATENCY_MS)) as load:
            time.sleep(UNDER_IT_S)
            load.wait_until_each_partition_goes_on()
        producing.end(note, f"{LATENCY_MS} ms of latency each way", load)
        assert producing.fastest_ms >= 2 * LATENCY_MS
        assert producing.network.connections <= 1 + NODES, "a connection was lost that need not be"


def test_bytes_that_travel_alone_delay_records_and_fail_none(note: Note) -> None:
    with trial(**SLOWER) as producing:
        with producing.under(OneByteAtATime(), rate=20) as load:
            time.sleep(UNDER_IT_S)
            load.wait_until_each_partition_goes_on()
        producing.ensure_sent_byte_by_byte()
        producing.end(note, "one byte at a time", load)
        assert producing.network.connections <= 1 + NODES, "a connection was lost that need not be"


def test_frames_that_come_together_fail_none(note: Note) -> None:
    glued = Glued(ms=60)
    with trial(**SLOWER) as producing:
        with producing.under(glued) as load:
            time.sleep(UNDER_IT_S)
            load.wait_until_each_partition_goes_on()
        together = producing.network.strikes(glued)
        producing.end(note, "frames glued together", load, remark=f"{together} times")
        assert producing.network.connections <= 1 + NODES, "a connection was lost that need not be"


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("to_client", [True, False], ids=["answers", "requests"])
def test_records_of_a_connection_cut_in_the_middle_of_a_frame_are_sent_again(
    to_client: bool, reset: bool, note: Note
) -> None:
    fault = CutMidFrame(to_client=to_client, reset=reset)
    name = f"{'answers' if to_client else 'requests'} cut in the middle, then {'reset' if reset else 'closed'}"
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
        load = producing.pause(BlackHole(), SHORT_S)
        producing.end(note, f"black hole for {SHORT_S} s", load)


def test_a_black_hole_that_lasts_fails_what_waits_too_long_and_nothing_else(note: Note) -> None:
    with trial() as producing:
        load = producing.pause(BlackHole(), DELIVERY_TIMEOUT_MS / 1000 + 1)
        found = producing.end(note, "black hole for 3 s", load, may_fail_with=NOT_ANSWERED)
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
        found = producing.end(note, name, load, may_fail_with=NOT_ANSWERED)
    assert found.failed > 0


@pytest.mark.slow
def test_requests_that_nobody_answers_fail_in_time_though_connections_can_be_made(note: Note) -> None:
    """The second attempt is under way when the time is over."""
    with trial(request_timeout_ms=DELIVERY_TIMEOUT_MS * 3 // 4) as producing:
        with producing.under(HalfOpen(ApiKey.PRODUCE), on_new_connections=True) as load:
            time.sleep(DELIVERY_TIMEOUT_MS / 1000 + 1)
            producing.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        found = producing.end(note, "no Produce request answered for 3 s", load, may_fail_with=NOT_ANSWERED)
    assert any(WAITED_IN_VAIN[0] in reason for reason in found.reasons), "none waited for a second answer"
    assert not found.reasons_without(WAITED_IN_VAIN)


def test_a_broker_that_does_not_read_makes_records_wait(note: Note) -> None:
    with trial() as producing:
        load = producing.pause(ZeroWindow(), SHORT_S)
        producing.end(note, f"nothing is read for {SHORT_S} s", load)


@pytest.mark.slow
@pytest.mark.parametrize("bytes_per_s", [3_600, 7_000])
def test_a_modem_takes_its_time(bytes_per_s: int, note: Note) -> None:
    """Far less than the load: most has to wait, and what waits too long fails and says so."""
    modem = Modem(bytes_per_s)
    with trial(request_timeout_ms=4_000, delivery_timeout_ms=5_000, batch_size=2_000) as producing:
        with producing.under(modem) as load:
            time.sleep(10)
            producing.ensure_sent_no_faster(bytes_per_s, modem.packet_bytes)
            producing.network.fault = CLEAN
            load.wait_until_each_partition_goes_on()
        name = f"a modem of {bytes_per_s:,} bytes per second for 10 s"
        found = producing.end(note, name, load, may_fail_with=NOT_ANSWERED)
    assert found.failed > 0


@pytest.mark.slow
def test_a_long_black_hole_is_survived(note: Note) -> None:
    with trial() as producing:
        load = producing.pause(BlackHole(), 20)
        found = producing.end(note, "black hole for 20 s", load, may_fail_with=NOT_ANSWERED)
    assert found.failed > 0
