"""The explorer's panels against the recording as Python reads it."""

import inspect
from collections.abc import Callable
from itertools import pairwise

import pytest
from playwright.sync_api import expect

from kafka_nio.nio.selector import _Waker
from kafka_nio.producer.drain import Drain
from kafka_nio.tracing import Recording
from tests.site.explorer import TRACES, Explorer, OpenExplorer

pytestmark = pytest.mark.slow

MS = 1_000_000


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording.load(TRACES / "one-record.otlp.jsonl")


@pytest.fixture
def explorer(open_explorer: OpenExplorer) -> Explorer:
    return open_explorer("one-record")


def text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


# State...


def states(explorer: Explorer) -> dict[int, dict[str, object]]:
    """The state after each step, as the script works it out, going backwards."""
    found = explorer.node.evaluate(
        """node => [...node.recording.steps].reverse().map(step =>
            [step.seq, Object.fromEntries(node.recording.stateAt(step.end))])"""
    )
    return dict(found)


def test_the_state_is_the_recordings_at_every_step(explorer: Explorer, recording: Recording) -> None:
    for seq, state in states(explorer).items():
        assert state == recording.state_after(seq), seq


def test_the_panel_shows_it_with_what_this_step_changed(explorer: Explorer, recording: Recording) -> None:
    explorer.go_to(61)
    panel = explorer.panel("state")
    after = recording.state_after(61)
    assert panel.locator("tr").count() == len(after)
    changed = panel.locator("tr.kt-changed-here")
    assert changed.evaluate_all("rows => rows.map(row => row.dataset.path)") == ["channel 0 interest", "channel 0 send"]
    assert "read → read|write" in changed.first.inner_text()


def test_a_caller_names_the_step_inside_that_changed_something(explorer: Explorer) -> None:
    explorer.go_to(59)
    row = explorer.panel("state").locator("tr[data-path='channel 0 interest']")
    assert "kt-changed-inside" in (row.get_attribute("class") or "")
    row.locator("a").click()
    assert explorer.step == 61


def test_the_live_region_tells_the_change(explorer: Explorer) -> None:
    explorer.go_to(61)
    assert "Changed: channel 0 interest is read|write, channel 0 send is ApiVersions #2" in explorer.status


# Decisions and causes...


def line_of(code: Callable[..., object], beginning: str) -> int:
    """The number of the line of a function that begins so."""
    lines, first = inspect.getsourcelines(code)
    return next(number for number, line in enumerate(lines, first) if line.strip().startswith(beginning))


def test_a_decision_names_its_operands_its_result_and_what_did_not_run(explorer: Explorer) -> None:
    explorer.go_to(68)
    asked = line_of(Drain.batch_ready, "sendable =")
    why, not_taken = line_of(Drain.batch_ready, "if sendable"), line_of(Drain.batch_ready, "result.next_ready")
    decision = explorer.panel("why").locator(".kt-decision")
    said = " ".join(decision.inner_text().split())
    assert said.startswith(f"sendable = true line {asked} must_send_now false time_left_ms 0 is_backing_off false")
    assert f"Not taken: line {not_taken}, because of line {why}." in said
    decision.get_by_role("button").click()
    expect(explorer.node.locator(".kt-line.kt-asked")).to_have_attribute("data-line", str(asked))


def test_a_decision_made_elsewhere_names_where(explorer: Explorer) -> None:
    explorer.go_to(16)
    assert f"_Waker.wake, line {line_of(_Waker.wake, 'must_write =')}" in explorer.panel("why").inner_text()


def test_causes_lead_there_and_back(explorer: Explorer) -> None:
    explorer.go_to(6)
    explorer.panel("why").get_by_role("link", name="step 16,").click()
    assert explorer.step == 16
    explorer.panel("why").get_by_role("link", name="step 6,").click()
    assert explorer.step == 6


# Following...


def test_a_record_is_followed_from_send_to_callback(explorer: Explorer, recording: Recording) -> None:
    explorer.choice("Follow").select_option("record 1")
    followed = [recording.step(seq).name for seq in explorer.marked("kt-follow")]
    journey = (
        "KafkaProducer.send RecordAccumulator.append Drain.drain_batches_for_one_node Sender.send_produce_request "
        "KafkaChannel.set_send nio.SocketChannel.write nio.SocketChannel.read NetworkClient.parse_response "
        "ProducerBatch.complete FutureRecordMetadata.result"
    )
    assert set(journey.split()) <= set(followed)
    assert "Metadata.add" not in followed
    assert explorer.bars("kt-follow") == explorer.marked("kt-follow")
    assert f"followed through {len(followed)} steps" in explorer.status
    explorer.choice("Follow").select_option("")
    assert explorer.marked("kt-follow") == []


def test_what_a_step_is_about_can_be_followed_from_there(explorer: Explorer) -> None:
    explorer.go_to(61)
    explorer.panel("why").get_by_role("button", name="follow request 2").click()
    assert 82 in explorer.marked("kt-follow")
    assert explorer.choice("Follow").input_value() == "request 2"


# Lines...


def test_a_line_has_one_tone_in_this_poll_and_another_in_others(explorer: Explorer, recording: Recording) -> None:
    explorer.go_to(83)
    explorer.go_to(80)
    explorer.node.locator(".kt-function:not([hidden]) .kt-line.kt-now").first.click()
    polls = [step.seq for step in recording.steps if step.name == "Selector.poll"]
    here = [seq for seq in explorer.marked("kt-same") if polls[2] <= seq < polls[3]]
    assert explorer.marked("kt-same") == here == [80, 84]
    assert explorer.marked("kt-other")
    assert explorer.bars("kt-other") == explorer.marked("kt-other")
    assert "2 of them in this poll" in explorer.status


def test_bars_of_this_poll_stand_out(explorer: Explorer) -> None:
    explorer.go_to(80)
    assert {76, 80, 94} <= set(explorer.bars("kt-this-poll"))
    assert not {43, 106} & set(explorer.bars("kt-this-poll"))


# Bytes...


SAY_ALL = """panel => [...panel.querySelectorAll("[data-byte]")].map(cell => {
    cell.dispatchEvent(new PointerEvent("pointerover", { bubbles: true }));
    return panel.querySelector(".kt-byte").textContent;
})"""


def test_each_byte_names_its_field_its_writer_and_the_call_that_moved_it(
    explorer: Explorer, recording: Recording
) -> None:
    explorer.go_to(147)
    frame = recording.step(147).frame
    assert frame is not None
    said = explorer.panel("wire").evaluate(SAY_ALL)
    assert len(said) == len(frame.data)
    for field in frame.fields:
        for byte in range(field.offset, field.offset + field.length):
            value = "" if field.value is None else f" = {text(field.value)}"
            assert said[byte].startswith(f"{field.name}{value} · byte {byte} of")
            assert ".".join(field.writer.split(".")[-2:]) in said[byte]
            assert said[byte].endswith("moved by nio.SocketChannel.write in step 157")


def test_bytes_are_walked_by_key(explorer: Explorer) -> None:
    explorer.go_to(147)
    panel = explorer.panel("wire")
    panel.locator("[data-byte='0']").focus()
    for key, byte in ("ArrowRight", 1), ("ArrowDown", 17), ("ArrowLeft", 16), ("End", 132), ("Home", 0):
        explorer.page.keyboard.press(key)
        expect(panel.locator(":focus")).to_have_attribute("data-byte", str(byte))
    assert explorer.step == 147
    assert panel.locator("[tabindex='0']").count() == 1


def test_the_bytes_that_a_call_moved_are_marked(explorer: Explorer) -> None:
    explorer.go_to(184)
    moved = explorer.panel("wire").locator(".kt-moved")
    assert moved.evaluate_all("all => all.map(cell => Number(cell.dataset.byte))") == [0, 1, 2, 3]
    cuts = explorer.panel("wire").locator(".kt-cut")
    assert cuts.evaluate_all("all => all.map(cell => Number(cell.dataset.byte))") == [4]


def test_a_message_that_left_in_pieces_shows_where_it_was_cut(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("small-send-buffer")
    whole = Recording.load(TRACES / "small-send-buffer.otlp.jsonl")
    handed = next(step for step in whole.steps if step.frame and step.frame.direction == "out")
    assert handed.frame is not None
    explorer.go_to(handed.seq)
    starts = [step.moved.start - handed.frame.start for step in whole.moved_by(handed.frame) if step.moved]
    assert len(starts) > 2
    panel = explorer.panel("wire")
    cuts = panel.locator(".kt-cut").evaluate_all("all => all.map(cell => Number(cell.dataset.byte))")
    assert cuts == [start for start in starts if start > 0]
    assert "bytes of " in panel.locator(".kt-skipped").first.inner_text()


def test_another_message_can_be_chosen(explorer: Explorer) -> None:
    explorer.choice("Message").select_option("3")
    assert "Produce v13 response #3" in explorer.choice("Message").locator("option:checked").inner_text()
    assert explorer.panel("wire").locator("[data-byte]").count() == 66


# Search...


def test_the_search_finds_names_values_and_paths(explorer: Explorer) -> None:
    search = explorer.choice("Search the steps")
    for words, found in ("nio.selector wakeup", 16), ("pool available 33538048", 11), ("interest read|write", 61):
        search.fill(words)
        assert found in explorer.marked("kt-hit"), words
        assert found in explorer.bars("kt-hit"), words
    search.fill("KafkaChannel.set_send")
    assert explorer.status == "2 steps found; Enter goes to the next."
    search.press("Enter")
    assert explorer.step == 61
    search.press("Enter")
    assert explorer.step == 147
    search.press("Escape")
    assert search.input_value() == ""
    assert explorer.marked("kt-hit") == []


def test_what_is_not_there_is_said_to_be_not_there(explorer: Explorer) -> None:
    explorer.choice("Search the steps").fill("zookeeper")
    assert explorer.status == "0 steps found."


# Time...


def test_sleep_is_folded_and_says_how_long_it_was(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("linger-5")
    whole = Recording.load(TRACES / "linger-5.otlp.jsonl")
    times = sorted({time for step in whole.steps for time in (step.start_ns, step.end_ns)})
    gaps = [later - time for time, later in pairwise(times) if later - time >= MS]
    said = explorer.node.locator(".kt-sleep").all_text_contents()
    assert said == [f"{gap / MS:.3g} ms asleep" for gap in gaps]


def test_the_lanes_can_show_real_time(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("linger-5")
    whole = Recording.load(TRACES / "linger-5.otlp.jsonl")
    button = explorer.node.get_by_role("button", name="Real time")
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    drawn = explorer.node.locator(".kt-drawn")
    assert explorer.node.locator(".kt-lanes:not([hidden])").count() == 1
    begin, end = min(s.start_ns for s in whole.steps), max(s.end_ns for s in whole.steps)
    for step in whole.steps:
        x = float(drawn.locator(f"g[data-seq='{step.seq}'] rect").get_attribute("x") or -1)
        assert x == pytest.approx(1000 * (step.start_ns - begin) / (end - begin), abs=0.01)
    drawn.locator("g[data-seq='7'] rect").dispatch_event("click", {"button": 0})
    assert explorer.step == 7
    assert explorer.bars("kt-now") == [7]
    explorer.press("c")
    assert drawn.count() == 0
    assert explorer.bars("kt-now") == [7]
