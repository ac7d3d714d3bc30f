"""d12. A full window makes batches, without any linger; and it counts requests, not records."""

from kafka_nio.demos.window_full import SLOW_MS, WINDOW
from tests.demos.story import decisions, milliseconds, offsets, produce_requests, recording, steps, values

NAME = "window-full"


def test_two_records_leave_alone_and_four_together() -> None:
    assert len(produce_requests(NAME)) == 3
    drained = [str(step.result) for step in steps(NAME, "RecordAccumulator.drain") if step.result != "{}"]
    assert drained == ["{0: [demo-0: 1 record, full]}"] * 2 + ["{0: [demo-0: 4 records, full]}"]


def test_the_window_was_full_and_that_is_why() -> None:
    (full,) = [decided for decided in decisions(NAME, "can_send_more") if decided.result is False]
    assert full.operands["in_flight"] == full.operands["self._max_per_connection"] == WINDOW
    assert full.operands["has_left"] is True


def test_there_are_never_more_requests_in_flight_than_the_window_allows() -> None:
    in_flight = [str(requests) for requests in values(NAME, "in flight 0") if requests is not None]
    assert max(requests.count("Produce") for requests in in_flight) == WINDOW


def test_the_first_answer_makes_room() -> None:
    answer = steps(NAME, "NetworkClient.parse_response", thread="sender")[0]
    third = steps(NAME, "NetworkClient.do_send")[2]
    assert milliseconds(answer) == milliseconds(third)
    assert milliseconds(answer) - milliseconds(steps(NAME, "NetworkClient.do_send")[0]) == SLOW_MS


def test_the_broker_mutes_a_connection_from_a_request_to_its_answer() -> None:
    muted = [
        (step.name, bool(change.values[path]))
        for step in recording(NAME).steps
        for change in step.changes
        for path in change.values
        if path.startswith("broker-0 ") and path.endswith(" muted")
    ]
    assert (
        muted[:4]
        == [
            ("Processor.process_completed_receives", True),
            ("Processor.process_completed_sends", False),
        ]
        * 2
    )


def test_the_second_request_is_read_only_when_the_first_is_answered() -> None:
    handled = steps(NAME, "KafkaApis.handle")
    sent = steps(NAME, "NetworkClient.do_send")
    assert milliseconds(handled[1]) - milliseconds(sent[1]) > SLOW_MS / 2
    assert len(handled) == 3


def test_order_is_kept() -> None:
    assert offsets(NAME) == [1, 2, 3, 4, 5, 6]
