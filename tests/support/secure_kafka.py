"""Apache Kafka behind TLS and logins: one node with a listener for each way in, next to the plain one.

    PLAINTEXT        as ever: it creates topics and reads them back
    SSL              TLS; a client may show a certificate
    MUTUAL           TLS; a client must show one
    SASL_PLAINTEXT   login by PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER, without TLS
    SASL_SSL         the same over TLS

A login is good for `SESSION_MS`, after which the node hangs up on whoever has not renewed it.
"""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from tests.support.apache_kafka import ApacheKafka, RunningKafka
from tests.support.certificates import Authority
from tests.support.java import free_ports

USER, PASSWORD = "alice", "open-sesame"
KEYSTORE_PASSWORD = "behind-the-counter"

SESSION_MS = 2_000
MECHANISMS = ("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER")

JAAS = "org.apache.kafka.common.security"
LISTENERS = ("SSL", "MUTUAL", "SASL_PLAINTEXT", "SASL_SSL")

# Tests write records of years ago. By default the node would delete them as too old, half a minute after its start.
SETTINGS = """
log.retention.ms=-1
listeners={plain_listeners},{secure_listeners}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,MUTUAL:SSL,\
SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL
ssl.keystore.type=PKCS12
ssl.keystore.location={keystore}
ssl.keystore.password={keystore_password}
ssl.key.password={keystore_password}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
listener.name.ssl.ssl.client.auth=requested
listener.name.mutual.ssl.client.auth=required
sasl.enabled.mechanisms={mechanisms}
connections.max.reauth.ms={session_ms}
"""

SASL_SETTINGS = """
listener.name.{listener}.plain.sasl.jaas.config={jaas}.plain.PlainLoginModule required user_{user}="{password}";
listener.name.{listener}.scram-sha-256.sasl.jaas.config={jaas}.scram.ScramLoginModule required;
listener.name.{listener}.scram-sha-512.sasl.jaas.config={jaas}.scram.ScramLoginModule required;
listener.name.{listener}.oauthbearer.sasl.jaas.config={jaas}.oauthbearer.OAuthBearerLoginModule required \
unsecuredLoginStringClaim_sub="broker";
"""


class SecureKafka(ApacheKafka):
    """One node. Once it runs, `running` is its plain side and `servers` tells the address of each listener."""

    def __init__(self) -> None:
        super().__init__()
        self.authority = Authority(self._folder / "certificates")
        self._keystore = self._folder / "keystore.p12"
        issue_keystore(self.authority, self._keystore)
        self.servers: dict[str, str] = {}

    def __enter__(self) -> RunningKafka:
        self.running = super().__enter__()
        return self.running

    def _settings(self, port: int) -> str:
        """The other doors, too."""
        plain = super()._settings(port)
        self.servers = new_servers()
        return plain + secure_settings(plain, self.servers, self._keystore, self.authority)

    def _users(self) -> Mapping[str, str]:
        return {USER: PASSWORD}


def issue_keystore(authority: Authority, keystore: Path, not_after: datetime | None = None) -> None:
    """A certificate for a node, in the place of the one that it had; it shows it once it starts."""
    authority.issue_keystore(keystore, "localhost", password=KEYSTORE_PASSWORD, not_after=not_after)


def new_servers() -> dict[str, str]:
    """For each listener an address that is free."""
    return {listener: f"localhost:{port}" for listener, port in zip(LISTENERS, free_ports(len(LISTENERS)), strict=True)}


def secure_settings(plain: str, servers: Mapping[str, str], keystore: Path, authority: Authority) -> str:
    """What has to stand behind a node's other settings, of which some are said again with these listeners, too."""
    secure_listeners = ",".join(f"{listener}://{server}" for listener, server in servers.items())
    text = SETTINGS.format(
        plain_listeners=_value(plain, "listeners"),
        secure_listeners=secure_listeners,
        keystore=keystore,
        keystore_password=KEYSTORE_PASSWORD,
        truststore=authority.location,
        mechanisms=",".join(MECHANISMS),
        session_ms=SESSION_MS,
    )
    if "\nadvertised.listeners=" in plain:
        text += f"advertised.listeners={_value(plain, 'advertised.listeners')},{secure_listeners}\n"
    for listener in ("sasl_plaintext", "sasl_ssl"):
        text += SASL_SETTINGS.format(listener=listener, jaas=JAAS, user=USER, password=PASSWORD)
    return text


def _value(settings: str, name: str) -> str:
    [line] = [line for line in settings.splitlines() if line.startswith(f"{name}=")]
    return line.removeprefix(f"{name}=")
