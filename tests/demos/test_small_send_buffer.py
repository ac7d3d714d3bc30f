"""d07. Being writable means that there is room for something; a message may take many writes."""

from itertools import pairwise

from kafka_nio.demos.small_send_buffer import BYTES_A_WRITE, RECORD
from tests.demos.story import produce_requests, recording, shown, steps, values


def writes() -> list[int]:
    return [int(step.shown["return"]) for step in steps("small-send-buffer", "nio.SocketChannel.write")]


def test_one_request_takes_more_than_one_write() -> None:
    assert len(produce_requests("small-send-buffer")) == 1
    assert len(writes()) == 6
    assert writes()[:-1] == [BYTES_A_WRITE] * 5
    assert sum(writes()) > len(RECORD)


def test_only_the_last_write_completes_the_send() -> None:
    *unfinished, last = shown(steps("small-send-buffer", "KafkaChannel.write"), "return")
    assert unfinished == ["None"] * 5
    assert str(last).endswith("bytes sent")


def test_write_interest_is_on_until_the_last_byte_has_left_and_not_longer() -> None:
    assert values("small-send-buffer", "channel 0 interest") == ["read|write", "read"]
    (turned_off,) = [
        step
        for step in steps("small-send-buffer", "KafkaChannel.write")
        for change in step.changes
        if change.values.get("channel 0 interest") == "read"
    ]
    assert turned_off == steps("small-send-buffer", "KafkaChannel.write")[-1]


def test_each_write_is_a_turn_of_the_loop_and_nothing_blocks() -> None:
    turns = {step.parent for step in steps("small-send-buffer", "KafkaChannel.write")}
    assert len(turns) == 6


def test_the_pieces_join_without_a_gap() -> None:
    moved = [
        step.moved for step in recording("small-send-buffer").steps if step.moved and step.moved.direction == "out"
    ]
    for before, after in pairwise(moved):
        assert after.start == before.start + before.length
