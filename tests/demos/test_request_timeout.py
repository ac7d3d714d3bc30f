"""d16. The oldest request takes the connection with it, and all that is in flight; half an answer is none."""

from kafka_nio.demos.request_timeout import APART_MS, REQUEST_TIMEOUT_MS
from kafka_nio.errors import KafkaError
from tests.demos.story import milliseconds, outcome, recording, requests, steps

NAME = "request-timeout"


def test_all_in_flight_fail_together_for_the_oldest_one() -> None:
    *together, _ = outcome(NAME).results
    assert len(together) == 3
    assert len({str(failure) for failure in together}) == 1
    assert "<Produce v13 #4 to 0> was not answered for 210 ms" in str(together[0])
    failed = steps(NAME, "ProducerBatch.complete_exceptionally")[:3]
    turns = [max(turn.seq for turn in steps(NAME, "Sender.run_once") if turn.seq < step.seq) for step in failed]
    assert len(set(turns)) == 1


def test_only_the_oldest_was_late() -> None:
    close, *_ = steps(NAME, "KafkaChannel.close")
    sent = [step for step in steps(NAME, "NetworkClient.do_send") if step.seq < close.seq]
    waited = [milliseconds(close) - milliseconds(step) for step in sent]
    assert waited == [3 * APART_MS, 2 * APART_MS, APART_MS]
    assert [duration > REQUEST_TIMEOUT_MS for duration in waited] == [True, False, False]


def test_the_connection_is_closed_by_the_time_out() -> None:
    close, *_ = steps(NAME, "KafkaChannel.close")
    (parent,) = [step for step in recording(NAME).steps if step.seq == close.parent]
    assert parent.name == "NetworkClient.handle_timed_out_requests"
    assert close.shown["error"] == "None"


def test_the_next_record_takes_a_new_connection() -> None:
    assert len(steps(NAME, "NetworkClient.initiate_connect")) == 1
    assert requests(NAME)[3:] == ["ApiVersions #7 to 0", "Metadata #8 to 0", "Produce #9 to 0"]


def test_half_an_answer_is_none() -> None:
    *_, partly, end = steps(NAME, "KafkaChannel.read")
    assert partly.result == "None"
    assert (end.error_type, end.error) == ("EOFError", "the peer closed the connection")
    last = outcome(NAME).results[-1]
    assert isinstance(last, KafkaError)
    assert "the peer closed the connection" in str(last)
