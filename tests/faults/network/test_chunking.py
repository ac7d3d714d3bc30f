"""However the bytes are cut, in both directions, plain or encrypted: the result is the same."""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from kafka_nio.protocol.record_batch import RECORD_BATCH_OVERHEAD
from tests.faults.network.misbehaviour import Chunks
from tests.faults.network.past_the_doors import read_past_the_doors
from tests.faults.network.trial import PATIENT, TOPIC, Trial, trial
from tests.support.certificates import Authority

pytestmark = pytest.mark.faults

EXAMPLES = 25
PARTITION = 0

chunk_sizes = st.lists(st.one_of(st.integers(1, 8), st.integers(1, 2_000)), min_size=1, max_size=12)
record_sizes = st.lists(st.one_of(st.integers(0, 20), st.integers(0, 3_000)), min_size=1, max_size=12)


@dataclass
class Producing:
    """A trial for all examples of a test, and the values that they have sent."""

    trial: Trial
    sent: list[bytes] = field(default_factory=list)


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "TLS"])
def producing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Producing]:
    """One producer for all examples, whose connections see every way of cutting; at the end a consumer reads it all."""
    brokers, security = _encrypted(tmp_path_factory) if request.param else ({}, {})
    with trial(nodes=1, brokers=brokers, least_strikes=0, **PATIENT, **security) as chunked:
        shared = Producing(chunked)
        yield shared
        chunked.producer.close()
        read = read_past_the_doors(chunked.cluster, TOPIC, 1, len(shared.sent))
        assert [(record.offset, record.value) for record in read] == list(enumerate(shared.sent))


def _encrypted(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, object], dict[str, object]]:
    """What the brokers and the producer need for TLS."""
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue_file("127.0.0.1"))
    return {"tls": context}, {"security_protocol": "SSL", "ssl_truststore_location": authority.location}


@settings(max_examples=EXAMPLES, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(to_broker=chunk_sizes, to_client=chunk_sizes, sizes=record_sizes, anew=st.booleans())
@example(to_broker=[1], to_client=[1], sizes=[100], anew=True)
@example(to_broker=[3, 1], to_client=[4, 1], sizes=[0, 0], anew=True)
def test_any_chunking_leaves_the_result_unchanged(
    producing: Producing, to_broker: list[int], to_client: list[int], sizes: list[int], anew: bool
) -> None:
    """With connections that are there already, or made anew under it, handshake and all."""
    network, before = producing.trial.network, len(producing.sent)
    chunks = Chunks(to_broker, to_client)
    network.fault = chunks
    if anew:
        network.end_connections()
    values = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    producing.sent += values
    futures = [producing.trial.producer.send(TOPIC, value, partition=PARTITION) for value in values]
    offsets = [future.result(20).offset for future in futures]
    note(f"offsets {offsets}, from {before} on")
    assert offsets == list(range(before, before + len(values)))
    assert network.strikes(chunks) or max(to_broker) >= RECORD_BATCH_OVERHEAD, "a request has not been cut"
