"""Only the connection that was silent for longest can expire, and not before it has been silent for too long."""

import pytest

from kafka_nio.clock import NEVER
from kafka_nio.network.idle_expiry import NS_PER_MS, IdleExpiry


def ms(milliseconds: int) -> int:
    """A moment, in the nanoseconds in which time is told here."""
    return milliseconds * NS_PER_MS


def expiry_after(max_idle_ms: float) -> IdleExpiry:
    return IdleExpiry(max_idle_ms, now_ns=0)


def test_a_silent_connection_expires_after_its_time_and_not_at_it() -> None:
    expiry = expiry_after(100)
    expiry.update("0", ms(0))
    assert expiry.poll_expired_connection(ms(100)) is None
    assert expiry.poll_expired_connection(ms(100) + 1) == "0"


def test_being_used_keeps_a_connection_alive() -> None:
    expiry = expiry_after(100)
    expiry.update("0", ms(0))
    expiry.update("0", ms(60))
    assert expiry.poll_expired_connection(ms(101)) is None
    assert expiry.poll_expired_connection(ms(160)) is None
    assert expiry.poll_expired_connection(ms(161)) == "0"


def test_the_first_look_at_a_connection_may_come_exactly_when_its_time_is_full() -> None:
    expiry = expiry_after(100)
    expiry.update("0", ms(60))
    assert expiry.poll_expired_connection(ms(160)) is None
    assert expiry.poll_expired_connection(ms(160) + 1) == "0"


def test_the_one_that_was_silent_for_longest_comes_first() -> None:
    expiry = expiry_after(100)
    for id in ("0", "1", "2"):
        expiry.update(id, ms(0))
    expiry.update("0", ms(50))
    assert expiry.poll_expired_connection(ms(1000)) == "1"
    expiry.remove("1")
    assert expiry.poll_expired_connection(ms(1000)) == "2"
    expiry.remove("2")
    assert expiry.poll_expired_connection(ms(1000)) == "0"


def test_the_next_oldest_is_found_young_and_expires_in_its_own_time() -> None:
    expiry = expiry_after(100)
    expiry.update("0", ms(0))
    expiry.update("1", ms(70))
    assert expiry.poll_expired_connection(ms(101)) == "0"
    expiry.remove("0")
    assert expiry.poll_expired_connection(ms(102)) is None
    assert expiry.poll_expired_connection(ms(170)) is None
    assert expiry.poll_expired_connection(ms(171)) == "1"


def test_a_connection_that_was_removed_does_not_expire() -> None:
    expiry = expiry_after(100)
    expiry.update("0", ms(0))
    expiry.remove("0")
    expiry.remove("0")
    assert expiry.poll_expired_connection(ms(1000)) is None


@pytest.mark.behaviour(44)
def test_without_connections_the_next_look_is_a_whole_time_away() -> None:
    expiry = expiry_after(100)
    assert expiry.poll_expired_connection(ms(101)) is None
    expiry.update("0", ms(1))
    assert expiry.poll_expired_connection(ms(201)) is None
    assert expiry.poll_expired_connection(ms(202)) == "0"


def test_infinite_time_is_never_over() -> None:
    expiry = expiry_after(NEVER)
    expiry.update("0", ms(0))
    assert expiry.poll_expired_connection(2**63) is None
