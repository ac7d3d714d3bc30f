"""Each lint, on stories written for it: when it speaks, and when it is silent although things look alike."""

from collections.abc import Iterator

import pytest

from kafka_nio.tracing import Recording
from kafka_nio.tracing.lint import LINTS, lint
from tests.tracing.lint.synthetic import Story


@pytest.fixture
def story() -> Story:
    return Story()


def found(recording: Recording) -> list[tuple[str, int]]:
    return [(finding.lint, finding.seq) for finding in lint(recording)]


def test_each_lint_is_explained_in_one_sentence_and_there_are_eight_at_least() -> None:
    assert len(LINTS) >= 8
    assert all(
        one.name == name and one.sentence.endswith(".") and "\n" not in one.sentence for name, one in LINTS.items()
    )


def test_a_recording_without_a_loop_has_nothing_to_find(story: Story) -> None:
    story.step("KafkaProducer.send", thread="main")
    assert found(story.recording) == []


# Busy spin...


def test_selects_that_return_at_once_for_nothing_are_a_spin(story: Story) -> None:
    story.select(1, took_ms=5)
    first = story.select(0)
    for _ in range(20):
        story.select(0)
    assert found(story.recording) == [("busy-spin", first.seq)]
    assert "21 selects in a row on sender" in lint(story.recording)[0].sentence


def test_folded_rounds_count_as_often_as_they_happened(story: Story) -> None:
    story.select(0, took_ms=5)
    around = story.step("Selector.poll", count=300)
    inner = story.step("nio.Selector.select", {"timeout_ms": 5, "return": 0}, under=around)
    assert found(story.recording) == [("busy-spin", inner.seq)]
    assert "300 selects" in lint(story.recording)[0].sentence


def test_selects_that_sleep_or_bring_bytes_or_were_woken_are_no_spin(story: Story) -> None:
    for _ in range(20):
        story.select(0, took_ms=2)
    for _ in range(20):
        story.select(1)
        story.keys("[0 READ]")
        story.channel("read", moved=10)
    for _ in range(20):
        story.step("nio.Selector.wakeup", thread="main")
        story.select(0)
    assert found(story.recording) == []


def test_a_few_selects_that_bring_nothing_are_no_spin(story: Story) -> None:
    for _ in range(9):
        story.select(0)
    assert found(story.recording) == []


# Write interest...


def test_a_connection_found_writable_twice_with_nothing_to_write_is_stuck(story: Story) -> None:
    first = story.select(1)
    for _ in range(2):
        story.channel("write", under=story.keys("[0 WRITE]"))
        story.select(1)
    assert found(story.recording) == [("write-interest-stuck", first.seq)]


def test_once_is_not_stuck_nor_is_a_message_that_leaves_in_pieces(story: Story) -> None:
    story.select(1)
    story.channel("write", under=story.keys("[0 WRITE]"))
    for _ in range(5):
        story.select(1)
        story.channel("write", moved=4096, under=story.keys("[0 WRITE]"))
    assert found(story.recording) == []


# Keys...


def test_more_keys_than_were_found_ready_were_not_consumed(story: Story) -> None:
    story.select(1)
    keys = story.keys("[-1 READ, 0 CONNECT]")
    assert found(story.recording) == [("key-not-consumed", keys.seq)]


def test_a_list_too_long_to_be_shown_tells_its_number(story: Story) -> None:
    story.select(5)
    story.keys("[0 READ, 1 READ, 2 READ, 3 READ, … 5 in all]")
    assert found(story.recording) == []
    story.select(4)
    keys = story.keys("[0 READ, 1 READ, 2 READ, 3 READ, … 5 in all]")
    assert found(story.recording) == [("key-not-consumed", keys.seq)]


# Wakeups...


def test_a_loop_that_wakes_itself_is_told_so(story: Story) -> None:
    story.select(1, took_ms=1)
    wakeup = story.step("nio.Selector.wakeup")
    story.select(0)
    assert found(story.recording) == [("self-wakeup", wakeup.seq)]


def test_waking_somebody_else_is_no_self_wakeup(story: Story) -> None:
    story.select(1, took_ms=1)
    story.step("nio.Selector.wakeup")
    story.select(0, took_ms=5)
    assert found(story.recording) == []


def test_a_wakeup_that_takes_long_blocks(story: Story) -> None:
    story.step("nio.Selector.wakeup", thread="main", took_ms=29)
    wakeup = story.step("nio.Selector.wakeup", thread="main", took_ms=31)
    assert found(story.recording) == [("blocking-wakeup", wakeup.seq)]
    assert "main was held up for 31 ms" in lint(story.recording)[0].sentence


# A blocked loop...


def test_a_long_time_between_two_selects_is_told_with_the_step_that_took_it(story: Story) -> None:
    story.select(1)
    around = story.step("Selector.poll", took_ms=0)
    inner = story.step("my.callback", under=around, took_ms=250)
    story.select(0, took_ms=5)
    assert found(story.recording) == [("blocked-loop", inner.seq)]
    assert "250 ms in my.callback alone" in lint(story.recording)[0].sentence


def test_a_loop_that_never_comes_back_is_blocked_too(story: Story) -> None:
    story.select(1)
    last = story.step("my.callback", took_ms=201)
    assert found(story.recording) == [("blocked-loop", last.seq)]


def test_many_steps_that_take_long_together_are_a_slow_machine(story: Story) -> None:
    story.select(1)
    for _ in range(10):
        story.step("my.callback", took_ms=50)
    story.select(0, took_ms=5)
    assert found(story.recording) == []


def test_a_long_sleep_and_a_long_time_on_other_threads_block_no_loop(story: Story) -> None:
    story.select(0, took_ms=5000)
    story.step("my.work", thread="main", took_ms=90)
    story.select(0, took_ms=5)
    assert found(story.recording) == []


# Starvation...


def served(story: Story, *channels: str) -> Iterator[str]:
    for _ in range(10):
        story.select(2)
        keys = story.keys("[0 READ, 1 READ]")
        for channel in channels:
            story.channel("read", channel, moved=1, under=keys)
        yield "round"


def test_a_ready_connection_that_is_never_served_starves(story: Story) -> None:
    assert len(list(served(story, "0"))) == 10
    assert found(story.recording) == [("starvation", 1)]
    assert "connection 1 was ready 10 times" in lint(story.recording)[0].sentence


def test_nobody_starves_where_all_are_served(story: Story) -> None:
    assert len(list(served(story, "0", "1"))) == 10
    assert found(story.recording) == []


# Connecting...


@pytest.mark.parametrize("name", ["read", "write"])
def test_a_refusal_that_comes_out_of_a_read_or_a_write_was_not_asked_for(story: Story, name: str) -> None:
    story.select(1)
    believed = story.step("nio.SocketChannel.finish_connect", {"return": True})
    story.step(f"nio.SocketChannel.{name}", error_type="ConnectionRefusedError")
    assert found(story.recording) == [("connected-when-writable", believed.seq)]


def test_a_refusal_that_finish_connect_tells_is_as_it_should_be(story: Story) -> None:
    story.select(1)
    story.step("nio.SocketChannel.finish_connect", error_type="ConnectionRefusedError")
    story.step("nio.SocketChannel.finish_connect", {"return": True})
    story.step("nio.SocketChannel.read", error_type="ConnectionResetError")
    assert found(story.recording) == []


# Who changes what a key waits for...


def test_interest_changed_while_the_selectors_thread_sleeps_was_changed_by_another(story: Story) -> None:
    story.select(1)
    story.now_ns -= 1
    sleeping = story.select(1, took_ms=10)
    story.now_ns = sleeping.start_ns + 5
    step = story.step("Selector.wakeup", thread="main", changes={"channel 0 interest": "read|write"})
    assert found(story.recording) == [("interest-from-wrong-thread", step.seq)]


def test_interest_changed_while_both_run_may_have_been_changed_by_the_right_one(story: Story) -> None:
    story.select(1)
    story.step("KafkaProducer.send", thread="main", changes={"channel 0 interest": "read|write"})
    story.step("KafkaChannel.set_send", changes={"channel 0 interest": "read"})
    assert found(story.recording) == []


# Completed receives...


def test_receives_that_outlive_the_next_polls_clear_are_told(story: Story) -> None:
    story.select(1)
    story.step("Selector.add_to_completed_receives", changes={"completed receives": "0"})
    clear = story.step("Selector.clear")
    story.step("Selector.clear")
    assert found(story.recording) == [("receives-not-cleared", clear.seq)]


def test_receives_of_another_producer_are_for_that_to_clear(story: Story) -> None:
    first, second = story.step("Sender.run"), story.step("Sender.run")
    for run in (first, second):
        story.step("nio.Selector.select", {"timeout_ms": 5, "return": 1}, under=run)
    story.step("Selector.add_to_completed_receives", under=first, changes={"completed receives": "0"})
    story.step("Selector.clear", under=second)
    story.step("Selector.clear", under=first, changes={"completed receives": None})
    assert found(story.recording) == []


def test_receives_that_are_cleared_are_not(story: Story) -> None:
    story.select(1)
    story.step("Selector.add_to_completed_receives", changes={"completed receives": "0"})
    story.step("Selector.clear", changes={"completed receives": None})
    assert found(story.recording) == []
