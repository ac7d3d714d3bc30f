"""TLS and logins over a network that misbehaves: encryption has frames of its own, which are cut as well."""

import ssl
import time

import pytest

from tests.faults.network.misbehaviour import BlackHole, CutAnywhere, Glued, OneByteAtATime
from tests.faults.network.trial import SLOWER, trial
from tests.faults.table import Note
from tests.support.certificates import Authority

pytestmark = pytest.mark.faults

INSIDE_THE_HANDSHAKE = (1, 60, 700, 1_500)
BEHIND_THE_HANDSHAKE = (2_600, 3_500, 5_000)
"""Bytes of a connection; a handshake with these certificates takes about 2,000 of them."""
UNDER_IT_S = 0.5
"""How long the load goes on under a fault that lets it through."""


@pytest.fixture(scope="module")
def brokers(authority: Authority) -> dict[str, object]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue_file("127.0.0.1"))
    return {"tls": context, "sasl": {"SCRAM-SHA-256": {"alice": "open sesame"}}}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def options(authority: Authority) -> dict[str, object]:
    return {
        "security_protocol": "SASL_SSL",
        "ssl_truststore_location": authority.location,
        "sasl_mechanism": "SCRAM-SHA-256",
        "sasl_username": "alice",
        "sasl_password": "open sesame",
        **SLOWER,
    }


def test_encrypted_bytes_arrive_though_each_travels_alone(
    brokers: dict[str, object], options: dict[str, object], note: Note
) -> None:
    """From the first byte of the handshake on: the connections are made anew."""
    with trial(brokers=brokers, **options) as producing:
        with producing.under(OneByteAtATime(), on_new_connections=True, rate=20) as load:
            time.sleep(UNDER_IT_S)
            load.wait_until_each_partition_goes_on()
        producing.ensure_sent_byte_by_byte()
        producing.end(note, "TLS and a login, one byte at a time", load)


def test_encrypted_frames_arrive_though_several_come_together(
    brokers: dict[str, object], options: dict[str, object], note: Note
) -> None:
    """From the first byte of the handshake on: the connections are made anew."""
    glued = Glued(ms=60)
    with trial(brokers=brokers, **options) as producing:
        with producing.under(glued, on_new_connections=True, rate=60) as load:
            time.sleep(UNDER_IT_S)
            load.wait_until_each_partition_goes_on()
        together = producing.network.strikes(glued)
        producing.end(note, "TLS and a login, glued together", load, remark=f"{together} times")


@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("to_client", [False, True], ids=["to the broker", "to the client"])
def test_connections_cut_within_tls_are_made_again(
    to_client: bool, reset: bool, brokers: dict[str, object], options: dict[str, object], note: Note
) -> None:
    fault = CutAnywhere(to_client, INSIDE_THE_HANDSHAKE + BEHIND_THE_HANDSHAKE, reset)
    name = f"TLS {'to' if not to_client else 'from'} the broker cut anywhere, then {'reset' if reset else 'closed'}"
    with trial(brokers=brokers, **options) as producing:
        with producing.under(fault, on_new_connections=True) as load:
            load.wait_for(lambda: len(fault.cuts) == len(fault.after_bytes), "the connections to be cut", 10)
            load.wait_until_each_partition_goes_on()
        producing.end(note, name, load, remark=f"{len(fault.cuts)} times")


def test_a_black_hole_under_tls(brokers: dict[str, object], options: dict[str, object], note: Note) -> None:
    with trial(brokers=brokers, **options) as producing:
        load = producing.pause(BlackHole(), 1.5)
        producing.end(note, "black hole for 1.5 s, with TLS and a login", load)
