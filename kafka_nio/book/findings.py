"""The fenced block ``kafka-lint``: what the lints find in a recording, looked up when the site is built.

    ```kafka-lint
    recording: bug-key-not-consumed
    figure: recordings/bug-key-not-consumed.html#explorer
    ```

figure  where the steps are linked to: a figure of the page, or of another one; `#explorer` if left out

Java: no counterpart.
"""

from collections.abc import Mapping
from html import escape

from kafka_nio.book.blocks import block
from kafka_nio.book.html import element
from kafka_nio.book.listing import anchor, prose
from kafka_nio.book.project import Project
from kafka_nio.tracing.lint import LINTS, Finding, lint
from kafka_nio.tracing.recording import Recording


@block("kafka-lint", needed=("recording",), known=("figure",))
def kafka_lint(asked: Mapping[str, str], project: Project) -> str:
    """The findings as a list; or that there are none."""
    page, _, figure = asked["figure"].rpartition("#")
    return findings(project.recording(asked["recording"]), page, figure or "explorer")


def findings(recording: Recording, page: str = "", figure: str = "explorer") -> str:
    """What all lints say of a recording, as HTML."""
    found = lint(recording)
    if not found:
        text = f"None of the {len(LINTS)} lints finds anything in this recording."
        return element("p", {"class": "kb-silent"}, text)
    return element("dl", {"class": "kb-findings"}, *(_finding(recording, one, page, figure) for one in found))


def _finding(recording: Recording, found: Finding, page: str, figure: str) -> str:
    href = f"{page}#{anchor(figure, found.seq)}"
    step = element("a", {"href": href}, f"step {found.seq}")
    name = element("code", None, escape(recording.step(found.seq).name))
    term = element("dt", None, element("code", None, escape(found.lint)), f" fires at {step}, {name}")
    said = element("p", None, escape(found.sentence[0].upper() + found.sentence[1:] + "."))
    rule = element("p", {"class": "kb-rule"}, "The lint looks for this: ", prose(LINTS[found.lint].sentence))
    return term + element("dd", None, said, rule)
