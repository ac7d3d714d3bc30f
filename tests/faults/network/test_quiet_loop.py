"""When nothing can move, the producer's thread sleeps: it neither spins nor blocks, and can be closed at any time."""

import ssl
import time
from collections.abc import Mapping

import pytest

from kafka_nio.errors import KafkaTimeoutError
from kafka_nio.producer import FutureRecordMetadata
from kafka_nio.protocol.api import ApiKey
from tests.faults.network.misbehaviour import BlackHole, HalfOpen, HangUp, Unanswered, ZeroWindow
from tests.faults.network.past_the_doors import read_past_the_doors
from tests.faults.network.trial import MARGIN_MS, PARTITIONS, PATIENT, SETTING, TOPIC, Trial, every_future_failed, trial
from tests.faults.table import Note, Outcome
from tests.support.certificates import Authority
from tests.support.fault_proxy import CLEAN, Fault

pytestmark = pytest.mark.faults

MOST_SELECTS_AT_REST_PER_S = 200
MOST_CPU_SHARE = 0.1
LOOK_FOR_S = 0.5
"""How long a loop that has nothing to do is watched."""
SETTLE_S = 0.15
"""How long it may still have something to do after the fault has begun."""
SHORT_S = 0.1
"""How long flush and close are to wait at most."""

NO_BACKOFF: Mapping[str, object] = {"retry_backoff_ms": 0, "reconnect_backoff_ms": 0, "reconnect_backoff_max_ms": 0}
LOGIN: Mapping[str, object] = {
    "security_protocol": "SASL_PLAINTEXT",
    "sasl_mechanism": "SCRAM-SHA-256",
    "sasl_username": "alice",
    "sasl_password": "open sesame",
}
USERS = {"sasl": {"SCRAM-SHA-256": {"alice": "open sesame"}}}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def encrypted(authority: Authority) -> tuple[dict[str, object], dict[str, object]]:
    """What the brokers and the producer need for TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue_file("127.0.0.1"))
    return {"tls": context}, {"security_protocol": "SSL", "ssl_truststore_location": authority.location}


def known_to_all(producing: Trial) -> None:
    """Every partition has been written to, so that nothing is left to find out."""
    for future in [producing.producer.send(TOPIC, b"", partition=partition) for partition in range(PARTITIONS)]:
        future.result(10)


def send_into_it(producing: Trial, value: bytes = b"into the void", records: int = 30) -> list[FutureRecordMetadata]:
    """None of these can get through, and yet no call waits."""
    return [producing.timed.send(TOPIC, value, partition=number % PARTITIONS) for number in range(records)]


def ensure_quiet(producing: Trial, futures: list[FutureRecordMetadata], fault: str, note: Note) -> None:
    """Watch the loop for a while; then flush and close, which must not wait longer than they were told to."""
    producing.pace(SETTLE_S)
    pace = producing.pace(LOOK_FOR_S)
    with producing.within(SHORT_S * 1000, "flush"), pytest.raises(KafkaTimeoutError):
        producing.producer.flush(timeout=SHORT_S)
    began_s = time.monotonic()
    with producing.within(SHORT_S * 1000, "close"):
        producing.producer.close(timeout=SHORT_S)
    every_future_failed(futures)
    note(
        Outcome(
            setting=f"{SETTING}: while nothing can move",
            fault=fault,
            acknowledged=0,
            failed=len(futures),
            lost=None,
            duplicated=None,
            reordered=None,
            recovery_s=time.monotonic() - began_s,
            within_s=SHORT_S + MARGIN_MS / 1000,
            selects_per_s=pace.selects_per_s,
            remark=f"{pace.cpu_share:.1%} of a core; all failed when close({SHORT_S}) was called",
        )
    )
    assert pace.selects_per_s < MOST_SELECTS_AT_REST_PER_S
    assert pace.cpu_share < MOST_CPU_SHARE
    producing.ensure_nothing_was_late()


def ensure_quiet_after(fault: Fault, name: str, note: Note, brokers: Mapping[str, object], **options: object) -> None:
    """The fault strikes a producer that knows everything, and its connections have to be made again."""
    with trial(brokers=brokers, **{**PATIENT, **options}) as producing:
        known_to_all(producing)
        producing.network.fault = fault
        producing.network.end_connections()
        ensure_quiet(producing, send_into_it(producing), name, note)


@pytest.mark.parametrize(
    "api", [pytest.param(ApiKey.API_VERSIONS, marks=pytest.mark.slow), ApiKey.PRODUCE], ids=lambda api: api.name
)
def test_a_connection_on_which_nobody_answers(api: ApiKey, note: Note) -> None:
    ensure_quiet_after(HalfOpen(api), f"half-open at {api.title}", note, {})


@pytest.mark.slow
@pytest.mark.parametrize(
    "api", [ApiKey.API_VERSIONS, ApiKey.SASL_HANDSHAKE, ApiKey.SASL_AUTHENTICATE], ids=lambda api: api.name
)
def test_a_login_that_nobody_answers(api: ApiKey, note: Note) -> None:
    ensure_quiet_after(HalfOpen(api), f"half-open at {api.title} of a login", note, USERS, **LOGIN)


@pytest.mark.slow
def test_a_tls_handshake_that_nobody_answers(
    encrypted: tuple[dict[str, object], dict[str, object]], note: Note
) -> None:
    brokers, options = encrypted
    ensure_quiet_after(HalfOpen(), "half-open at the TLS handshake", note, brokers, **options)


@pytest.mark.slow
def test_connections_that_end_at_once(note: Note) -> None:
    ensure_quiet_after(HangUp(), "connections accepted and reset at once", note, {})


@pytest.mark.parametrize(
    "api", [ApiKey.API_VERSIONS, pytest.param(ApiKey.PRODUCE, marks=pytest.mark.slow)], ids=lambda api: api.name
)
def test_no_backoff_is_no_reason_to_spin(api: ApiKey, note: Note) -> None:
    ensure_quiet_after(HalfOpen(api), f"half-open at {api.title}, all backoffs 0", note, {}, **NO_BACKOFF)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, NO_BACKOFF], ids=["backoff", "no backoff"])
def test_a_producer_id_that_nobody_gives(options: Mapping[str, object], note: Note) -> None:
    with trial(Unanswered(ApiKey.INIT_PRODUCER_ID), **{**PATIENT, **options}) as producing:
        producing.producer.partitions_for(TOPIC)
        name = "InitProducerId never answered" + (", all backoffs 0" if options else "")
        ensure_quiet(producing, send_into_it(producing), name, note)


@pytest.mark.slow
@pytest.mark.parametrize("api", [ApiKey.API_VERSIONS, ApiKey.METADATA], ids=lambda api: api.name)
def test_a_first_contact_that_nobody_answers(api: ApiKey) -> None:
    with trial(HalfOpen(api), **{**PATIENT, "max_block_ms": 500}) as producing:
        with producing.within(500, "send"):
            future = producing.producer.send(TOPIC, b"into the void")
        every_future_failed([future])
        pace = producing.pace(LOOK_FOR_S)
        with producing.within(SHORT_S * 1000, "close"):
            producing.producer.close(timeout=SHORT_S)
    assert pace.selects_per_s < MOST_SELECTS_AT_REST_PER_S
    assert pace.cpu_share < MOST_CPU_SHARE


@pytest.mark.slow
def test_a_black_hole(note: Note) -> None:
    with trial(**PATIENT) as producing:
        known_to_all(producing)
        producing.network.fault = BlackHole()
        ensure_quiet(producing, send_into_it(producing), "black hole", note)


@pytest.mark.slow
@pytest.mark.parametrize("with_tls", [False, True], ids=["plain", "TLS"])
def test_a_peer_that_does_not_read(
    with_tls: bool, encrypted: tuple[dict[str, object], dict[str, object]], note: Note
) -> None:
    """Big batches fill the kernel's buffers; the rest of a request waits for room, and `OP_WRITE` stays on."""
    brokers, security = encrypted if with_tls else ({}, {})
    with trial(brokers=brokers, **{**PATIENT, **security, "batch_size": 200_000, "linger_ms": 50}) as producing:
        known_to_all(producing)
        producing.network.fault = ZeroWindow()
        futures = send_into_it(producing, bytes(50_000), 120)
        ensure_quiet(producing, futures, f"nothing is read{', with TLS' if with_tls else ''}", note)


@pytest.mark.slow
@pytest.mark.parametrize("with_tls", [False, True], ids=["plain", "TLS"])
def test_what_could_not_be_written_leaves_when_the_peer_reads_again(
    with_tls: bool, encrypted: tuple[dict[str, object], dict[str, object]]
) -> None:
    brokers, security = encrypted if with_tls else ({}, {})
    values = [b"%d" % number * 30_000 for number in range(60)]
    with trial(nodes=1, brokers=brokers, **{**PATIENT, **security, "batch_size": 200_000}) as producing:
        known_to_all(producing)
        connections = producing.network.connections
        producing.network.fault = ZeroWindow()
        futures = [producing.producer.send(TOPIC, value, partition=0) for value in values]
        producing.pace(SETTLE_S)
        assert not any(future.done() for future in futures)
        producing.network.fault = CLEAN
        assert [future.result(10).offset for future in futures] == list(range(1, len(values) + 1))
        producing.producer.close()
        read = read_past_the_doors(producing.cluster, TOPIC, PARTITIONS, PARTITIONS + len(values))
        assert [record.value for record in read if record.partition == 0] == [b"", *values]
        assert producing.network.connections == connections, "the broker has hung up on what it could not understand"


# The producer's own metrics, which go to a broker that wants them...


@pytest.mark.slow
def test_metrics_that_cannot_be_pushed(note: Note) -> None:
    with trial(**{**PATIENT, **NO_BACKOFF}) as producing:
        producing.cluster.client_metrics.subscribe("*", push_interval_ms=100)
        known_to_all(producing)
        assert producing.producer.client_instance_id(10) is not None
        producing.network.fault = HalfOpen(ApiKey.API_VERSIONS)
        producing.network.end_connections()
        ensure_quiet(producing, send_into_it(producing), "half-open at ApiVersions, metrics due, all backoffs 0", note)


@pytest.mark.slow
def test_the_last_metrics_keep_close_no_longer_than_one_request_may_take() -> None:
    with trial(request_timeout_ms=400, delivery_timeout_ms=800) as producing:
        producing.cluster.client_metrics.subscribe("*", push_interval_ms=60_000)
        known_to_all(producing)
        assert producing.producer.client_instance_id(10) is not None
        producing.network.fault = BlackHole()
        futures = send_into_it(producing)
        with producing.within(800 + 400, "close"):
            producing.producer.close()
        every_future_failed(futures)
