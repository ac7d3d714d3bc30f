"""d05. Before the first record can leave, metadata has to come, and every connection begins with ApiVersions."""

from tests.demos.story import milliseconds, recording, requests, steps


def test_three_requests_go_before_the_record() -> None:
    assert requests("cold-start") == [
        "ApiVersions #0 to -1",
        "Metadata #1 to -1",
        "ApiVersions #2 to 0",
        "Produce #3 to 0",
    ]


def test_the_first_thing_on_the_wire_is_api_versions() -> None:
    sent = [step.frame.api for step in recording("cold-start").steps if step.frame and step.frame.direction == "out"]
    assert [api.split()[0] for api in sent] == ["ApiVersions", "Metadata", "ApiVersions", "Produce"]


def test_send_wakes_the_sender_twice() -> None:
    first, second = steps("cold-start", "nio.Selector.wakeup")
    (waits,) = steps("cold-start", "Metadata.await_update")
    (appends,) = steps("cold-start", "RecordAccumulator.append")
    assert first.seq < waits.seq < appends.seq < second.seq


def test_send_blocks_until_metadata_has_come() -> None:
    (waits,) = steps("cold-start", "Metadata.await_update")
    (comes,) = steps("cold-start", "Metadata.update")
    assert waits.thread == "app"
    assert comes.thread == "sender"
    assert waits.start_ns < comes.start_ns < waits.end_ns


def test_the_leader_is_connected_anew_although_it_is_the_bootstrap_server() -> None:
    nodes = [step.shown["node"] for step in steps("cold-start", "NetworkClient.initiate_connect")]
    assert nodes == ["broker-0:9092 (node -1)", "broker-0:9092 (node 0)"]


def test_all_that_takes_no_time_but_that_of_the_network() -> None:
    assert milliseconds(steps("cold-start", "ProducerBatch.complete")[0]) == milliseconds(
        recording("cold-start").steps[0]
    )
