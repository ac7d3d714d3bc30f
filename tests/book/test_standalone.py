"""The page that shows a learner's run beside the right one: all that it says, and that it needs nothing else."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kafka_nio.book import inline
from kafka_nio.book.problem import BookError
from kafka_nio.book.standalone import CHANGED, comparison_page
from kafka_nio.tracing.recording import Recording
from tests.book.attempt import ROOT, TARGET, TEXT, Attempt, attempt


@pytest.fixture
def tried(tmp_path: Path) -> Attempt:
    return attempt(tmp_path)


def page_of(tried: Attempt, hidden: dict[str, str] | None = None) -> str:
    return comparison_page("Find the `ready` nodes", tried.yours, tried.reference, files=tried.files, hidden=hidden)


def text_of(html: str) -> str:
    without = re.sub(r"<(script|style)\b.*?</\1>", "", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", without))


def explorer(html: str, id: str) -> str:
    found = re.search(rf'<kafka-trace id="{id}".*?</kafka-trace>', html, re.DOTALL)
    assert found is not None
    return found[0]


def code_of(html: str, name: str) -> str:
    """What an explorer has of a function, as text."""
    found = re.search(rf'<section class="kt-function" data-function="{re.escape(name)}".*?</section>', html, re.DOTALL)
    return text_of(found[0]) if found else ""


class Loaded(HTMLParser):
    """What a browser would load, and where links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.addresses += [found[name] or "" for name in ("src", "href", "srcset", "data", "poster") if name in found]
        if "id" in found:
            self.ids.append(found["id"] or "")


def test_the_page_says_where_the_runs_part(tried: Attempt) -> None:
    text = text_of(page_of(tried))
    assert "Here the runs part: in the same step they saw other values." in text
    seq = tried.parts_at.seq
    assert f"{seq} RecordAccumulator.ready" in text
    assert "nobody at all" in text
    assert str(tried.reference.step(seq).result) in text


def test_each_explorer_opens_there_and_the_learners_has_both_runs(tried: Attempt) -> None:
    html = page_of(tried)
    yours, reference = explorer(html, "yours"), explorer(html, "reference")
    assert f'data-start="{tried.parts_at.seq}"' in yours
    assert f'data-start="{tried.parts_at.seq}"' in reference
    assert (yours.count('class="kt-data"'), reference.count('class="kt-data"')) == (2, 1)


def test_a_step_that_only_one_run_takes_is_where_they_part(tried: Attempt) -> None:
    left_out = tried.reference.steps[-1]
    shorter = Recording("run", tried.reference.steps[:-1])
    html = comparison_page("Try", shorter, tried.reference, files={})
    assert "they go on with different steps" in text_of(html)
    assert f"{left_out.seq} {left_out.name}" in text_of(html)
    assert "nothing more" in text_of(html)


def test_equal_runs_are_said_to_be_equal(tried: Attempt) -> None:
    html = comparison_page("Try", tried.reference, tried.reference, files={})
    assert "Both runs took the same steps and saw the same values." in text_of(html)


def test_a_step_that_raised_parts_from_one_that_did_not(tried: Attempt) -> None:
    first, *others = tried.reference.steps
    yours = Recording("run", (replace(first, error="no such thing", error_type="KeyError"), *others))
    assert "KeyError: no such thing" in text_of(comparison_page("Try", yours, tried.reference, files={}))


def test_the_totals_and_both_runs_step_by_step_are_there(tried: Attempt) -> None:
    text = text_of(page_of(tried))
    assert all(name in text for name in ("records", "wakeups", "selects", "system calls", "Both runs, step by step"))


def test_the_learners_own_code_is_shown_with_the_lines_that_ran(tried: Attempt) -> None:
    html = page_of(tried)
    yours = explorer(html, "yours")
    code = code_of(yours, "exercises.e11_ready.ready")
    assert "nobody = self.nobody_at_all()" in code
    assert "Never find a node: &lt;this&gt; is wrong." in code
    own = yours[yours.index('data-function="exercises.e11_ready.ready"') :]
    states = re.findall(r'data-line="(\d+)" data-state="(\w+)"', own[: own.index("</section>")])
    assert states == [("6", "ran"), ("7", "ran"), ("8", "idle"), ("9", "ran")]
    assert code_of(yours, TARGET) == ""


def test_the_packages_code_is_shown_in_the_reference(tried: Attempt) -> None:
    assert "self._drain.ready(cluster, now_ms)" in code_of(explorer(page_of(tried), "reference"), TARGET)


def test_a_function_can_be_kept_back_with_a_reason(tried: Attempt) -> None:
    html = page_of(tried, hidden={TARGET: "This is the `solution`."})
    code = code_of(explorer(html, "reference"), TARGET)
    assert "This is the solution." in code
    assert "self._drain.ready(cluster, now_ms)" not in text_of(html)


@pytest.mark.parametrize(
    "text", [TEXT.replace("if nobody", "if not nobody"), "def ready(self", '"""Nothing."""\n', None]
)
def test_code_that_changed_since_the_run_is_not_shown_as_what_ran(tried: Attempt, text: str | None) -> None:
    if text is None:
        tried.file.unlink()
    else:
        tried.file.write_text(text)
    code = code_of(explorer(page_of(tried), "yours"), "exercises.e11_ready.ready")
    assert CHANGED in code
    assert "nobody" not in code


def test_without_script_there_are_the_state_and_the_bytes(tried: Attempt) -> None:
    still = "".join(re.findall(r"<noscript>(.*?)</noscript>", explorer(page_of(tried), "yours"), re.DOTALL))
    assert 'class="kt-state"' in still
    assert 'class="kt-wire"' in still


def test_nothing_is_loaded_and_every_link_stays_on_the_page(tried: Attempt) -> None:
    html = page_of(tried)
    loaded = Loaded()
    loaded.feed(html)
    assert loaded.addresses
    assert all(address.startswith("#") and address[1:] in loaded.ids for address in loaded.addresses)
    assert len(set(loaded.ids)) == len(loaded.ids)
    styles = "".join(re.findall(r"<style>(.*?)</style>", html, re.DOTALL))
    assert not re.search(r"@import|url\(\s*[\"']?(?!data:)", styles)


def test_the_script_and_the_styles_cannot_end_their_elements_early() -> None:
    assert "</script" not in inline.script().lower()
    assert "<!--" not in inline.script()
    assert "</style" not in inline.style().lower()


def test_the_system_chooses_light_or_dark() -> None:
    assert inline.style().count("prefers-color-scheme: dark") == 2
    assert "slate" not in inline.style()


def test_a_missing_file_of_the_site_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(inline, "FOLDERS", (tmp_path,))
    with pytest.raises(BookError, match=r"kafka-trace\.css is in neither of .*: install kafka-nio again"):
        inline.style()


def test_a_wheel_has_every_file_that_lies_outside_of_the_package() -> None:
    configured = (ROOT / "pyproject.toml").read_text()
    outside = [name for name in (*inline.STYLES, inline.SCRIPT) if (ROOT / "docs" / "assets" / name).exists()]
    assert outside
    for name in outside:
        assert f'"docs/assets/{name}" = "kafka_nio/book/assets/{name}"' in configured


def test_it_needs_nothing_of_what_builds_the_site() -> None:
    """A learner has the extra `learn`, and no more."""
    absent = ("mkdocs", "markdown", "material", "pymdownx", "opentelemetry")
    program = f"import sys; sys.modules.update(dict.fromkeys({absent})); import kafka_nio.book.standalone"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == 0
