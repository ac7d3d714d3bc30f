"""Messages that were read and wait to be handed over."""

import pytest

from kafka_nio.errors import ProtocolError
from kafka_nio.network import MAX_RECEIVE_SIZE, KafkaChannel, NetworkReceive
from kafka_nio.network.staged_receives import ENOUGH_STAGED, LARGE_BYTES, MOST_STAGED, StagedReceives
from tests.network.transports import ScriptedTransport


def channel(id: str) -> KafkaChannel:
    return KafkaChannel(id, ScriptedTransport(), MAX_RECEIVE_SIZE)


def test_one_message_of_each_connection_is_taken_the_oldest_first() -> None:
    staged, a, b = StagedReceives(), channel("a"), channel("b")
    first, second, other = NetworkReceive("a"), NetworkReceive("a"), NetworkReceive("b")
    staged.add(a, [first, second])
    staged.add(b, [other])
    assert staged.take_one_of_each() == [first, other]
    assert (a in staged, b in staged) == (True, False)
    assert staged.take_one_of_each() == [second]
    assert staged.take_one_of_each() == []


def test_a_muted_connections_messages_stay() -> None:
    staged, muted, receive = StagedReceives(), channel("a"), NetworkReceive("a")
    staged.add(muted, [receive])
    muted.mute()
    assert not staged.has_some_to_take
    assert staged.take_one_of_each() == []
    muted.unmute()
    assert staged.has_some_to_take
    assert staged.take_one_of_each() == [receive]


def test_a_hundred_messages_are_enough_or_a_large_one() -> None:
    staged, talking, bulky = StagedReceives(), channel("a"), channel("b")
    assert not staged.is_full(talking)
    staged.add(talking, [NetworkReceive("a")] * (ENOUGH_STAGED - 1))
    assert not staged.is_full(talking)
    staged.add(talking, [NetworkReceive("a")])
    assert staged.is_full(talking)
    large = NetworkReceive("b")
    large.read_from(ScriptedTransport([LARGE_BYTES.to_bytes(4, "big"), bytes(LARGE_BYTES)]))
    staged.add(bulky, [large])
    assert staged.is_full(bulky)


def test_who_sends_ten_thousand_messages_at_once_is_not_honest() -> None:
    staged, talking = StagedReceives(), channel("a")
    staged.add(talking, [NetworkReceive("a")] * MOST_STAGED)
    with pytest.raises(ProtocolError, match="more than 10000 messages came at once"):
        staged.add(talking, [NetworkReceive("a")])


def test_what_nobody_asks_for_any_more_is_forgotten() -> None:
    staged, gone = StagedReceives(), channel("a")
    staged.add(gone, [NetworkReceive("a")])
    assert repr(staged) == "<StagedReceives {'a': 1}>"
    staged.forget(gone)
    staged.forget(gone)
    assert gone not in staged


def test_nothing_is_staged_for_a_connection_that_brought_nothing() -> None:
    staged, silent = StagedReceives(), channel("a")
    staged.add(silent, [])
    assert silent not in staged
