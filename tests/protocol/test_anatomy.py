"""Each byte of a payload belongs to a field, and to one only."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kafka_nio.errors import ProtocolError
from kafka_nio.protocol.anatomy import Piece, request_anatomy, response_anatomy
from kafka_nio.protocol.api import ApiKey, Message, RequestHeader
from kafka_nio.protocol.codec import encode_request, encode_response
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
    topic = TopicProduceData(name="orders", partitions=[PartitionProduceData(index=3, records=batch)])
    header = RequestHeader(ApiKey.PRODUCE, 9, 7, "me")
    return memoryview(b"".join(encode_request(header, ProduceRequest(topics=[topic])))), batch


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
    assert [piece.path.removeprefix("topics[0].partitions[0].records[0].") for piece in pieces[13:27]] == [
        *(name for name, _ in FIELDS),
        "records",
    ]
    assert sum(piece.length for piece in pieces[13:27]) == len(batch)
    assert covers(pieces, payload)


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
