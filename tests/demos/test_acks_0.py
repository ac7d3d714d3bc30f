"""d11. Nobody answers, so a request is over when it has left."""

from tests.demos.story import inside, offsets, recording, steps

NAME = "acks-0"


def test_no_answer_is_read_or_waited_for() -> None:
    assert steps(NAME, "nio.SocketChannel.read", "KafkaChannel.read", "NetworkClient.parse_response") == []


def test_the_request_is_completed_in_the_poll_that_wrote_it() -> None:
    (poll,) = [step for step in steps(NAME, "NetworkClient.poll") if inside(NAME, step, "nio.SocketChannel.write")]
    assert [step.name for step in inside(NAME, poll, "nio.SocketChannel.write", "ProducerBatch.complete")] == [
        "nio.SocketChannel.write",
        "ProducerBatch.complete",
    ]


def test_it_is_in_flight_from_the_send_until_it_has_left() -> None:
    taken_out = [
        step.name
        for step in recording(NAME).steps
        for change in step.changes
        if "in flight 0" in change.values and change.values["in flight 0"] is None
    ]
    assert taken_out == ["NetworkClient.handle_completed_sends"]


def test_nobody_knows_the_offset() -> None:
    assert offsets(NAME) == [-1]
