"""The ways to log in that the search for secrets goes through, and which secrets each of them has."""

import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kafka_nio.broker import EmbeddedCluster
from tests.security.secrets import Hidden
from tests.support.certificates import Authority
from tests.support.identity_provider import IdentityProvider
from tests.support.unsecured_token import unsecured_token

PASSWORD = "p4ss=word,with/odd+chars"
OTHER_PASSWORD = "another-password-of-the-broker"
PASSPHRASE = "key-passphrase-8f3a"
CLIENT_SECRET = "client:secret/5d1c+x"
HMAC = "aG1hYyBvZiBhIGRlbGVnYXRpb24gdG9rZW4="

Options = dict[str, object]


@dataclass
class Case:
    """One way to log in: the client's options, and the broker's users."""

    options: Options
    users: dict[str, dict[str, str]]


class Scene:
    """What the cases are made of, and the secrets among that."""

    def __init__(self, folder: Path, provider: IdentityProvider) -> None:
        self.folder = folder
        self.provider = provider
        self.authority = Authority(folder / "certificates")
        self.hidden = Hidden()

    def by_password(self, mechanism: str) -> Case:
        self.hidden.add("password", PASSWORD)
        login: Options = {"sasl_mechanism": mechanism, "sasl_username": "alice", "sasl_password": PASSWORD}
        return Case(login, {mechanism: {"alice": PASSWORD}})

    def by_delegation_token(self) -> Case:
        self.hidden.add("delegation token", HMAC)
        login: Options = {"sasl_mechanism": "SCRAM-SHA-256", "sasl_username": "token-id", "sasl_password": HMAC}
        return Case({**login, "sasl_scram_tokenauth": True}, {"SCRAM-SHA-256": {"token-id": HMAC}})

    def by_own_token(self) -> Case:
        token = unsecured_token("alice")
        self.hidden.add("token", token)
        login: Options = {"sasl_mechanism": "OAUTHBEARER", "sasl_oauthbearer_token": lambda: token}
        return Case(login, {"OAUTHBEARER": {"alice": ""}})

    def by_client_secret(self) -> Case:
        self.hidden.add("client secret", CLIENT_SECRET)
        return self._by_endpoint(client_credentials_client_id="kitchen", client_credentials_client_secret=CLIENT_SECRET)

    def by_assertion(self) -> Case:
        key = rsa.generate_private_key(65537, 2048)
        encryption = serialization.BestAvailableEncryption(PASSPHRASE.encode())
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
        path = self.folder / "assertion-key.pem"
        path.write_bytes(pem)
        self.hidden.add("passphrase of the assertion's key", PASSPHRASE)
        self.hidden.add("assertion's key", pem.splitlines()[3])
        return self._by_endpoint(
            assertion_private_key_file=str(path),
            assertion_private_key_passphrase=PASSPHRASE,
            assertion_claim_sub="alice",
            assertion_claim_iss="kitchen",
            assertion_claim_aud="kafka",
        )

    def by_assertion_file(self) -> Case:
        assertion = unsecured_token("kitchen")
        path = self.folder / "assertion.jwt"
        path.write_text(assertion)
        self.hidden.add("assertion", assertion)
        return self._by_endpoint(assertion_file=str(path))

    def _by_endpoint(self, **options: str) -> Case:
        token = unsecured_token("alice")
        self.hidden.add("token", token)
        answer = 200, json.dumps({"access_token": token}).encode()
        self.provider.answers = [answer] * 20
        named: Options = {f"sasl_oauthbearer_{name}": value for name, value in options.items()}
        login = {"sasl_mechanism": "OAUTHBEARER", "sasl_oauthbearer_token_endpoint_url": self.provider.url}
        return Case({**login, **named}, {"OAUTHBEARER": {"alice": ""}})

    def encrypted(self, case: Case, *, inline: bool) -> Case:
        """The same over TLS, with a key of the client's own."""
        key, chain = self.authority.issue("client", password=PASSPHRASE)
        self.hidden.add("passphrase of the key", PASSPHRASE)
        self.hidden.add("private key", key.splitlines()[3])
        protocol = "SASL_SSL" if case.users else "SSL"
        own: Options = {"ssl_keystore_key": key, "ssl_keystore_certificate_chain": chain}
        if not inline:
            path = self.folder / "client.pem"
            path.write_text(f"{key}\n{chain}")
            own = {"ssl_keystore_location": str(path)}
        trust = {"ssl_truststore_location": self.authority.location, "ssl_key_password": PASSPHRASE}
        return Case({**case.options, **own, **trust, "security_protocol": protocol}, case.users)

    @contextmanager
    def cluster(self, case: Case) -> Iterator[EmbeddedCluster]:
        """A broker that knows the case's users."""
        context = None
        if "SSL" in str(case.options.get("security_protocol")):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.authority.issue_file("127.0.0.1"))
            context.load_verify_locations(self.authority.location)
            context.verify_mode = ssl.CERT_REQUIRED
        with EmbeddedCluster(tls=context, sasl=case.users) as cluster:
            cluster.client_metrics.subscribe("*", push_interval_ms=60_000)
            yield cluster


CASES: dict[str, Callable[[Scene], Case]] = {
    "PLAIN": lambda scene: scene.by_password("PLAIN"),
    "SCRAM-SHA-256": lambda scene: scene.by_password("SCRAM-SHA-256"),
    "SCRAM-SHA-512": lambda scene: scene.by_password("SCRAM-SHA-512"),
    "delegation token": Scene.by_delegation_token,
    "own token": Scene.by_own_token,
    "client secret": Scene.by_client_secret,
    "assertion": Scene.by_assertion,
    "assertion file": Scene.by_assertion_file,
    "TLS key": lambda scene: scene.encrypted(Case({}, {}), inline=True),
    "TLS key in a file, and PLAIN": lambda scene: scene.encrypted(scene.by_password("PLAIN"), inline=False),
}


def options_of(case: Case, cluster: EmbeddedCluster) -> Options:
    return {"security_protocol": "SASL_PLAINTEXT", **case.options, "bootstrap_servers": cluster.bootstrap_servers}
