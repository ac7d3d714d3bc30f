"""Lints: what can be seen in a recording that should not be there.

    for finding in lint(Recording.load("run.otlp.jsonl")):
        print(finding.seq, finding.lint, finding.sentence)

A lint reads nothing but the recording, so it works on one made elsewhere, from anybody's program. Each knows one
mistake of programs that run a select loop, and points to the first step at which it shows.

Java: no counterpart.
"""

from kafka_nio.tracing.lint.blocking import BLOCKED_LOOP, BLOCKING_WAKEUP
from kafka_nio.tracing.lint.finding import Finding, Lint
from kafka_nio.tracing.lint.interest import INTEREST_FROM_WRONG_THREAD, WRITE_INTEREST_STUCK
from kafka_nio.tracing.lint.keys import CONNECTED_WHEN_WRITABLE, KEY_NOT_CONSUMED, RECEIVES_NOT_CLEARED
from kafka_nio.tracing.lint.rounds import View
from kafka_nio.tracing.lint.spinning import BUSY_SPIN, SELF_WAKEUP, STARVATION
from kafka_nio.tracing.recording import Recording

__all__ = ["LINTS", "Finding", "Lint", "lint"]

LINTS: dict[str, Lint] = {
    one.name: one
    for one in (
        BUSY_SPIN,
        WRITE_INTEREST_STUCK,
        KEY_NOT_CONSUMED,
        SELF_WAKEUP,
        BLOCKING_WAKEUP,
        BLOCKED_LOOP,
        STARVATION,
        CONNECTED_WHEN_WRITABLE,
        INTEREST_FROM_WRONG_THREAD,
        RECEIVES_NOT_CLEARED,
    )
}
"""All lints by name."""


def lint(recording: Recording) -> list[Finding]:
    """Everything that the lints find, in the order of the steps."""
    view = View(recording)
    findings = [Finding(one.name, seq, sentence) for one in LINTS.values() for seq, sentence in one.look(view)]
    return sorted(findings, key=lambda finding: finding.seq)
