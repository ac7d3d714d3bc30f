"""InitProducerId: ids that nobody else has."""

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.errors import InvalidRequestError
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


def test_a_transactional_producer_is_refused(wire: Wire) -> None:
    response = wire.ask(InitProducerIdRequest(transactional_id="payments"), 4, InitProducerIdResponse)
    assert (response.error_code, response.producer_id) == (InvalidRequestError.code, -1)
