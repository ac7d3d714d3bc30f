"""InitProducerId: ids that nobody else has."""

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.errors import (
    NONE,
    ApiError,
    InvalidProducerEpochError,
    InvalidRequestError,
    InvalidTxnTimeoutError,
    ProducerFencedError,
)
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.messages import InitProducerIdRequest, InitProducerIdResponse
from tests.broker.wire import Wire, spoken_versions


@pytest.mark.parametrize("version", spoken_versions(ApiKey.INIT_PRODUCER_ID))
def test_every_version_gets_an_id_with_epoch_0(wire: Wire, version: int) -> None:
    response = wire.ask(InitProducerIdRequest(), version, InitProducerIdResponse)
    assert (response.error_code, response.producer_epoch) == (0, 0)
    assert response.producer_id >= 0


def test_ids_count_up_over_the_whole_cluster() -> None:
    with EmbeddedCluster(nodes=2) as cluster:
        ids = []
        for address in cluster.addresses:
            with Wire(address) as wire:
                ids += [wire.ask(InitProducerIdRequest(), 4, InitProducerIdResponse).producer_id for _ in range(2)]
    assert ids == list(range(ids[0], ids[0] + 4))


@pytest.mark.parametrize("version", spoken_versions(ApiKey.INIT_PRODUCER_ID))
def test_a_transactional_id_keeps_its_producer_id_and_gets_the_next_epoch(wire: Wire, version: int) -> None:
    request = InitProducerIdRequest(transactional_id="payments")
    first, second = (wire.ask(request, version, InitProducerIdResponse) for _ in range(2))
    assert (first.error_code, first.producer_epoch) == (NONE, 0)
    assert (second.error_code, second.producer_id, second.producer_epoch) == (NONE, first.producer_id, 1)


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (InitProducerIdRequest(transactional_id=""), InvalidRequestError),
        (InitProducerIdRequest(producer_id=1), InvalidRequestError),
        (InitProducerIdRequest(producer_epoch=1), InvalidRequestError),
        (InitProducerIdRequest(transactional_id="payments", transaction_timeout_ms=900_001), InvalidTxnTimeoutError),
        (InitProducerIdRequest(transactional_id="payments", transaction_timeout_ms=0), InvalidTxnTimeoutError),
    ],
    ids=["an empty id", "an id without epoch", "an epoch without id", "a long timeout", "no time"],
)
def test_what_makes_no_sense_is_refused(wire: Wire, request_: InitProducerIdRequest, error: type[ApiError]) -> None:
    response = wire.ask(request_, 4, InitProducerIdResponse)
    assert (response.error_code, response.producer_id) == (error.code, -1)


@pytest.mark.parametrize(("version", "error"), [(3, InvalidProducerEpochError), (4, ProducerFencedError)])
def test_being_fenced_has_the_name_that_the_version_knows(wire: Wire, version: int, error: type[ApiError]) -> None:
    wire.ask(InitProducerIdRequest(transactional_id="payments"), version, InitProducerIdResponse)
    stranger = InitProducerIdRequest(transactional_id="payments", producer_id=1, producer_epoch=0)
    assert wire.ask(stranger, version, InitProducerIdResponse).error_code == error.code
