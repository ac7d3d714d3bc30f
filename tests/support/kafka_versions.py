"""Which release of Apache Kafka the tests start, and what the releases do not have in common.

`KAFKA_NIO_KAFKA_VERSION=2.8.2` names a release on Maven Central; without it the newest of `VERSIONS` is taken. Where
`KAFKA_NIO_BOOTSTRAP` names a cluster that runs already, the variable says which release that is.

A test of what came later than the oldest of them says since when it is there:

    @pytest.mark.kafka_since("4.0", "transaction.version 2")

It is not selected where an older release runs; see `kafka_selection`.
"""

import os
import re

VARIABLE = "KAFKA_NIO_KAFKA_VERSION"

VERSIONS = ("2.8.2", "3.9.2", "4.4.0")
"""Of each line that somebody may still have the last release; the newest one comes last."""

NEWEST = VERSIONS[-1]

# What came when...

KRAFT = "3.5"
"""Since then a cluster without ZooKeeper may have all that the tests ask for; users with passwords came last. What 2.8
calls KRaft is a preview, without transactions."""

FEATURES = {"transaction.version": "4.0"}
"""Since when there is something to agree about. An older cluster does what the lowest level stands for."""


def kafka_version() -> str:
    """The release that the tests are for.

    Raises:
        ValueError: if the variable holds anything but the number of a release.
    """
    version = os.environ.get(VARIABLE) or NEWEST
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise ValueError(f"{VARIABLE}={version} is no release of Apache Kafka; one is {NEWEST}")
    return version


def has(version: str, since: str) -> bool:
    """Whether a release has what came with another.

    >>> has("3.10.0", "3.9"), has("3.9.2", "3.9"), has("3.8.1", "3.9")
    (True, True, False)
    """
    return _numbers(version) >= _numbers(since)


def _numbers(version: str) -> list[int]:
    return [int(number) for number in version.split(".")]
