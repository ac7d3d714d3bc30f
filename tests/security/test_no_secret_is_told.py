"""Real logins of every kind, and a search through everything that a program, its logs and its telemetry get to see.

Each login is made three times: watched by a recording that keeps all there is to keep, watched live with a span for
every step, and by a client that the broker refuses. Then every text is searched for every secret, in every spelling.
"""

import base64
import json
import logging
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import KafkaError
from kafka_nio.producer import KafkaProducer
from kafka_nio.tracing import frames, instrument, record, uninstrument
from tests.security.secrets import Hidden, derived_keys, forms, in_recording, reprs
from tests.support.certificates import Authority
from tests.support.identity_provider import IdentityProvider, identity_provider
from tests.support.unsecured_token import unsecured_token
from tests.tracing.live.telemetry import Telemetry

TIMEOUT_S = 20
PASSWORD = "p4ss=word,with/odd+chars"
OTHER_PASSWORD = "another-password-of-the-broker"
PASSPHRASE = "key-passphrase-8f3a"
CLIENT_SECRET = "client:secret/5d1c+x"
HMAC = "aG1hYyBvZiBhIGRlbGVnYXRpb24gdG9rZW4="

Surface = tuple[str, str | bytes]
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

each_login = pytest.mark.parametrize("login", CASES)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Scene]:
    caplog.set_level(logging.DEBUG)
    with identity_provider() as provider:
        scene = Scene(tmp_path, provider)
        derived_keys(monkeypatch, scene.hidden)
        yield scene


def options_of(case: Case, cluster: EmbeddedCluster) -> Options:
    return {"security_protocol": "SASL_PLAINTEXT", **case.options, "bootstrap_servers": cluster.bootstrap_servers}


def deliver(case: Case, cluster: EmbeddedCluster) -> list[Surface]:
    """Write a record; return what can be seen of producer and broker."""
    with KafkaProducer(**options_of(case, cluster)) as producer:
        assert producer.send("orders", b"one coffee").result(TIMEOUT_S).offset >= 0
        seen: list[Surface] = [*reprs(producer, cluster), ("metrics", repr(producer.metrics()))]
    pushed = [("pushed metrics", push.payload) for push in cluster.client_metrics.pushed]
    assert pushed, "no metrics were pushed"
    return [*seen, *pushed]


def text_of(error: BaseException) -> Iterator[Surface]:
    """All that an error says, with all errors behind it and the lines that led there."""
    yield "error", f"{error!r} {error} {vars(error)!r} {traceback.format_exception(error)}"


def expect_silence(scene: Scene, surfaces: list[Surface], logged: str) -> None:
    """Search all of it. What the provider was sent is a secret too."""
    for posted in scene.provider.posted:
        for name in ("assertion", "client_secret"):
            if name in posted.form:
                scene.hidden.add(f"posted {name}", posted.form[name])
        if "Authorization" in posted.headers:
            scene.hidden.add("posted header", posted.headers["Authorization"])
    assert scene.hidden.secrets
    assert "one coffee" not in logged
    assert not scene.hidden.told_by([*surfaces, ("log", logged)])


@each_login
def test_a_recording_that_keeps_everything_tells_no_secret(
    login: str, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    path = scene.folder / "login.otlp.jsonl"
    case = CASES[login](scene)
    with scene.cluster(case) as cluster, record(path, name="login", brokers=True):
        seen = deliver(case, cluster)
    expect_silence(scene, [*seen, *in_recording(path)], caplog.text)


@each_login
def test_live_spans_and_metrics_tell_no_secret(login: str, scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    telemetry = Telemetry()
    case = CASES[login](scene)
    with ExitStack() as stack:
        stack.callback(telemetry.shutdown)
        stack.callback(uninstrument)
        instrument(telemetry.tracer_provider, telemetry.meter_provider, level="steps")
        with scene.cluster(case) as cluster:
            seen = deliver(case, cluster)
        spans = [("span", span.to_json()) for span in telemetry.spans]
        assert spans
    expect_silence(scene, [*seen, *spans], caplog.text)


def broken(case: Case) -> Case:
    """The same login, of which the broker knows another password, or other users."""
    users = {
        mechanism: dict.fromkeys(known, OTHER_PASSWORD) if mechanism != "OAUTHBEARER" else {"bob": ""}
        for mechanism, known in case.users.items()
    }
    return Case(case.options, users)


@pytest.mark.parametrize("login", [name for name in CASES if name != "TLS key"])
def test_a_login_that_is_refused_tells_no_secret(login: str, scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    path = scene.folder / "refused.otlp.jsonl"
    case = broken(CASES[login](scene))
    scene.hidden.add("broker's password", OTHER_PASSWORD)
    with (
        scene.cluster(case) as cluster,
        record(path, name="refused", brokers=True),
        KafkaProducer(**options_of(case, cluster)) as producer,
    ):
        with pytest.raises(KafkaError) as refused:
            producer.send("orders", b"one coffee").result(TIMEOUT_S)
        seen = [*reprs(producer, cluster), *text_of(refused.value)]
    expect_silence(scene, [*seen, *in_recording(path)], caplog.text)


BASIC = base64.b64encode(f"kitchen:{CLIENT_SECRET}".encode())


@pytest.mark.parametrize(
    "answer",
    [
        f"unknown: kitchen:{CLIENT_SECRET}".encode(),
        b"x" * 190 + CLIENT_SECRET.encode(),
        json.dumps({"error": "who?", "error_description": CLIENT_SECRET}).replace("/", "\\/").encode(),
        b"Authorization: Basic " + BASIC,
    ],
    ids=["as it is", "cut off", "in JSON", "the header"],
)
def test_a_provider_that_repeats_what_it_was_sent_is_not_quoted(
    answer: bytes, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """RFC 6749 keeps secrets out of a refusal. Not everybody has read it."""
    case = scene.by_client_secret()
    scene.provider.answers = [(400, answer)]
    with scene.cluster(case) as cluster, pytest.raises(KafkaError, match="and repeated our secret") as refused:
        KafkaProducer(**options_of(case, cluster))
    expect_silence(scene, [*text_of(refused.value)], caplog.text)


# Before anything is sent...

SECRET_OPTIONS = [
    "sasl_password",
    "ssl_key_password",
    "ssl_keystore_key",
    "sasl_oauthbearer_token",
    "sasl_oauthbearer_client_credentials_client_secret",
    "sasl_oauthbearer_assertion_private_key_passphrase",
]
NO_VALUES: list[object] = [PASSWORD, PASSWORD.encode(), [PASSWORD], {"secret": PASSWORD}]


@pytest.mark.parametrize("value", NO_VALUES, ids=lambda value: type(value).__name__)
@pytest.mark.parametrize("option", SECRET_OPTIONS)
def test_no_error_repeats_the_value_of_a_secret_option(option: str, value: object) -> None:
    """Each is out of place here, or of the wrong type, or both."""
    told = ""
    try:
        told = repr(ProducerConfig.parse({"bootstrap.servers": "localhost:9092"}, **{option: value}))
    except KafkaError as refused:
        told = f"{refused!r} {refused} {traceback.format_exception_only(refused)}"
    assert told
    assert not Hidden({"value": PASSWORD.encode()}).told_by([("what is said of it", told)])


@pytest.mark.parametrize("misspelled", ["sasl_pasword", "sasl.pasword", "ssl_key_pass", "sasl.jaas.config"])
def test_an_option_that_does_not_exist_is_named_without_its_value(misspelled: str) -> None:
    with pytest.raises(KafkaError) as refused:
        ProducerConfig.parse({"bootstrap.servers": "localhost:9092", misspelled: PASSWORD})
    assert not Hidden({"value": PASSWORD.encode()}).told_by([("error", f"{refused.value!r} {refused.value}")])


def test_every_option_that_holds_a_secret_is_known_to_these_tests() -> None:
    annotations = {
        name: str(kind)
        for owner in ProducerConfig.__mro__
        for name, kind in vars(owner).get("__annotations__", {}).items()
    }
    assert {name for name, kind in annotations.items() if "Secret[" in kind} == set(SECRET_OPTIONS)


def test_a_wrong_passphrase_is_not_repeated(scene: Scene) -> None:
    case = scene.encrypted(Case({}, {}), inline=True)
    wrong = {**case.options, "ssl_key_password": PASSWORD}
    scene.hidden.add("wrong passphrase", PASSWORD)
    with pytest.raises(KafkaError) as refused:
        KafkaProducer(bootstrap_servers="localhost:9092", **wrong)
    assert not scene.hidden.told_by(text_of(refused.value))


# That the search would find something...


@pytest.mark.parametrize("before", [b"", b"x", b"xy", b"\0alice\0"])
@pytest.mark.parametrize("after", [b"", b"z", b"zz"])
def test_a_secret_is_found_wherever_base64_has_put_it(before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + PASSWORD.encode() + after)
    assert [form for form in forms(PASSWORD.encode()) if form in text]


def test_without_the_recorders_mask_the_search_finds_the_password(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frames, "_is_secret", lambda piece, header: False)
    path = scene.folder / "unmasked.otlp.jsonl"
    case = scene.by_password("PLAIN")
    with scene.cluster(case) as cluster, record(path, name="unmasked"):
        deliver(case, cluster)
    assert scene.hidden.told_by(in_recording(path))


def test_a_password_in_the_log_is_found(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.by_password("PLAIN")
    logging.getLogger("kafka_nio").debug("logging in with %s", PASSWORD)
    assert scene.hidden.told_by([("log", caplog.text)])
