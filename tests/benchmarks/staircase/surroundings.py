"""With which versions it was measured; the machine is the contest's matter, too."""

from importlib.metadata import PackageNotFoundError, version

from tests.benchmarks.contest.contestants import OURS
from tests.benchmarks.contest.surroundings import python, version_of_ours

HELPERS = ("google-crc32c", "py-spy")
"""What computes the checksum where it is installed, and what looks into a program."""


def versions() -> dict[str, str]:
    """By name."""
    found = {"Python": python(), OURS: version_of_ours()}
    for name in HELPERS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
