"""d10. The second poll_selection_keys is for connections that never raise OP_CONNECT, and for no others."""

import pytest

from kafka_nio.tracing import Step
from tests.demos.story import inside, offsets, recording, selects, shown, steps

BOTH = ("connect-at-once", "connect-in-progress")


def finishing(name: str) -> tuple[Step, Step]:
    """The two calls of poll_selection_keys in the poll in which the connection was finished."""
    (finish,) = steps(name, "KafkaChannel.finish_connect")
    keys = steps(name, "Selector.poll_selection_keys")
    (parent,) = [step for step in keys if step.seq == finish.parent]
    first, second = [step for step in keys if step.parent == parent.parent]
    return first, second


def test_over_a_unix_socket_connect_is_done_when_it_returns() -> None:
    assert shown(steps("connect-at-once", "nio.SocketChannel.connect"), "return") == [True]


def test_over_tcp_it_has_only_begun() -> None:
    assert shown(steps("connect-in-progress", "nio.SocketChannel.connect"), "return") == [False]


def test_immediately_connected_keys_occur_only_over_the_unix_socket() -> None:
    found = {
        name: [
            step.shown["keys"]
            for step in steps(name, "Selector.poll_selection_keys")
            if step.shown["is_immediately_connected"] and step.shown["keys"] != "{}"
        ]
        for name in BOTH
    }
    assert found == {"connect-at-once": ["[0 -]"], "connect-in-progress": []}


def test_tcp_is_finished_by_the_first_call_through_op_connect() -> None:
    first, second = finishing("connect-in-progress")
    assert (first.shown["keys"], second.shown["keys"]) == ("[0 CONNECT]", "{}")
    assert inside("connect-in-progress", first, "KafkaChannel.finish_connect")


def test_the_unix_socket_is_finished_by_the_second() -> None:
    first, second = finishing("connect-at-once")
    assert (first.shown["keys"], second.shown["keys"]) == ("{}", "[0 -]")
    assert inside("connect-at-once", second, "KafkaChannel.finish_connect")


def test_nothing_is_waited_for_where_nothing_will_come() -> None:
    first, _ = finishing("connect-at-once")
    before = [step for step in selects("connect-at-once") if step.seq < first.seq]
    assert before[-1].name == "nio.Selector.select_now"


@pytest.mark.parametrize("name", BOTH)
def test_either_way_the_record_is_written(name: str) -> None:
    assert offsets(name) == [0]


@pytest.mark.parametrize("name", BOTH)
def test_the_broker_accepts_on_one_thread_and_serves_on_another(name: str) -> None:
    (accepted,) = steps(name, "nio.ServerSocketChannel.accept")
    assert accepted.thread == "broker-0 acceptor"
    (taken, *_) = [step for step in steps(name, "Processor.configure_new_connections") if step.seq > accepted.seq]
    assert taken.thread == "broker-0 processor"
    assert set(recording(name).threads) == {"app", "sender", "broker-0 acceptor", "broker-0 processor"}
