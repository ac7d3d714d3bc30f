"""What lets a producer in is changed while it sends: its password, or the certificate of one of three nodes.

Its records then fail with the reason, within `delivery.timeout.ms`; those that nothing keeps out go on meanwhile; and
all of them do once all is well again, without a producer having to be made anew.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import FETCHING_TAKES_S, or_skip
from tests.faults.ledger import Sent
from tests.faults.load import is_acknowledged
from tests.faults.table import Note
from tests.faults.trial import PARTITIONS, Trial
from tests.support.secure_cluster import SecureCluster
from tests.support.secure_kafka import PASSWORD, USER

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(FETCHING_TAKES_S)]

SETTING = "Three nodes of Apache Kafka with TLS and logins"
FROM_THE_MENDING = "time counted from when it was mended; those that failed said why"

IMPATIENT = {"delivery_timeout_ms": 4_000, "request_timeout_ms": 2_000}

MANY = 100
"""So many records shall fail, and so many of each partition go on meanwhile."""

REFUSED = "the broker refused the login by SCRAM-SHA-512"
EXPIRED = "certificate has expired"
DOWN = ("Connection refused", "Connection reset", "the peer closed the connection")
"""What is said while a node is down, and of what was under way then."""
UNANSWERED = "has not answered the request it was in"
"""What is said of those whose time was over a moment after all was well again, and they had been sent."""


@pytest.fixture(scope="module")
def cluster() -> Iterator[SecureCluster]:
    with or_skip(SecureCluster) as started:
        yield started


def options(cluster: SecureCluster, listener: str, **more: object) -> dict[str, object]:
    """What a producer needs to come in there."""
    servers = {"bootstrap_servers": cluster.servers(listener), "security_protocol": listener}
    return servers | {"ssl_truststore_location": cluster.authority.location} | IMPATIENT | more


@contextmanager
def certificate(cluster: SecureCluster, node_id: int, *, expires: datetime) -> Iterator[None]:
    """Start a node anew with such a certificate, and at the end with a valid one."""
    restart(cluster, node_id, expires)
    try:
        yield
    finally:
        restart(cluster, node_id, None)


def restart(cluster: SecureCluster, node_id: int, expires: datetime | None) -> None:
    cluster.issue_certificate(node_id, expires)
    cluster.nodes[node_id].shut_down()
    cluster.restore()


def refused(sent: Sequence[Sent]) -> set[int]:
    """The partitions that records failed for, because the login was refused."""
    failures = ((one.partition, one.future.exception(0)) for one in sent if one.future.done())
    return {partition for partition, error in failures if REFUSED in str(error)}


def test_a_password_is_changed(cluster: SecureCluster, note: Note) -> None:
    login = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": USER, "sasl_password": PASSWORD}
    with Trial(
        cluster,
        note,
        "a password changed, and changed back",
        setting=SETTING,
        options=options(cluster, "SASL_SSL", **login),
        may_fail_with=(REFUSED, UNANSWERED),
        within_s=10,
        remark=FROM_THE_MENDING,
    ) as trial:
        cluster.change_password("close-sesame")
        try:
            trial.load.wait_for(lambda: len(refused(trial.load.sent)) == PARTITIONS, "failures everywhere", 60)
        finally:
            cluster.change_password(PASSWORD)
        trial.load.mended()
    assert not [reason for reason in trial.found.reasons if "sesame" in reason]


def test_a_certificate_expires(cluster: SecureCluster, note: Note) -> None:
    """What the two other nodes lead goes on. What this one leads waits for it, and fails after a while."""
    with Trial(
        cluster,
        note,
        "one node started anew with an expired certificate, then with a valid one",
        setting=SETTING,
        options=options(cluster, "SSL"),
        may_fail_with=(EXPIRED, UNANSWERED, *DOWN),
        within_s=10,
        remark=FROM_THE_MENDING,
    ) as trial:
        node_id = cluster.leader(trial.topic)
        with certificate(cluster, node_id, expires=datetime.now(UTC) - timedelta(minutes=1)):
            cluster.elect_preferred_leaders(trial.topic)
            first, shut = len(trial.load.sent), cluster.led_by(node_id, trial.topic)
            open_ones = set(range(PARTITIONS)) - shut
            assert shut
            trial.load.wait_for_failures(MANY, EXPIRED)
            trial.load.wait_until_partitions_go_on(open_ones, MANY)
            meanwhile = trial.load.sent[first:]
            assert not [one for one in meanwhile if one.partition in shut and is_acknowledged(one)]
        cluster.elect_preferred_leaders(trial.topic)
        trial.load.mended()
    failed = {one.partition for one in meanwhile if not is_acknowledged(one)}
    assert failed == shut
