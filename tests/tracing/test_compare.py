"""Two recordings side by side: aligned steps, costs by name, totals per record."""

import pytest

from kafka_nio.tracing.compare import Cost, aligned, costs, difference_in_values, rows, times, totals
from tests.demos.story import recording
from tests.tracing.lint.synthetic import MS, TICK, Story


def told(*names: str) -> Story:
    story = Story()
    for name in names:
        story.step(name)
    return story


def test_a_step_that_only_one_has_does_not_shift_the_others() -> None:
    before, after = told("a", "b", "c").recording, told("a", "x", "b", "c").recording
    stretches = [
        ([step.name for step in one.before], [step.name for step in one.after]) for one in aligned(before, after)
    ]
    assert stretches == [(["a"], ["a"]), ([], ["x"]), (["b", "c"], ["b", "c"])]


def test_each_thread_is_aligned_by_itself() -> None:
    before, after = Story(), Story()
    for story, threads in ((before, "xy"), (after, "yx")):
        for thread in threads:
            story.step("a", thread=thread)
    assert [(one.thread, one.is_equal) for one in aligned(before.recording, after.recording)] == [
        ("x", True),
        ("y", True),
    ]


def test_a_cost_counts_folded_steps_and_the_time_outside_other_steps() -> None:
    story = Story()
    outer = story.step("outer", took_ms=3, count=10)
    story.now_ns = outer.start_ns + TICK
    story.step("inner", took_ms=1, under=outer, count=2)
    assert times(story.recording) == {1: 10, 2: 20}
    assert costs(story.recording) == {"outer": Cost(10, 2 * MS), "inner": Cost(20, MS + TICK)}


def test_rows_name_what_either_has() -> None:
    compared = rows(told("a", "a").recording, told("a", "b").recording)
    assert [(row.name, row.before.count, row.after.count) for row in compared] == [("a", 2, 1), ("b", 0, 1)]


def test_values_that_differ_are_told() -> None:
    story = Story()
    one = story.step("a", {"timeout_ms": 5, "return": 1})
    other = story.step("a", {"timeout_ms": 5, "return": 0}, count=3)
    assert difference_in_values(one, other) == ["result: 1 → 0", "times: 1 → 3"]


def test_without_records_nothing_is_per_record() -> None:
    total = totals(told("nio.Selector.select").recording)
    assert (total.records, total.selects, total.per_record(total.selects)) == (0, 1, None)


@pytest.mark.parametrize("name", ["linger-0", "acks-0"])
def test_a_recording_compared_with_itself_has_nothing_that_differs(name: str) -> None:
    same = recording(name)
    assert all(one.is_equal for one in aligned(same, same))
    assert all(row.before == row.after for row in rows(same, same))


def test_lingering_takes_fewer_writes_for_the_same_records() -> None:
    at_once, lingering = totals(recording("linger-0")), totals(recording("linger-5"))
    assert at_once.records == lingering.records
    assert at_once.system_calls > lingering.system_calls
    assert at_once.duration_ns < lingering.duration_ns
