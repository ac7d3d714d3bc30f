"""The processor: many connections, one thread, and nothing a client does can stop it."""

import logging
import random
import struct
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.broker.processor import AFTER_A_FAULT_MS
from kafka_nio.clock import MockClock
from kafka_nio.errors import NONE
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.codec import encode_request
from kafka_nio.protocol.messages import (
    ApiVersionsRequest,
    FetchResponse,
    MetadataRequest,
    MetadataResponse,
    ProduceResponse,
)
from kafka_nio.protocol.record_batch import split_batches
from tests.broker.wire import Wire, batch, fetch_request, produce_request

LONG_MS = 60_000

NOTHING = MetadataRequest(topics=[])


def framed(payload: bytes) -> bytes:
    return struct.pack(">i", len(payload)) + payload


def metadata_request(correlation_id: int) -> bytes:
    header = RequestHeader(ApiKey.METADATA, 12, correlation_id, "test")
    return framed(b"".join(encode_request(header, NOTHING)))


def is_alive(cluster: EmbeddedCluster) -> bool:
    with Wire(cluster.addresses[0]) as wire:
        return wire.ask(NOTHING, 12, MetadataResponse).error_code == NONE


def test_a_fault_that_comes_back_each_turn_neither_spins_nor_ends_the_broker(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = MockClock()
    cluster = EmbeddedCluster(clock=clock)
    processor = cluster.brokers[0].processor
    turns = iter(range(3))

    def fail() -> None:
        if next(turns) == 2:
            processor.begin_shutdown()
        raise ZeroDivisionError

    monkeypatch.setattr(processor, "poll", fail)
    processor.run()
    cluster.close()
    assert [record.getMessage() for record in caplog.records] == [
        "The processor met an error that nothing expected"
    ] * 3
    assert clock.now_ms() == 3 * AFTER_A_FAULT_MS


# Requests and responses...


def test_many_requests_in_one_piece_are_answered_one_after_the_other(wire: Wire) -> None:
    wire.send(b"".join(metadata_request(number) for number in range(50)))
    assert [struct.unpack_from(">i", wire.frame())[0] for _ in range(50)] == list(range(50))


def test_a_request_in_many_pieces_is_answered_once(wire: Wire) -> None:
    for byte in metadata_request(7):
        wire.send(bytes([byte]))
    assert struct.unpack_from(">i", wire.frame())[0] == 7


def test_a_connection_is_muted_from_a_request_to_its_answer(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.create_topic("orders")
    waiting = wire.say(fetch_request("orders", max_wait_ms=LONG_MS), 11)
    behind = wire.say(produce_request("orders", batch(b"from behind")), 9)
    with Wire(cluster.addresses[0]) as another:
        another.ask(produce_request("orders", batch(b"from another")), 9, ProduceResponse)
    assert isinstance(wire.listen(waiting), FetchResponse)
    answer = wire.listen(behind)
    assert isinstance(answer, ProduceResponse)
    assert answer.topics[0].partitions[0].base_offset == 1, "it was not even looked at before the fetch was answered"


def test_what_a_client_sent_before_it_left_is_handled(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.create_topic("orders")
    size = len(batch(b"0"))
    waiting = wire.say(fetch_request("orders", max_wait_ms=LONG_MS, min_bytes=20 * size), 11)
    with Wire(cluster.addresses[0]) as leaving:
        for _ in range(20):
            leaving.say(produce_request("orders", batch(b"0"), acks=0), 9)
    response = wire.listen(waiting)
    assert isinstance(response, FetchResponse)
    assert len(split_batches(response.topics[0].partitions[0].records or b"")) == 20


def test_a_client_that_leaves_before_its_answer_does_no_harm(cluster: EmbeddedCluster) -> None:
    cluster.create_topic("orders")
    with Wire(cluster.addresses[0]) as leaving:
        leaving.say(fetch_request("orders", max_wait_ms=LONG_MS), 11)
    with Wire(cluster.addresses[0]) as wire:
        wire.ask(produce_request("orders", batch(b"a")), 9, ProduceResponse)
    assert is_alive(cluster)


def test_no_fetch_waits_for_a_client_that_has_left(cluster: EmbeddedCluster) -> None:
    cluster.create_topic("orders")
    header = RequestHeader(ApiKey.FETCH, 11, 1, "test")
    waiting = framed(b"".join(encode_request(header, fetch_request("orders", max_wait_ms=LONG_MS))))
    for _ in range(5):
        with Wire(cluster.addresses[0]) as leaving:
            leaving.send(waiting + struct.pack(">i", -1))  # which ends the connection in the turn of the fetch
            assert leaving.is_closed_by_broker()
    assert is_alive(cluster)
    cluster.close()
    assert repr(cluster.brokers[0].processor).endswith(" 0 fetches waiting>")


def test_a_large_answer_comes_whole(cluster: EmbeddedCluster, wire: Wire) -> None:
    cluster.create_topic("orders")
    value = bytes(1_000_000)
    for _ in range(8):
        wire.ask(produce_request("orders", batch(value)), 9, ProduceResponse)
    response = wire.ask(fetch_request("orders"), 11, FetchResponse)
    batches = split_batches(response.topics[0].partitions[0].records or b"")
    assert [record.value for found in batches for record in found.records()] == [value] * 8


def test_several_clients_are_served_at_once(cluster: EmbeddedCluster) -> None:
    cluster.create_topic("orders")

    def produce() -> None:
        with Wire(cluster.addresses[0]) as wire:
            for _ in range(20):
                wire.ask(produce_request("orders", batch(b"x")), 9, ProduceResponse)

    clients = [threading.Thread(target=produce) for _ in range(8)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    assert [record.offset for record in cluster.log("orders").records()] == list(range(160))


# What is no request...


def produce_in_version_2() -> bytes:
    return struct.pack(">hhih", ApiKey.PRODUCE, 2, 1, -1) + struct.pack(">hii", 1, 1000, 0)


def request_with_something_behind() -> bytes:
    header = RequestHeader(ApiKey.METADATA, 12, 1, "test")
    return b"".join(encode_request(header, NOTHING)) + b"\0"


def answered_before_it_is_read() -> bytes:
    header = RequestHeader(ApiKey.API_VERSIONS, 3, 1, "test")
    return b"".join(encode_request(header, ApiVersionsRequest("kafka-nio", "1")))[:-3]


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\0", id="one byte"),
        pytest.param(struct.pack(">hhih", 999, 0, 1, -1), id="an unknown api"),
        pytest.param(struct.pack(">hhih", -1, 0, 1, -1), id="a negative api"),
        pytest.param(struct.pack(">hhih", ApiKey.METADATA, 99, 1, -1), id="an unknown version"),
        pytest.param(struct.pack(">hhih", ApiKey.METADATA, -1, 1, -1), id="a negative version"),
        pytest.param(struct.pack(">hhih", ApiKey.METADATA, 1, 1, 500), id="a client id that is too long"),
        pytest.param(struct.pack(">hhihi", ApiKey.METADATA, 1, 1, -1, 2**31 - 1), id="an array that is too long"),
        pytest.param(produce_in_version_2(), id="Produce in version 2"),
        pytest.param(request_with_something_behind(), id="something behind the request"),
        pytest.param(answered_before_it_is_read(), id="a request that ends too early"),
    ],
)
def test_a_malformed_request_ends_its_connection_with_one_line_in_the_log(
    cluster: EmbeddedCluster, wire: Wire, payload: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        wire.send(framed(payload))
        assert wire.is_closed_by_broker()
        assert is_alive(cluster)
    assert len(caplog.records) == 1, caplog.text
    assert caplog.records[0].getMessage().startswith("Closing connection-0: its request makes no sense: ")


@pytest.mark.parametrize("size", [-1, -(2**31), 100 * 1024 * 1024 + 1, 2**31 - 1])
def test_a_size_that_cannot_be_ends_the_connection_at_once(
    cluster: EmbeddedCluster, wire: Wire, size: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        wire.send(struct.pack(">i", size))
        assert wire.is_closed_by_broker()
        assert is_alive(cluster)
    assert [f"a message of {size} bytes" in record.getMessage() for record in caplog.records] == [True]


def test_the_largest_request_is_the_brokers_own_choice() -> None:
    config = BrokerConfig(socket_request_max_bytes=200)
    with EmbeddedCluster(config=config) as cluster, Wire(cluster.addresses[0]) as wire:
        assert is_alive(cluster)
        wire.send(struct.pack(">i", 201))
        assert wire.is_closed_by_broker()


def test_someone_who_speaks_http_is_shown_the_door(cluster: EmbeddedCluster, wire: Wire) -> None:
    wire.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert wire.is_closed_by_broker()
    assert is_alive(cluster)


def test_random_bytes_are_survived(cluster: EmbeddedCluster) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    source = random.Random(seed)
    for _ in range(100):
        with Wire(cluster.addresses[0]) as wire:
            wire.send(source.randbytes(source.randrange(200)))
    assert is_alive(cluster)


api_and_version = st.sampled_from([(api, version) for api in ApiKey for version in range(api.latest + 1)])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(api_and_version=api_and_version, body=st.binary(max_size=120))
def test_random_bodies_behind_good_headers_are_survived(
    cluster: EmbeddedCluster, api_and_version: tuple[ApiKey, int], body: bytes
) -> None:
    api, version = api_and_version
    no_client_id, tags = b"\xff\xff", b"\0" if api.is_flexible(version) else b""
    with Wire(cluster.addresses[0]) as wire:
        wire.send(framed(struct.pack(">hhi", api, version, 1) + no_client_id + tags + body))
    assert is_alive(cluster)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 10_000), flipped=st.integers(1, 255))
def test_a_produce_request_with_one_wrong_byte_is_survived_and_never_kept(
    cluster: EmbeddedCluster, position: int, flipped: int
) -> None:
    cluster.create_topic("orders")
    header = RequestHeader(ApiKey.PRODUCE, 9, 1, "test")
    payload = bytearray(b"".join(encode_request(header, produce_request("orders", batch(b"a", b"b")))))
    payload[position % len(payload)] ^= flipped
    with Wire(cluster.addresses[0]) as wire:
        wire.send(framed(bytes(payload)))
    assert is_alive(cluster)
    for kept in cluster.log("orders").batches():
        kept.ensure_valid()
        assert [record.value for record in kept.records()] == [b"a", b"b"]
