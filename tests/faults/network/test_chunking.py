"""However the bytes are cut, in both directions, plain or encrypted: the result is the same."""

import ssl
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, example, given, note, settings
from hypothesis import strategies as st

from tests.faults.network.misbehaviour import Chunks
from tests.faults.network.trial import PATIENT, TOPIC, Trial, trial
from tests.support.certificates import Authority

pytestmark = pytest.mark.faults

EXAMPLES = 25
PARTITION = 0

chunk_sizes = st.lists(st.one_of(st.integers(1, 8), st.integers(1, 2_000)), min_size=1, max_size=12)
record_sizes = st.lists(st.one_of(st.integers(0, 20), st.integers(0, 3_000)), min_size=1, max_size=12)


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "TLS"])
def producing(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trial]:
    """One producer for all examples, whose connections see every way of cutting."""
    if not request.param:
        with trial(nodes=1, **PATIENT) as plain:
            yield plain
        return
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue_file("127.0.0.1"))
    security = {"security_protocol": "SSL", "ssl_truststore_location": authority.location}
    with trial(nodes=1, brokers={"tls": context}, **PATIENT, **security) as encrypted:
        yield encrypted


@settings(max_examples=EXAMPLES, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
@given(to_broker=chunk_sizes, to_client=chunk_sizes, sizes=record_sizes, anew=st.booleans())
@example(to_broker=[1], to_client=[1], sizes=[100], anew=True)
@example(to_broker=[3, 1], to_client=[4, 1], sizes=[0, 0], anew=True)
def test_any_chunking_leaves_the_result_unchanged(
    producing: Trial, to_broker: list[int], to_client: list[int], sizes: list[int], anew: bool
) -> None:
    """With connections that are there already, or made anew under it, handshake and all."""
    log = producing.cluster.log(TOPIC, PARTITION)
    before = len(log)
    producing.network.fault = Chunks(to_broker, to_client)
    if anew:
        producing.network.end_connections()
    values = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    futures = [producing.producer.send(TOPIC, value, partition=PARTITION) for value in values]
    offsets = [future.result(20).offset for future in futures]
    note(f"offsets {offsets}, from {before} on")
    assert offsets == list(range(before, before + len(values)))
    assert [record.value for record in log.records()[before:]] == values
