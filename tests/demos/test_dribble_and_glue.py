"""d08. What arrives together belongs together only by chance: a message may take many reads, and a read bring many."""

from itertools import pairwise

from kafka_nio.broker.delivery import DRIBBLED_BYTES
from tests.demos.story import inside, offsets, polls, shown, steps

NAME = "dribble-and-glue"


def messages(poll_number: int) -> list[object]:
    """What the channel's reads brought in one poll: None stands for no whole message."""
    return shown(inside(NAME, polls(NAME)[poll_number], "KafkaChannel.read"), "return")


def test_the_first_answer_comes_byte_by_byte() -> None:
    lone = [messages(number) for number in range(len(polls(NAME))) if messages(number) == ["None"]]
    assert len(lone) == DRIBBLED_BYTES
    first_bytes = [step.result for step in steps(NAME, "nio.SocketChannel.read") if step.result != 0][:DRIBBLED_BYTES]
    assert first_bytes == [1] * DRIBBLED_BYTES


def test_it_is_one_message_all_the_same() -> None:
    first, *_ = [message for message in shown(steps(NAME, "KafkaChannel.read"), "return") if message != "None"]
    assert first == "from 0: 62 of 62 bytes"


def test_three_answers_are_read_in_one_turn() -> None:
    most = max(range(len(polls(NAME))), key=lambda number: len(messages(number)))
    assert messages(most) == ["from 0: 62 of 62 bytes"] * 3 + ["None"]


def test_they_are_handed_over_one_per_turn() -> None:
    answers = steps(NAME, "NetworkClient.parse_response")[1:]
    between = [
        [poll.seq for poll in polls(NAME) if before.seq < poll.seq < after.seq] for before, after in pairwise(answers)
    ]
    assert [len(turns) for turns in between] == [1, 1]


def test_all_records_are_written() -> None:
    assert offsets(NAME) == [1, 2, 3, 4]
