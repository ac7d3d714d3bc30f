"""What a connection waits for, bit by bit.

Java: no counterpart.
"""

import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.network.transport import PlaintextTransportLayer
from kafka_nio.nio import OP_READ, OP_WRITE, SelectionKey, Selector, SocketAddress, SocketChannel, ops_text
from kafka_nio.producer import RecordMetadata

SETTING = "setting adds"
SUM = "a set is a sum"
FLIP = "a bit that is not there can be flipped off"
AGAIN = "registering again is adding"

OPS = st.sampled_from([OP_READ, OP_WRITE, OP_READ | OP_WRITE])


@contextmanager
def connection(interest_ops: int = OP_READ) -> Iterator[tuple[PlaintextTransportLayer, SelectionKey, Selector]]:
    """A connection of real sockets with room to write and nothing to read, its key, and its selector."""
    ours, peer = socket.socketpair()
    channel = SocketChannel(ours, SocketAddress(ours.family, "peer"))
    with closing(Selector()) as selector, closing(channel), closing(peer):
        key = channel.register(selector, interest_ops, attachment="the connection's owner")
        yield PlaintextTransportLayer(key), key, selector


@misconception(AGAIN, "The key is how the selector's owner finds the connection again. There is one, made once.")
def test_the_key_stays_the_same() -> None:
    """Adding and taking away change the interest of the key that there is; no other key takes its place."""
    with connection() as (transport, key, selector):
        transport.add_interest_ops(OP_WRITE)
        transport.remove_interest_ops(OP_WRITE)
        assert key.is_valid, "the key is cancelled"
        assert selector.keys == {key}, f"the selector has {len(selector.keys)} keys, and not the one there was"


@misconception(
    SETTING, "interest_ops changes when it is set, and then all of it: what was there has to be in the new set, too."
)
def test_what_is_there_stays() -> None:
    """When OP_WRITE comes to OP_READ, the connection waits for both; when it is taken away again, for OP_READ."""
    with connection() as (transport, key, _):
        transport.add_interest_ops(OP_WRITE)
        both = key.interest_ops
        transport.remove_interest_ops(OP_WRITE)
        assert both == OP_READ | OP_WRITE, f"READ was there, WRITE was added, and it waits for {ops_text(both)}"
        assert key.interest_ops == OP_READ, f"WRITE was taken away, and it waits for {ops_text(key.interest_ops)}"


@misconception(SUM, "In a set, a thing is or is not. Adding it twice makes no difference; 4 + 4 does.")
def test_what_is_added_twice_is_there_once() -> None:
    """When OP_WRITE is added twice and taken away once, it is gone."""
    with connection() as (transport, key, _):
        for _ in range(2):
            transport.add_interest_ops(OP_WRITE)
        added = key.interest_ops
        transport.remove_interest_ops(OP_WRITE)
        assert added == OP_READ | OP_WRITE, f"WRITE was added twice, and it waits for {ops_text(added)}"
        assert key.interest_ops == OP_READ, f"WRITE was taken away, and it waits for {ops_text(key.interest_ops)}"


@misconception(FLIP, "^ turns a bit over, whatever it was. What is to be off must be off afterwards, whatever it was.")
def test_what_is_not_there_can_be_taken_away() -> None:
    """When OP_WRITE is taken away and was not there, nothing changes, and select finds nothing."""
    with connection() as (transport, key, selector):
        transport.remove_interest_ops(OP_WRITE)
        found = selector.select_now()
        assert key.interest_ops == OP_READ, f"it waits for {ops_text(key.interest_ops)}"
        assert found == 0, "nothing has come to read, and select finds the key ready"


@misconception(SUM, "ops may hold several bits, of which some are there and some are not.")
@given(changes=st.lists(st.tuples(st.sampled_from(["add", "remove"]), OPS), max_size=6))
def test_any_changes_in_any_order(changes: list[tuple[str, int]]) -> None:
    """Whatever is added and taken away, in any order, the interest is what a set would be."""
    expected = {OP_READ}
    with connection() as (transport, key, _):
        for what, ops in changes:
            bits = {op for op in (OP_READ, OP_WRITE) if ops & op}
            if what == "add":
                transport.add_interest_ops(ops)
                expected |= bits
            else:
                transport.remove_interest_ops(ops)
                expected -= bits
            assert key.interest_ops == sum(expected), f"it waits for {ops_text(key.interest_ops)}"


@costs
@misconception(SETTING, "The interest in READ lasts as long as the connection; WRITE comes and goes.")
def test_a_small_send_buffer(play: Play) -> None:
    """In a whole producer a request of 64 KiB leaves in parts, and its answer is read."""
    outcome = play("small-send-buffer", look_ms=50)
    assert all(isinstance(result, RecordMetadata) for result in outcome.results), f"{outcome.results}"
    writes = [step for step in outcome.recording.steps if step.name == "nio.SocketChannel.write"]
    assert len(writes) == 6, f"it took {len(writes)} writes instead of 6"
