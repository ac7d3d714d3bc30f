"""What lets a producer in is changed while it sends: its password, or the broker's certificate.

Its records then fail with the reason, within `delivery.timeout.ms`; and it goes on once all is well again, without
having to be made anew. One node does for this.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka.admin import AdminClient, ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from tests.conftest import FETCHING_TAKES_S, or_skip
from tests.faults.table import Note
from tests.faults.trial import Trial
from tests.support.java import is_listening, kill
from tests.support.kafka_cluster import wait_until
from tests.support.secure_kafka import PASSWORD, USER, SecureKafka

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.timeout(FETCHING_TAKES_S)]

SETTING = "One node of Apache Kafka with TLS and logins"
FROM_THE_MENDING = "time counted from when it was mended; those that failed said why"

DELIVERY_TIMEOUT_MS = 4_000
IMPATIENT = {"delivery_timeout_ms": DELIVERY_TIMEOUT_MS, "request_timeout_ms": 2_000}

LONG_ENOUGH = 5
"""So many records shall fail. Once nothing is known of the topic any more, each `send` waits, and fails, by itself."""

REFUSED = "the broker refused the login by SCRAM-SHA-512"
EXPIRED = "certificate has expired"
DOWN = ("Connection refused", "Connection reset", "the peer closed the connection")
"""What is said while the node is down, and of what was under way then."""


class Door(SecureKafka):
    """A node whose locks can be changed."""

    def _launch(self, command: list[str]) -> subprocess.Popen[bytes]:
        self._command = command
        return super()._launch(command)

    @property
    def bootstrap_servers(self) -> str:
        """Its plain side."""
        return self.running.bootstrap_servers

    def create_topic(self, purpose: str, partitions: int = 1) -> str:
        """Make a new topic; return its name."""
        return self.running.create_topic(purpose, partitions)

    def restore(self) -> None:
        """Nothing to do: each test mends what it broke."""

    def options(self, listener: str, **options: object) -> dict[str, object]:
        """What a producer needs to come in there."""
        servers = {"bootstrap_servers": self.servers[listener], "security_protocol": listener}
        return servers | {"ssl_truststore_location": self.authority.location} | IMPATIENT | options

    def change_password(self, password: str) -> None:
        """Who has logged in stays in until the login has to be renewed."""
        credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        change = UserScramCredentialUpsertion(USER, credential, password.encode())
        admin = AdminClient({"bootstrap.servers": self.bootstrap_servers, "log_level": 0})
        admin.alter_user_scram_credentials([change])[USER].result(timeout=20)

    @contextmanager
    def certificate(self, *, expires: datetime) -> Iterator[None]:
        """Start the node anew with such a certificate, and at the end with a valid one."""
        self._restart_with_certificate(expires)
        try:
            yield
        finally:
            self._restart_with_certificate(None)

    def _restart_with_certificate(self, expires: datetime | None) -> None:
        assert self._process is not None
        kill(self._process)
        self.issue_certificate(expires)
        self._process = self._launch(self._command)
        port = int(self.bootstrap_servers.rpartition(":")[2])
        wait_until(lambda: is_listening(port), "the node", 60)
        self.running.create_topic("awake")


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    node = Door()
    with or_skip(lambda: node):
        yield node


def test_a_password_is_changed(door: Door, note: Note) -> None:
    login = {"sasl_mechanism": "SCRAM-SHA-512", "sasl_username": USER, "sasl_password": PASSWORD}
    with Trial(
        door,
        note,
        "a password changed, and changed back",
        setting=SETTING,
        options=door.options("SASL_SSL", **login),
        allowed={"failed"},
        within_s=10,
        remark=FROM_THE_MENDING,
    ) as trial:
        door.change_password("close-sesame")
        try:
            trial.load.wait_for_failures(LONG_ENOUGH, REFUSED)
        finally:
            door.change_password(PASSWORD)
        trial.load.mended()
    reasons = list(trial.found.reasons)
    assert not [reason for reason in reasons if REFUSED not in reason]
    assert not [reason for reason in reasons if "sesame" in reason]


def test_a_certificate_expires(door: Door, note: Note) -> None:
    with Trial(
        door,
        note,
        "a node started anew with an expired certificate, then with a valid one",
        setting=SETTING,
        options=door.options("SSL"),
        allowed={"failed"},
        within_s=10,
        remark=FROM_THE_MENDING,
    ) as trial:
        with door.certificate(expires=datetime.now(UTC) - timedelta(minutes=1)):
            trial.load.wait_for_failures(LONG_ENOUGH, EXPIRED)
        trial.load.mended()
    reasons = list(trial.found.reasons)
    assert not [reason for reason in reasons if not any(words in reason for words in (EXPIRED, *DOWN))]
