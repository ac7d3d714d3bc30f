"""The explorer with a recording of the reader's own: opened, shown, linted, compared. Nothing is sent anywhere."""

import inspect

import pytest
from playwright.sync_api import expect

from kafka_nio.tracing import Recording, otlp
from kafka_nio.tracing.compare import aligned, difference_in_values
from kafka_nio.tracing.lint import LINTS, lint
from tests.site.explorer import TRACES, Explorer, OpenExplorer
from tests.tracing.lint import test_lints
from tests.tracing.lint.synthetic import Story

pytestmark = pytest.mark.slow

PARSE = "text => customElements.get('kafka-trace').Recording.parse(text, 'it')"
FINDINGS = f"""text => customElements.get('kafka-trace').lint(({PARSE})(text)).map(
    one => [one.lint, one.seq, one.sentence])"""
STATES = f"""text => {{
    const recording = ({PARSE})(text);
    return recording.steps.map(step => [step.seq, Object.fromEntries(recording.stateAt(step.end))]);
}}"""
ROWS = f"""([one, other]) => customElements.get('kafka-trace').align(({PARSE})(one), ({PARSE})(other)).flatMap(
    ([thread, rows]) => rows.map(([left, right]) => [thread, left && left.seq, right && right.seq]))"""


def read(name: str) -> str:
    return (TRACES / f"{name}.otlp.jsonl").read_text(encoding="utf-8")


def all_names() -> list[str]:
    return sorted(path.name.removesuffix(".otlp.jsonl") for path in TRACES.glob("*.otlp.jsonl"))


@pytest.fixture
def explorer(open_explorer: OpenExplorer) -> Explorer:
    return open_explorer("one-record")


def told(recording: Recording) -> list[list[object]]:
    """What Python's lints find, sorted as the script sorts it."""
    return [[finding.lint, finding.seq, finding.sentence] for finding in lint(recording)]


# The script reads and judges as Python does...


def test_every_recording_has_the_same_findings_here_and_there(explorer: Explorer) -> None:
    for name in all_names():
        text = read(name)
        assert explorer.page.evaluate(FINDINGS, text) == told(Recording.parse(text)), name


def test_so_has_every_story_that_the_lints_are_tested_with(explorer: Explorer, monkeypatch: pytest.MonkeyPatch) -> None:
    told_of: list[Recording] = []
    monkeypatch.setattr(test_lints, "lint", lambda recording: told_of.append(recording) or lint(recording))
    tests = [test for name, test in inspect.getmembers(test_lints, inspect.isfunction) if name.startswith("test_")]
    for test in tests:
        if list(inspect.signature(test).parameters) == ["story"]:
            test(Story())
    for recording in told_of:
        assert explorer.page.evaluate(FINDINGS, otlp.text_of(recording)) == told(recording)
    found = {finding.lint for recording in told_of for finding in lint(recording)}
    assert found >= set(LINTS) - {"connected-when-writable"}


@pytest.mark.parametrize("name", ["cold-start", "window-full", "thousand-wakeups"])
def test_the_state_of_a_file_is_the_same_here_and_there(explorer: Explorer, name: str) -> None:
    recording = Recording.parse(read(name))
    for seq, state in explorer.page.evaluate(STATES, read(name)):
        assert state == recording.state_after(seq), seq


def test_an_alignment_has_as_many_pairs_as_pythons_at_least(explorer: Explorer) -> None:
    one, other = read("linger-0"), read("linger-5")
    rows = explorer.page.evaluate(ROWS, [one, other])
    recordings = Recording.parse(one), Recording.parse(other)
    names = [{step.seq: (step.name, step.depth) for step in recording.steps} for recording in recordings]
    pairs = [(left, right) for _, left, right in rows if left and right]
    assert all(names[0][left] == names[1][right] for left, right in pairs)
    assert len(pairs) >= sum(len(stretch.before) for stretch in aligned(*recordings) if stretch.is_equal)
    assert sorted(left for _, left, _ in rows if left) == sorted(names[0])
    assert sorted(right for _, _, right in rows if right) == sorted(names[1])


# Opening a file...


def test_a_chosen_file_is_shown_with_steps_lanes_state_and_bytes(explorer: Explorer) -> None:
    recording = Recording.parse(read("cold-start"))
    explorer.choose_file(name="mine.otlp.jsonl", text=read("cold-start"))
    assert explorer.status == f"cold-start: {len(recording.steps)} steps, 0 findings."
    assert explorer.steps == [step.seq for step in recording.steps]
    assert explorer.node.locator(".kt-lanes:not([hidden]) .kt-lane g").count() == len(recording.steps)
    seq = next(step.seq for step in recording.steps if step.frame)
    explorer.go_to(seq)
    assert explorer.panel("state").locator("tr").count() == len(recording.state_after(seq))
    assert explorer.panel("wire").locator("[data-byte]").count() > 40
    explorer.press("Home", "j", "j")
    assert explorer.step == 3
    assert f"step 3 · {recording.step(3).thread} thread · {recording.step(3).name}" in explorer.status


def test_a_file_can_be_dropped_and_a_finding_leads_to_its_step(explorer: Explorer) -> None:
    explorer.node.evaluate(
        """(node, text) => {
            const data = new DataTransfer();
            data.items.add(new File([text], "mine.otlp.jsonl"));
            const event = kind => new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true });
            if (node.dispatchEvent(event("dragover"))) throw new Error("the browser would open the file");
            node.dispatchEvent(event("drop"));
        }""",
        read("bug-key-not-consumed"),
    )
    finding = explorer.panel("lint").locator("li[data-lint='key-not-consumed']")
    expect(finding).to_contain_text("2 selected keys are dealt with, and the select found 1 ready")
    finding.get_by_role("link").click()
    assert explorer.step == 15


def test_code_is_lit_where_the_page_has_the_same_text_and_only_there(explorer: Explorer) -> None:
    text = read("one-record")
    explorer.choose_file(name="mine.otlp.jsonl", text=text)
    explorer.go_to(61)
    lit = explorer.lit_lines
    assert lit
    digest = Recording.parse(text).step(61).source
    explorer.choose_file(name="old.otlp.jsonl", text=text.replace(digest, "0" * 12).replace('"one-record"', '"older"'))
    explorer.go_to(61)
    assert explorer.lit_lines == []
    explorer.go_to(12)
    assert explorer.lit_lines


def test_the_pages_own_recording_comes_back(explorer: Explorer) -> None:
    steps = explorer.steps
    explorer.choose_file(name="mine.otlp.jsonl", text=read("linger-5"))
    explorer.node.get_by_role("button", name="Back to one-record").click()
    assert explorer.steps == steps
    assert explorer.node.locator(".kt-drawn").count() == 0
    explorer.go_to(61)
    assert explorer.lit_lines
    expect(explorer.panel("lint")).to_be_hidden()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "it.jsonl holds no steps"),
        ("hello", "it.jsonl, line 1: not a recording of kafka-nio"),
        ('{"resourceSpans":[{"resource":{},"scopeSpans":[{"spans":[]}]}]}', "it has no kafka_nio.schema"),
    ],
)
def test_what_is_no_recording_is_refused_in_a_sentence(explorer: Explorer, text: str, sentence: str) -> None:
    before = explorer.steps
    explorer.choose_file(name="it.jsonl", text=text)
    assert sentence in explorer.status
    assert explorer.steps == before


def test_another_schema_is_refused_as_python_refuses_it(explorer: Explorer) -> None:
    schema = '"kafka_nio.schema","value":{"intValue":"%s"}'
    old = read("linger-5").replace(schema % 2, schema % 1)
    explorer.choose_file(name="it", text=old)
    with pytest.raises(Exception, match="record again") as caught:
        Recording.parse(old, "it")
    assert explorer.status == str(caught.value)


def test_text_of_a_file_is_text_and_never_becomes_markup(explorer: Explorer) -> None:
    evil = read("linger-5").replace("Sender.run_once", "<img src=x onerror=alert(1)>")
    explorer.choose_file(name="evil.otlp.jsonl", text=evil)
    explorer.press("End")
    assert explorer.node.locator("img").count() == 0


# Comparing...


def test_an_explorer_that_offers_a_second_recording_shows_both_side_by_side(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("linger-5")
    panel = explorer.panel("compare")
    assert panel.locator("summary").inner_text() == "linger-5 beside linger-0"
    rows = [row.split("\t") for row in panel.locator("tr.kt-total").all_inner_texts()]
    totals = {name.strip(): values[:2] for name, *values in rows}
    assert totals["records"] == ["3", "3"]
    assert totals["wakeups"][0] != totals["wakeups"][1]
    explorer.go_to(20)
    current = panel.locator("tr.kt-current")
    assert current.get_attribute("data-left") == "20"
    equal = panel.locator("tr.kt-equal").first
    assert equal.is_visible()
    panel.get_by_label("only what is different").check()
    assert equal.is_hidden()


def test_differing_values_are_told_as_python_tells_them(open_explorer: OpenExplorer) -> None:
    explorer = open_explorer("linger-5")
    one, other = (Recording.parse(read(name)) for name in ("linger-5", "linger-0"))
    rows = (
        explorer.panel("compare")
        .locator("tr.kt-differs, tr.kt-equal")
        .evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.textContent))")
    )
    assert len(rows) > 10
    for _, left, right, text in rows:
        steps = one.step(int(left.split()[0])), other.step(int(right.split()[0]))
        expected = ", ".join(difference_in_values(*steps))
        assert text.lower() == expected.lower()


def test_a_dropped_recording_is_compared_with_the_pages(explorer: Explorer) -> None:
    explorer.choose_file(name="mine.otlp.jsonl", text=read("cold-start"))
    expect(explorer.panel("compare")).to_be_hidden()
    explorer.node.get_by_role("button", name="Compare with one-record").click()
    panel = explorer.panel("compare")
    assert panel.locator("summary").inner_text() == "cold-start beside one-record"
    panel.locator("tr[data-left] a").nth(5).click()
    assert explorer.step == int(panel.locator("tr.kt-current").get_attribute("data-left") or 0)
