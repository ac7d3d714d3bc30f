"""d09. Whatever is read at once is handed over one by one, and meanwhile the selector does not sleep."""

from tests.demos.story import decisions, inside, polls, selects, shown, steps, values

NAME = "two-responses-one-read"


def test_two_answers_are_read_in_one_poll() -> None:
    reading = [poll for poll in polls(NAME) if inside(NAME, poll, "KafkaChannel.read")]
    assert len(reading) == 1
    assert shown(inside(NAME, reading[0], "KafkaChannel.read"), "return") == ["from 0: 62 of 62 bytes"] * 2 + ["None"]


def test_they_complete_in_two_polls() -> None:
    first, second = steps(NAME, "NetworkClient.parse_response")
    assert len([poll for poll in polls(NAME) if first.seq < poll.seq < second.seq]) == 1


def test_the_second_poll_does_not_sleep() -> None:
    first, second = steps(NAME, "NetworkClient.parse_response")
    (between,) = [step for step in selects(NAME) if first.seq < step.seq < second.seq]
    assert between.name == "nio.Selector.select_now"
    (reason,) = [decided for decided in decisions(NAME, "must_not_sleep") if decided.result]
    assert reason.operands["has_staged"] is True


def test_the_second_answer_is_staged_meanwhile() -> None:
    assert values(NAME, "channel 0 staged") == [1, 2, 1, None]


def test_the_answers_belong_to_the_requests_in_the_order_in_which_these_were_sent() -> None:
    requests = [str(answer).split(",")[0] for answer in shown(steps(NAME, "NetworkClient.parse_response"), "return")]
    assert requests == ["[Produce v13 #4 to 0", "[Produce v13 #5 to 0"]
