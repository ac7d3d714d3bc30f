"""Every target, by name."""

from tests.fuzz import broker_targets, client_targets, login_targets, wire_targets
from tests.fuzz.corpus import load
from tests.fuzz.target import TARGETS, Target

__all__ = ["EVERYTHING", "MODULES", "TARGETS", "Target"]

MODULES = (wire_targets, client_targets, login_targets, broker_targets)
"""Where they are; to import one notes its targets."""


def _run(data: bytes) -> None:
    """One of the targets, by the first byte: so that a short search can have a look at all of them."""
    chosen = NUMBERED[data[0] % len(NUMBERED)] if data else NUMBERED[0]
    try:
        chosen.run(data[1:])
    except chosen.refusals:
        return


NUMBERED = tuple(TARGETS.values())

EVERYTHING = Target(
    "everything",
    _run,
    lambda: [
        bytes((number,)) + data
        for number, target in enumerate(NUMBERED)
        for data in (*target.seeds(), *load(target).values())
        if len(data) < LARGEST_SEED
    ],
    refusals=(),
    memory_bytes=max(target.memory_bytes for target in NUMBERED),
)

LARGEST_SEED = 1000
"""Long inputs are for those who have time."""

TARGETS[EVERYTHING.name] = EVERYTHING
