"""A walk through the explorer: each control once, on a desk and a phone, in both palettes, from a server and a disk.

One of these eight places is gone through every time, the others with `-m slow`. What a control does in detail is asked
in the files beside this one, in one place.
"""

import re
from itertools import pairwise, product
from typing import NamedTuple

import pytest
from playwright.sync_api import expect

from kafka_nio.tracing import Recording
from tests.site.explorer import TRACES, Explorer, OpenExplorer, Pages
from tests.site.test_trace import lines_of


class Place(NamedTuple):
    """Where a reader reads."""

    window: str
    scheme: str
    by: str

    def __str__(self) -> str:
        return "-".join(self)


ALWAYS = Place("desk", "default", "http")
EVERYWHERE = tuple(map(Place._make, product(("desk", "phone"), ("default", "slate"), ("http", "file"))))


def param(place: Place) -> object:
    return pytest.param(place, id=str(place), marks=() if place == ALWAYS else pytest.mark.slow)


@pytest.fixture(scope="module", params=map(param, EVERYWHERE))
def place(request: pytest.FixtureRequest) -> Place:
    """One of eight. All that is tested there is tested in a row."""
    found: Place = request.param
    return found


@pytest.fixture(scope="module")
def recording() -> Recording:
    return Recording.load(TRACES / "linger-5.otlp.jsonl")


@pytest.fixture
def explorer(open_explorer: OpenExplorer, place: Place) -> Explorer:
    return open_explorer("linger-5", **place._asdict())


def keys(explorer: Explorer, *names: str) -> list[int | None]:
    """Where each key leads."""
    places = []
    for name in names:
        explorer.page.keyboard.press(name)
        places.append(explorer.step)
    return places


def changed_by(recording: Recording, seq: int) -> set[str]:
    return {path for change in recording.step(seq).changes for path in change.values}


# Going from step to step...


def test_buttons_go_forward_back_and_to_both_ends(explorer: Explorer) -> None:
    places = []
    for name in "Last step", "Step back", "Step back", "Step forward", "First step":
        explorer.hit(explorer.button(name))
        places.append(explorer.step)
    assert places == [46, 45, 44, 45, 1]
    assert explorer.button("Step back").get_attribute("aria-disabled") == "true"


def test_keys_go_by_step_by_poll_by_message_and_by_record(explorer: Explorer) -> None:
    assert keys(explorer, "ArrowRight", "j", "j", "k", "ArrowLeft") == [2, 3, 4, 3, 2]
    assert keys(explorer, "J", "J", "K") == [3, 12, 3]
    assert keys(explorer, "w", "w", "W") == [25, 33, 25]
    assert keys(explorer, "w", "R", "r") == [33, 29, 33]
    assert keys(explorer, "t") == [45]
    explorer.press("End")
    assert explorer.step == 46


def test_the_buttons_go_by_what_is_chosen(explorer: Explorer) -> None:
    for unit, label, places in (
        ("poll", "Step forward by a poll", [3, 12]),
        ("frame", "Step forward by a message", [25, 33]),
        ("record", "Step forward along the followed record", [34, 35, 38]),
        ("step", "Step forward", [39, 40]),
    ):
        explorer.choice("Step by").select_option(unit)
        for step in places:
            explorer.hit(explorer.button(label))
            assert explorer.step == step


def test_a_question_mark_lists_the_keys(explorer: Explorer) -> None:
    listed = explorer.node.locator(".kt-keys")
    keys(explorer, "?")
    assert {"J  K", "w  W", "r  R", "l  L", "c", "g", "?"} <= set(listed.locator("dt").all_text_contents())
    assert listed.is_visible()
    explorer.hit(explorer.button("Keys"))
    assert listed.is_hidden()


def test_the_scrubber_goes_where_it_is_touched(explorer: Explorer) -> None:
    scrubber = explorer.choice("Step")
    explorer.hit(scrubber)
    assert abs((explorer.step or 0) - 23) <= 1
    scrubber.evaluate("node => { node.value = 11; node.dispatchEvent(new Event('input', { bubbles: true })); }")
    assert explorer.step == 12
    assert explorer.node.locator(".kt-marks .kt-mark-poll").count() == 5


def test_a_finger_turns_the_page_and_still_scrolls_it(explorer: Explorer) -> None:
    explorer.go_to(20)
    if not explorer.has_touch:
        explorer.drag(-120, 0)
        assert explorer.step == 20  # a mouse marks text
        return
    explorer.swipe(-120, 8)
    assert explorer.step == 21
    explorer.swipe(120, -8)
    assert explorer.step == 20
    before = explorer.page.evaluate("scrollY")
    explorer.swipe(-20, -200)
    assert explorer.step == 20
    explorer.page.wait_for_function("before => scrollY > before", arg=before)


# Code...


def test_a_step_lights_its_lines_its_bar_and_itself(explorer: Explorer, recording: Recording) -> None:
    for seq in 9, 11:
        explorer.hit(explorer.node.locator(f".kt-steps > li[data-seq='{seq}'] .kt-sentence"))
        assert explorer.step == seq
        assert explorer.lit_lines == lines_of(explorer, seq) == sorted(recording.step(seq).lines)
        assert explorer.bars("kt-now") == [seq]
    explorer.hit(explorer.node.locator(".kt-lane g[data-seq='17'] rect"))
    assert explorer.step == 17


def test_a_line_lights_every_step_that_ran_it_in_two_tones(explorer: Explorer, recording: Recording) -> None:
    explorer.go_to(9)
    function = recording.step(9).function
    line = max(recording.step(9).lines)
    node = explorer.node.locator(f".kt-function[data-function='{function}'] .kt-line[data-line='{line}']")
    explorer.hit(node)
    ran = [step.seq for step in recording.steps if step.function == function and line in step.lines]
    assert len(ran) > 1
    assert explorer.marked("kt-same") == explorer.bars("kt-same") == [9]
    assert explorer.marked("kt-other") == explorer.bars("kt-other") == [seq for seq in ran if seq != 9]
    colours = [explorer.colour(f".kt-steps > li.{tone}") for tone in ("kt-same", "kt-other")]
    assert len({*colours, explorer.colour(".kt-steps > li[data-seq='1']")}) == 3


def test_l_goes_from_line_to_line(explorer: Explorer, recording: Recording) -> None:
    explorer.go_to(9)
    keys(explorer, "l", "l", "L")
    asked = explorer.node.locator(".kt-asked")
    assert int(asked.get_attribute("data-line") or 0) == min(recording.step(9).lines)
    assert explorer.status.startswith("Line ")


# Panels...


def test_the_state_is_that_of_the_step_with_what_it_changed(explorer: Explorer, recording: Recording) -> None:
    explorer.go_to(25)
    rows = explorer.panel("state").locator("tr[data-path]")
    shown = dict(rows.evaluate_all("rows => rows.map(row => [row.dataset.path, row.cells[1].textContent])"))
    after = recording.state_after(25)
    assert set(shown) == set(after)
    changed = explorer.panel("state").locator("tr.kt-changed-here")
    assert changed.evaluate_all("rows => rows.map(row => row.dataset.path)") == sorted(changed_by(recording, 25))
    assert all(str(after[path]) in shown[path] for path in changed_by(recording, 25))


def test_a_decision_is_explained_by_its_operands(explorer: Explorer, recording: Recording) -> None:
    explorer.go_to(20)
    (decision,) = recording.step(20).decisions
    said = " ".join(explorer.panel("why").locator(".kt-decision").inner_text().split())
    assert said.startswith(f"{decision.name} = {str(decision.result).lower()} line {decision.line} ")
    for name, value in decision.operands.items():
        assert f"{name} {str(value).lower() if isinstance(value, bool) else value}" in said
    explorer.hit(explorer.panel("why").locator(".kt-decision").get_by_role("button"))
    expect(explorer.node.locator(".kt-line.kt-asked")).to_have_attribute("data-line", str(decision.line))


def test_a_record_is_followed_from_send_to_its_answer(explorer: Explorer) -> None:
    explorer.choice("Follow").select_option("record 2")
    followed = explorer.marked("kt-follow")
    assert {13, 14, 23, 25, 28, 34, 38, 40, 45} <= set(followed)
    assert not {1, 3, 12, 32} & set(followed)
    assert sorted(explorer.bars("kt-follow")) == followed


def test_a_byte_names_its_field_its_writer_and_the_call_that_moved_it(explorer: Explorer, recording: Recording) -> None:
    explorer.go_to(25)
    frame = recording.step(25).frame
    assert frame is not None
    said = explorer.panel("wire").locator(".kt-byte")
    for field in frame.fields[0], frame.fields[3], frame.fields[-1]:
        explorer.hit(explorer.panel("wire").locator(f"[data-byte='{field.offset}']"))
        expect(said).to_contain_text(re.compile(rf"^{re.escape(field.name)} .*byte {field.offset} of "))
        expect(said).to_contain_text(field.writer.split(".")[-1])
        expect(said).to_contain_text("moved by nio.SocketChannel.write in step 28")
    explorer.hit(said.get_by_role("link"))
    assert explorer.step == 28


def test_sleep_is_folded_and_real_time_unfolds_it(explorer: Explorer, recording: Recording) -> None:
    times = sorted({time for step in recording.steps for time in (step.start_ns, step.end_ns)})
    gaps = [later - time for time, later in pairwise(times) if later - time >= 1_000_000]
    sleeps = explorer.node.locator(".kt-sleep")
    assert sleeps.all_text_contents() == [f"{gap / 1e6:.3g} ms asleep" for gap in gaps]
    assert sleeps.first.is_visible()

    lane = explorer.node.locator(".kt-lanes:not([hidden]) .kt-lane").first

    def share(seq: int) -> float:
        """Of the lane's width."""
        bar, whole = lane.locator(f"g[data-seq='{seq}'] rect").bounding_box(), lane.locator("svg").bounding_box()
        assert bar is not None
        assert whole is not None
        return bar["width"] / whole["width"]

    folded, step = share(17), recording.step(17)
    explorer.hit(explorer.node.get_by_role("button", name="Real time"))
    assert explorer.status.startswith("Lanes show real time, ")
    real = (step.end_ns - step.start_ns) / (times[-1] - times[0])
    assert share(17) == pytest.approx(real, abs=0.01)
    assert abs(folded - real) > 0.05
    keys(explorer, "c")
    assert share(17) == folded


def test_two_recordings_stand_side_by_side_aligned(explorer: Explorer) -> None:
    panel = explorer.panel("compare")
    explorer.go_to(5)
    current = panel.locator("tr.kt-current")
    assert current.locator("td").all_inner_texts()[0].split() == ["5", "RecordAccumulator.append"]
    assert "RecordAccumulator.append" in current.locator("td").all_inner_texts()[1]
    assert current.is_visible()
    explorer.hit(panel.get_by_label("only what is different"))
    assert panel.locator("tr.kt-equal").first.is_hidden()
    explorer.hit(panel.locator("tr[data-left='9'] a"))
    assert explorer.step == 9


def test_the_search_finds_steps_with_every_word_and_enter_goes_there(explorer: Explorer, recording: Recording) -> None:
    keys(explorer, "g")
    explorer.page.keyboard.type("is_full has_room")
    decided = {step.seq: {decision.name for decision in step.decisions} for step in recording.steps}
    hits = [seq for seq, names in decided.items() if {"is_full", "has_room"} <= names]
    assert explorer.marked("kt-hit") == sorted(explorer.bars("kt-hit")) == hits
    assert explorer.status.startswith(f"{len(hits)} steps found")
    assert keys(explorer, "Enter", "Enter") == hits[:2]
    assert keys(explorer, "Escape") == hits[1:2]
    assert explorer.marked("kt-hit") == []


def test_the_live_region_tells_place_name_and_change(explorer: Explorer, recording: Recording) -> None:
    region = explorer.node.get_by_role("status")
    region.evaluate("node => { window.region = node; }")
    explorer.go_to(24)
    keys(explorer, "j")
    step = recording.step(25)
    assert f"step 25 · sender thread · {step.name}" in explorer.status
    assert all(f"{path} is " in explorer.status for path in changed_by(recording, 25))
    assert region.evaluate("node => node === window.region")  # one that is replaced is not read out


# A recording of one's own...


@pytest.mark.parametrize("how", ["choose", "drop"])
def test_a_recording_of_ones_own_is_shown_linted_and_left_again(explorer: Explorer, how: str) -> None:
    path = TRACES / "bug-key-not-consumed.otlp.jsonl"
    if how == "choose":
        with explorer.page.expect_file_chooser() as chooser:
            explorer.hit(explorer.node.get_by_role("button", name="Open a recording…"))
        chooser.value.set_files(path)
    else:
        explorer.drop(path)
    expect(explorer.node.get_by_role("status")).to_contain_text("bug-key-not-consumed: 77 steps, 1 finding.")
    assert len(explorer.steps) == 77
    finding = explorer.panel("lint").locator("li[data-lint='key-not-consumed']")
    explorer.hit(finding.get_by_role("link").first)
    assert explorer.step == 15
    explorer.hit(explorer.node.get_by_role("button", name="Back to linger-5"))
    assert len(explorer.steps) == 46
    assert explorer.panel("lint").is_hidden()


# Addresses, for which a page is loaded...


def test_a_link_opens_a_step_and_back_goes_back(open_explorer: OpenExplorer, place: Place) -> None:
    explorer = open_explorer("linger-5", at="#explorer&s=20", **place._asdict())
    assert explorer.step == 20
    explorer.hit(explorer.node.locator(".kt-steps > li[data-seq='22'] a.kt-name"))
    keys(explorer, "j", "j")
    expect(explorer.page).to_have_url(re.compile("#explorer&s=24$"))
    for step in 22, 20:
        explorer.page.go_back()
        assert explorer.step == step
    explorer.page.go_forward()
    assert explorer.step == 22


# Without script...

WITHOUT_SCRIPT = (
    *(".kt-lane g[data-seq='9'] rect", ".kt-arrows line", ".kt-strip [data-bit=write] rect"),
    *(".kt-line[data-state=ran]", ".kt-line[data-state=idle]", ".kt-why", ".kt-steps > li .kt-sentence", ".kt-changes"),
    *(".kt-wire tr[data-offset]", ".kt-state tr[data-path]"),
)


def test_without_script_code_steps_lanes_bytes_and_state_are_there(explorer_pages: Pages, place: Place) -> None:
    page = explorer_pages.open_without_script("still", **place._asdict())
    figure = page.locator("kafka-trace#still")
    for part in WITHOUT_SCRIPT:
        box = figure.locator(part).first.bounding_box()
        assert box is not None, part
        assert box["width"] > 0 or box["height"] > 0, part
    assert page.locator("button, input, select").count() == 0
    assert page.locator("table:visible", has_text="linger-0").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") == (page.viewport_size or {})["width"]


def test_without_script_a_link_leads_to_a_step_and_back_goes_back(explorer_pages: Pages, place: Place) -> None:
    page = explorer_pages.open_without_script("linger-5", at="#explorer&s=40", **place._asdict())
    target = page.locator(":target")
    assert target.get_attribute("data-seq") == "40"
    expect(target).to_be_in_viewport()
    page.locator(".kt-steps > li[data-seq='41'] a.kt-name").click()
    assert target.get_attribute("data-seq") == "41"
    page.go_back()
    assert target.get_attribute("data-seq") == "40"
    expect(target).to_be_in_viewport()
