"""Repetitions kept once, steps left out, full states at regular points."""

from dataclasses import replace

from kafka_nio.spans import Stage
from kafka_nio.tracing.folding import KEYFRAME_EVERY, folded, kept, with_keyframes
from kafka_nio.tracing.recording import Change, Decision, Link, Recording, Step


def step(seq: int, name: str, parent: int | None = None, thread: str = "app", **more: object) -> Step:
    plain = Step(
        seq=seq,
        name=name,
        stage=Stage.POLL,
        thread=thread,
        function=f"toy.{name}",
        file="toy.py",
        line=1,
        source="x",
        start_ns=seq * 10,
        end_ns=seq * 10 + 5,
        parent=parent,
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def outline(steps: tuple[Step, ...]) -> list[tuple[int, str, int | None, int]]:
    return [(one.seq, one.name, one.parent, one.count) for one in steps]


# Folding...


def test_three_calls_alike_are_kept_once_with_their_number_and_last_as_long_as_all_of_them() -> None:
    steps = (step(1, "wakeup"), step(2, "wakeup"), step(3, "wakeup"), step(4, "poll"))
    assert outline(folded(steps)) == [(1, "wakeup", None, 3), (2, "poll", None, 1)]
    assert (folded(steps)[0].start_ns, folded(steps)[0].end_ns) == (10, 35)


def test_two_calls_alike_stay_two() -> None:
    steps = (step(1, "wakeup"), step(2, "wakeup"))
    assert folded(steps) == steps


def test_what_they_called_is_kept_once_with_them() -> None:
    steps = tuple(
        one
        for seq in (1, 4, 7)
        for one in (step(seq, "send"), step(seq + 1, "append", seq), step(seq + 2, "wakeup", seq))
    )
    assert outline(folded(steps)) == [(1, "send", None, 3), (2, "append", 1, 1), (3, "wakeup", 1, 1)]


def test_repetitions_inside_repetitions_are_folded_too() -> None:
    steps = tuple(
        one for seq in (1, 5, 9) for one in (step(seq, "poll"), *(step(seq + more, "read", seq) for more in (1, 2, 3)))
    )
    assert outline(folded(steps)) == [(1, "poll", None, 3), (2, "read", 1, 3)]


def test_calls_that_differ_in_anything_stay() -> None:
    decision = Decision("is_full", 7, {"size": 1}, True)
    for difference in (
        {"shown": {"x": 1}},
        {"lines": {5: 1}},
        {"decisions": (decision,)},
        {"changes": (Change(25, {"x": 1}),)},
        {"error": "no"},
        {"thread": "sender"},
        {"clipped": True},
        {"about": ("record 2",)},
    ):
        steps = (step(1, "wakeup"), step(2, "wakeup", **difference), step(3, "wakeup"))
        assert folded(steps) == steps, difference


def test_the_times_of_changes_make_no_difference() -> None:
    steps = tuple(step(seq, "toggle", changes=(Change(seq * 10 + seq, {"on": True}),)) for seq in (1, 2, 3))
    assert outline(folded(steps)) == [(1, "toggle", None, 3)]


def test_another_thread_in_between_keeps_them_apart() -> None:
    steps = (
        step(1, "wakeup"),
        step(2, "wakeup"),
        step(3, "select", thread="sender"),
        step(4, "wakeup"),
        step(5, "wakeup"),
    )
    assert folded(steps) == steps


def test_another_thread_in_the_middle_of_a_call_keeps_it_apart() -> None:
    steps = tuple(
        one
        for seq in (1, 4, 7)
        for one in (step(seq, "send"), step(seq + 1, "select", thread="sender"), step(seq + 2, "append", seq))
    )
    assert folded(steps) == steps


def test_links_to_what_is_gone_lead_to_what_stays_for_it() -> None:
    steps = (
        *(step(seq, "wakeup") for seq in (1, 2, 3)),
        step(4, "select", links=(Link(1, "wakeup"), Link(3, "wakeup"))),
    )
    assert folded(steps)[1].links == (Link(1, "wakeup"),)


# Leaving out...


def test_steps_left_out_hand_their_children_to_the_nearest_caller_that_stays() -> None:
    steps = (step(1, "send"), step(2, "do_send", 1, depth=1), step(3, "append", 2, depth=2), step(4, "poll"))
    result = kept(steps, {"send", "append"})
    assert outline(result) == [(1, "send", None, 1), (2, "append", 1, 1)]
    assert [one.depth for one in result] == [0, 1]


def test_without_such_a_caller_children_become_top_level() -> None:
    result = kept((step(1, "send"), step(2, "append", 1, depth=1)), {"append"})
    assert outline(result) == [(1, "append", None, 1)]
    assert result[0].depth == 0


def test_changes_decisions_and_links_are_passed_on() -> None:
    steps = (
        step(1, "send", changes=(Change(30, {"y": 1}),)),
        step(
            2,
            "append",
            1,
            changes=(Change(22, {"x": 1}),),
            decisions=(Decision("has_room", 7, {}, True),),
            links=(Link(1, "batch"),),
        ),
        step(3, "select", thread="sender", links=(Link(2, "wakeup"),)),
    )
    send, select = kept(steps, {"send", "select"})
    assert [change.at_ns for change in send.changes] == [22, 30]
    assert send.decisions == (Decision("has_room", 7, {}, True, "toy.append"),)
    assert select.links == (Link(1, "wakeup"),)


def test_changes_without_a_caller_go_to_the_step_before() -> None:
    steps = (
        step(1, "send"),
        step(2, "select", thread="sender"),
        step(3, "clear", thread="sender", changes=(Change(31, {"x": 1}),)),
        step(4, "append", changes=(Change(41, {"y": 1}),)),
    )
    send, select = kept(steps, {"send", "select"})
    assert send.changes == (Change(41, {"y": 1}),)
    assert select.changes == (Change(31, {"x": 1}),)


# Full states...


def test_the_first_step_and_every_32nd_have_the_full_state() -> None:
    steps = tuple(
        step(seq, "poll", state={"n": 0} if seq == 1 else None, changes=(Change(seq * 10 + 5, {"n": seq}),))
        for seq in range(1, 80)
    )
    whole = Recording("toy", steps)
    result = Recording("toy", with_keyframes(steps, whole))
    assert [one.seq for one in result.steps if one.state is not None] == [1, 1 + KEYFRAME_EVERY, 1 + 2 * KEYFRAME_EVERY]
    assert all(result.state_at(seq) == whole.state_at(seq) == {"n": seq - 1} for seq in range(1, 80))


def test_a_recording_without_state_gets_none() -> None:
    steps = (step(1, "poll"),)
    assert with_keyframes(steps, Recording("toy", steps)) == steps
