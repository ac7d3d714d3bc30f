"""Real logins of every kind, and a search through everything that a program, its logs and its telemetry get to see.

Each login is made four times: watched by a recording that keeps all there is to keep, and watched live with a span for
every step; by a client that the broker lets in, and by one that it refuses. Then every text is searched for every
secret, in every spelling.
"""

import base64
import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import KafkaError
from kafka_nio.producer import KafkaProducer
from kafka_nio.tracing import frames, instrument, record, uninstrument
from tests.security.logins import CASES, CLIENT_SECRET, OTHER_PASSWORD, PASSWORD, Case, Scene, options_of
from tests.security.secrets import Hidden, derived_keys, forms, in_recording, reprs
from tests.support.identity_provider import identity_provider
from tests.tracing.live.telemetry import Telemetry

TIMEOUT_S = 20
Surface = tuple[str, str | bytes]

each_login = pytest.mark.parametrize("login", CASES)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[Scene]:
    caplog.set_level(logging.DEBUG)
    with identity_provider() as provider:
        scene = Scene(tmp_path, provider)
        derived_keys(monkeypatch, scene.hidden)
        yield scene


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


@contextmanager
def told_live() -> Iterator[list[Surface]]:
    """What live tracing tells of all that happens here, at the end."""
    telemetry, told = Telemetry(), list[Surface]()
    with ExitStack() as stack:
        stack.callback(telemetry.shutdown)
        stack.callback(uninstrument)
        instrument(telemetry.tracer_provider, telemetry.meter_provider, level="steps")
        yield told
        told += [("span", span.to_json()) for span in telemetry.spans]
        assert told


@each_login
def test_live_spans_and_metrics_tell_no_secret(login: str, scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    case = CASES[login](scene)
    with told_live() as told, scene.cluster(case) as cluster:
        seen = deliver(case, cluster)
    expect_silence(scene, [*seen, *told], caplog.text)


each_that_can_be_refused = pytest.mark.parametrize("login", [name for name in CASES if name != "TLS key"])


def be_refused(scene: Scene, login: str) -> list[Surface]:
    """Log in to a broker that knows another password, or other users; return what can be seen."""
    case = CASES[login](scene)
    users = {
        mechanism: dict.fromkeys(known, OTHER_PASSWORD) if mechanism != "OAUTHBEARER" else {"bob": ""}
        for mechanism, known in case.users.items()
    }
    scene.hidden.add("broker's password", OTHER_PASSWORD)
    broken = Case(case.options, users)
    with scene.cluster(broken) as cluster, KafkaProducer(**options_of(broken, cluster)) as producer:
        with pytest.raises(KafkaError) as refused:
            producer.send("orders", b"one coffee").result(TIMEOUT_S)
        return [*reprs(producer, cluster), *text_of(refused.value)]


@each_that_can_be_refused
def test_a_login_that_is_refused_tells_no_secret(login: str, scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    path = scene.folder / "refused.otlp.jsonl"
    with record(path, name="refused", brokers=True):
        seen = be_refused(scene, login)
    expect_silence(scene, [*seen, *in_recording(path)], caplog.text)


@each_that_can_be_refused
def test_nor_does_it_live(login: str, scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    with told_live() as told:
        seen = be_refused(scene, login)
    expect_silence(scene, [*seen, *told], caplog.text)


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
