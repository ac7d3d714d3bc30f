"""Each byte of a payload belongs to a field, and to one only."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_nio.errors import ProtocolError
from kafka_nio.protocol.anatomy import Kind, Piece, request_anatomy, response_anatomy
from kafka_nio.protocol.api import ApiKey, Message, RequestHeader
from kafka_nio.protocol.codec import encode_request, encode_response
from kafka_nio.protocol.compression import Compression, CompressionType
from kafka_nio.protocol.messages import (
    ApiVersion,
    ApiVersionsResponse,
    PartitionProduceData,
    ProduceRequest,
    SaslAuthenticateRequest,
    TopicProduceData,
)
from kafka_nio.protocol.record_batch import RecordBatchBuilder
from kafka_nio.protocol.record_batch_header import FIELDS, HEADER
from tests.protocol.generated import SPOKEN, messages, name_of


def produce_request() -> tuple[memoryview, bytes]:
    """A request with one record in version 9, and the batch within it."""
    builder = RecordBatchBuilder(size_limit=1000)
    builder.try_append(0, b"k", b"v")
    batch = builder.close()
    return request_with(batch), batch


def request_with(batch: bytes) -> memoryview:
    """A request in version 9 with this batch."""
    topic = TopicProduceData(name="orders", partitions=[PartitionProduceData(index=3, records=batch)])
    header = RequestHeader(ApiKey.PRODUCE, 9, 7, "me")
    return memoryview(b"".join(encode_request(header, ProduceRequest(topics=[topic]))))


BATCH_PATH = "topics[0].partitions[0].records[0]."


def test_a_request_comes_apart_into_its_fields() -> None:
    payload, batch = produce_request()
    pieces = request_anatomy(payload)

    assert [str(piece) for piece in pieces[:13]] == [
        "0 +2 header.api_key = 0",
        "2 +2 header.api_version = 9",
        "4 +4 header.correlation_id = 7",
        "8 +4 header.client_id = 'me'",
        "12 +1 header.tagged_fields.size = 0",
        "13 +1 transactional_id = None",
        "14 +2 acks = -1",
        "16 +4 timeout_ms = 30000",
        "20 +1 topics.size = 1",
        "21 +7 topics[0].name = 'orders'",
        "28 +1 topics[0].partitions.size = 1",
        "29 +4 topics[0].partitions[0].index = 3",
        "33 +1 topics[0].partitions[0].records.size = 70",
    ]
    in_batch = [piece for piece in pieces if piece.path.startswith("topics[0].partitions[0].records[0].")]
    assert [piece.path.rpartition(".")[2] for piece in in_batch[:13]] == [name for name, _ in FIELDS]
    assert sum(piece.length for piece in in_batch) == len(batch)
    assert covers(pieces, payload)


def test_a_batch_comes_apart_into_its_records() -> None:
    builder = RecordBatchBuilder(size_limit=1000)
    builder.try_append(1000, b"k", b"v")
    builder.try_append(1300, None, b"", [("h", b"x"), ("n", None)])
    pieces = [piece for piece in request_anatomy(request_with(builder.close())) if "].records[0].records" in piece.path]

    start = pieces[0].offset
    assert [str(piece._replace(offset=piece.offset - start)).replace(BATCH_PATH, "") for piece in pieces] == [
        "0 +1 records[0].length = 8",
        "1 +1 records[0].attributes = 0",
        "2 +1 records[0].timestamp_delta = 0",
        "3 +1 records[0].offset_delta = 0",
        "4 +2 records[0].key = b'k'",
        "6 +2 records[0].value = b'v'",
        "8 +1 records[0].headers.size = 0",
        "9 +1 records[1].length = 14",
        "10 +1 records[1].attributes = 0",
        "11 +2 records[1].timestamp_delta = 300",
        "13 +1 records[1].offset_delta = 1",
        "14 +1 records[1].key = None",
        "15 +1 records[1].value = b''",
        "16 +1 records[1].headers.size = 2",
        "17 +2 records[1].headers[0].name = 'h'",
        "19 +2 records[1].headers[0].value = b'x'",
        "21 +2 records[1].headers[1].name = 'n'",
        "23 +1 records[1].headers[1].value = None",
    ]
    assert pieces[0].kind is Kind.RECORD
    assert pieces[-1].kind is Kind.RECORD_HEADERS


def test_of_many_records_the_first_few_are_enough() -> None:
    builder = RecordBatchBuilder(size_limit=1000)
    for number in range(5):
        builder.try_append(0, None, bytes([number]))
    payload = request_with(builder.close())
    pieces = request_anatomy(payload, most_records=2)
    names = [piece.path.removeprefix(BATCH_PATH) for piece in pieces if piece.kind is Kind.RECORD]
    assert names[-2:] == ["records[1].headers.size", "records[2:]"]
    assert covers(pieces, payload)
    assert len(request_anatomy(payload, most_records=5)) == len(request_anatomy(payload))


def test_compressed_records_are_one_piece() -> None:
    builder = RecordBatchBuilder(size_limit=1000, compression=Compression(CompressionType.GZIP))
    builder.try_append(0, b"k", b"v" * 100)
    payload = request_with(builder.close())
    assert [piece.path for piece in request_anatomy(payload) if piece.kind is Kind.BLOCK] == [f"{BATCH_PATH}records"]
    assert covers(request_anatomy(payload), payload)


@given(noise=st.binary(max_size=20), at=st.integers(0, 8))
def test_records_that_cannot_be_read_are_one_piece(noise: bytes, at: int) -> None:
    _, batch = produce_request()
    records = bytearray(batch)
    records[61 + at : 61 + at + len(noise)] = noise
    payload = request_with(bytes(records[: len(batch)]))
    assert covers(request_anatomy(payload), payload)


def test_bytes_that_are_no_records_are_one_piece() -> None:
    header = RequestHeader(ApiKey.SASL_AUTHENTICATE, 2, 7, None)
    payload = b"".join(encode_request(header, SaslAuthenticateRequest(auth_bytes=b"\0me\0secret")))
    names = [piece.path for piece in request_anatomy(memoryview(payload)) if not piece.path.startswith("header.")]
    assert names == ["auth_bytes", "tagged_fields.size"]


def test_tagged_fields_and_bytes_behind_the_end_are_told_apart() -> None:
    header = RequestHeader(ApiKey.API_VERSIONS, 3, 7, "me")
    response = ApiVersionsResponse(api_keys=[ApiVersion(0, 0, 13)], finalized_features_epoch=5)
    payload = memoryview(b"".join(encode_response(header, response)) + b"??")

    assert [str(piece) for piece in response_anatomy(header, payload)] == [
        "0 +4 header.correlation_id = 7",
        "4 +2 error_code = 0",
        "6 +1 api_keys.size = 1",
        "7 +2 api_keys[0].api_key = 0",
        "9 +2 api_keys[0].min_version = 0",
        "11 +2 api_keys[0].max_version = 13",
        "13 +1 api_keys[0].tagged_fields.size = 0",
        "14 +4 throttle_time_ms = 0",
        "18 +1 tagged_fields.size = 1",
        "19 +2 tagged_fields[1] = 1",
        "21 +8 finalized_features_epoch = 5",
        "29 +2 behind_the_end = None",
    ]


def test_the_layout_of_a_batch_header_is_told_once() -> None:
    assert sum(width for _, width in FIELDS) == HEADER.size == 61


def test_malformed_payloads_are_refused() -> None:
    payload, _ = produce_request()
    with pytest.raises(ProtocolError, match=r"malformed ProduceRequest version 9: expected varint"):
        request_anatomy(payload[:-1])


@pytest.mark.parametrize(("message", "version"), SPOKEN, ids=name_of)
@given(data=st.data())
@settings(max_examples=2, deadline=None)
def test_no_byte_is_left_out_or_told_twice(message: type[Message], version: int, data: st.DataObject) -> None:
    value = data.draw(messages(message, version, records=BATCHES))
    header = RequestHeader(message.api_key, version, 7, "me")
    if message.__name__.endswith("Request"):
        payload = memoryview(b"".join(encode_request(header, value)))
        pieces = request_anatomy(payload)
    else:
        payload = memoryview(b"".join(encode_response(header, value)))
        pieces = response_anatomy(header, payload)

    assert covers(pieces, payload)


BATCHES = st.none() | st.just(produce_request()[1])


def covers(pieces: list[Piece], payload: memoryview) -> bool:
    """Whether the pieces follow each other from the first byte to the last."""
    ends = [piece.offset + piece.length for piece in pieces]
    return [piece.offset for piece in pieces] == [0, *ends[:-1]] and ends[-1] == len(payload)
