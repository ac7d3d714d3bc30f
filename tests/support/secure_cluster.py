"""Three nodes of Apache Kafka with TLS and logins: each has the listeners of `secure_kafka`, next to its plain ones.

Each has a certificate of its own, too, and shows the one that it found when it was started. The nodes talk to each
other by the plain listener.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from confluent_kafka.admin._scram import ScramCredentialInfo, ScramMechanism, UserScramCredentialUpsertion

from tests.support.certificates import Authority
from tests.support.kafka_cluster import NODE_IDS, KafkaCluster
from tests.support.kafka_node import Ports
from tests.support.secure_kafka import PASSWORD, USER, issue_keystore, new_servers, secure_settings


class SecureCluster(KafkaCluster):
    """Once it runs, `servers` tells where each listener is to be found."""

    def __init__(self) -> None:
        super().__init__()
        self.authority = Authority(self._folder / "certificates")
        self._servers = {node_id: new_servers() for node_id in NODE_IDS}
        for node_id in NODE_IDS:
            self.issue_certificate(node_id)

    def servers(self, listener: str) -> str:
        """Where it is to be found, on each node."""
        return ",".join(own[listener] for own in self._servers.values())

    def issue_certificate(self, node_id: int, not_after: datetime | None = None) -> None:
        """Give the node a certificate in the place of the one that it had; it shows it once it starts."""
        issue_keystore(self.authority, self._keystore(node_id), not_after)

    def change_password(self, password: str) -> None:
        """Who has logged in stays in until the login has to be renewed."""
        credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        change = UserScramCredentialUpsertion(USER, credential, password.encode())
        self._admin.alter_user_scram_credentials([change])[USER].result(timeout=20)

    def _keystore(self, node_id: int) -> Path:
        return self._folder / f"keystore-{node_id}.p12"

    def _settings(self, node_id: int, ports: Ports, folder: Path) -> str:
        """The other doors, too."""
        plain = super()._settings(node_id, ports, folder)
        return plain + secure_settings(plain, self._servers[node_id], self._keystore(node_id), self.authority)

    def _users(self) -> Mapping[str, str]:
        return {USER: PASSWORD}
