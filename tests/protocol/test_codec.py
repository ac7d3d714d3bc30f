"""Payloads: known bytes, headers, parts that are not copied, lenient and strict reading, hostile bytes."""

from contextlib import suppress

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kafka_nio.errors import ProtocolError, SerializationError, UnsupportedVersionError
from kafka_nio.protocol.api import ApiKey, Message, RequestHeader
from kafka_nio.protocol.codec import (
    decode_request,
    decode_request_header,
    decode_response,
    encode_request,
    encode_response,
    read_correlation_id,
)
from kafka_nio.protocol.compression import Compression, CompressionType
from kafka_nio.protocol.messages import (
    MESSAGES,
    ApiVersion,
    ApiVersionsResponse,
    MetadataRequest,
    MetadataRequestTopic,
    MetadataResponse,
    PartitionProduceData,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
)
from kafka_nio.protocol.record_batch_builder import RecordBatchBuilder
from tests.protocol.generated import SPOKEN, messages, name_of


def header(api: ApiKey, version: int) -> RequestHeader:
    return RequestHeader(api, version, 7, "me")


def produce(records: bytes | None) -> ProduceRequest:
    partition = PartitionProduceData(index=1, records=records)
    return ProduceRequest(acks=1, timeout_ms=1000, topics=[TopicProduceData(name="t", partitions=[partition])])


def payload(*parts: str) -> memoryview:
    return memoryview(bytes.fromhex("".join(parts)))


# Requests...


def test_a_produce_request_of_version_3_has_these_bytes() -> None:
    encoded = b"".join(encode_request(header(ApiKey.PRODUCE, 3), produce(b"\xaa\xbb")))

    assert encoded.hex(" ") == (
        "00 00 00 03 00 00 00 07 00 02 6d 65 "  # header: Produce, version 3, correlation id 7, "me"
        "ff ff 00 01 00 00 03 e8 "  # no transactional id, acks 1, 1000 ms
        "00 00 00 01 00 01 74 "  # one topic, "t"
        "00 00 00 01 00 00 00 01 "  # one partition, number 1
        "00 00 00 02 aa bb"  # two bytes of records
    )


def test_a_produce_request_of_version_9_has_these_bytes() -> None:
    encoded = b"".join(encode_request(header(ApiKey.PRODUCE, 9), produce(b"\xaa\xbb")))

    assert encoded.hex(" ") == (
        "00 00 00 09 00 00 00 07 00 02 6d 65 00 "  # the client id keeps its two bytes of length
        "00 00 01 00 00 03 e8 "
        "02 02 74 "
        "02 00 00 00 01 "
        "03 aa bb 00 00 00"  # and no tagged fields in partition, topic and request
    )


def test_records_are_handed_on_and_not_copied() -> None:
    records = bytes(5000)
    parts = encode_request(header(ApiKey.PRODUCE, 9), produce(records))

    assert [len(part) for part in parts] == [30, 5000, 3]
    assert parts[1] is records


@pytest.mark.parametrize("version", range(ApiKey.PRODUCE.oldest, ApiKey.PRODUCE.latest + 1))
def test_a_request_arrives_as_it_was_sent(version: int) -> None:
    request = produce(b"records")
    if version >= 13:
        request.topics[0].name = ""  # the id goes in its place
    arrived, body = decode_request(memoryview(b"".join(encode_request(header(ApiKey.PRODUCE, version), request))))

    assert arrived == header(ApiKey.PRODUCE, version)
    assert arrived.api_key is ApiKey.PRODUCE
    assert body == request


def test_a_request_may_have_no_client_id() -> None:
    sent = RequestHeader(ApiKey.METADATA, 4, 1, None)
    arrived, _ = decode_request(memoryview(b"".join(encode_request(sent, MetadataRequest(topics=[])))))

    assert arrived == sent


def test_the_header_can_be_read_where_the_version_is_not_spoken() -> None:
    asked = payload("0012 0063 00000007 0002 6d65 00", "ffff")

    assert decode_request_header(asked) == (RequestHeader(ApiKey.API_VERSIONS, 99, 7, "me"), 13)
    with pytest.raises(UnsupportedVersionError, match="ApiVersions version 99 is not spoken here, versions 0 to 5 are"):
        decode_request(asked)


@pytest.mark.parametrize(
    ("bytes_sent", "complaint"),
    [
        ("0012", "too short for its header"),
        ("7fff 0000 00000007 ffff", "API 32767 in version 0, which is not known here"),
        ("0003 ffff 00000007 ffff", "API 3 in version -1"),
        ("0003 0004 0000", "malformed header of Metadata version 4: correlation_id: expected int32"),
        (
            "0003 0004 00000007 ffff 00000001 0005 61",
            r"malformed request Metadata version 4, correlation id 7: topics\[0\].name: expected string",
        ),
        ("0003 0004 00000007 ffff 00000000 01 ff", "expected the end at offset 15, where 1 bytes are left"),
    ],
)
def test_malformed_requests_are_refused(bytes_sent: str, complaint: str) -> None:
    with pytest.raises(ProtocolError, match=complaint):
        decode_request(payload(bytes_sent))


def test_what_does_not_fit_its_field_is_refused() -> None:
    request = MetadataRequest(topics=[MetadataRequestTopic(name="a"), MetadataRequestTopic()])
    with pytest.raises(SerializationError, match=r"Metadata version 9, .*: topics\[1\].name: None, where"):
        encode_request(header(ApiKey.METADATA, 9), request)


@pytest.mark.parametrize("version", [2, 14])
def test_versions_that_are_not_spoken_are_refused(version: int) -> None:
    with pytest.raises(UnsupportedVersionError, match=f"Produce version {version} is not spoken here"):
        encode_request(header(ApiKey.PRODUCE, version), produce(b""))


# Responses...


def test_a_response_finds_its_request_by_its_first_four_bytes() -> None:
    encoded = b"".join(encode_response(header(ApiKey.PRODUCE, 9), ProduceResponse()))

    assert encoded.hex(" ") == "00 00 00 07 00 01 00 00 00 00 00"
    assert read_correlation_id(memoryview(encoded)) == 7
    assert decode_response(header(ApiKey.PRODUCE, 9), memoryview(encoded)) == ProduceResponse()


def test_a_response_of_less_than_four_bytes_is_refused() -> None:
    with pytest.raises(ProtocolError, match="3 bytes is too short for its correlation id"):
        read_correlation_id(memoryview(b"abc"))


@pytest.mark.parametrize(
    ("asked", "response"),
    [(header(ApiKey.METADATA, 9), MetadataResponse()), (header(ApiKey.API_VERSIONS, 3), ApiVersionsResponse())],
)
def test_bytes_behind_a_response_are_let_be(asked: RequestHeader, response: Message) -> None:
    """librdkafka's mock cluster sends one behind every Metadata response from version 9 on."""
    encoded = b"".join(encode_response(asked, response))

    assert decode_response(asked, memoryview(encoded + b"\0")) == response


def test_error_35_goes_out_and_comes_in_as_version_0() -> None:
    refusal = ApiVersionsResponse(error_code=35, api_keys=[ApiVersion(18, 0, 2)])
    encoded = b"".join(encode_response(header(ApiKey.API_VERSIONS, 99), refusal))

    assert encoded.hex(" ") == "00 00 00 07 00 23 00 00 00 01 00 12 00 00 00 02"
    assert decode_response(header(ApiKey.API_VERSIONS, 3), memoryview(encoded)) == refusal


def test_error_35_is_understood_even_if_nothing_behind_it_makes_sense() -> None:
    """What librdkafka's mock cluster answers to versions 3 and 4: neither version 0 nor any other."""
    mock = payload("00000007", "0023", "01 0012 0000 0002 00", "00000000")

    assert decode_response(header(ApiKey.API_VERSIONS, 4), mock) == ApiVersionsResponse(error_code=35)


def test_any_other_api_versions_response_has_to_make_sense() -> None:
    with pytest.raises(ProtocolError, match="api_keys: expected array of ApiVersion"):
        decode_response(header(ApiKey.API_VERSIONS, 0), payload("00000007", "0000", "7fffffff"))


@pytest.mark.parametrize(("message", "version"), SPOKEN, ids=name_of)
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_hostile_bytes_raise_nothing_but_protocol_errors(
    message: type[Message], version: int, data: st.DataObject
) -> None:
    asked = header(message.api_key, version)
    is_request = message is MESSAGES[message.api_key][0]
    encode = encode_request if is_request else encode_response
    hostile = bytearray(b"".join(encode(asked, data.draw(messages(message, version)))))
    body = 13 if is_request else 4
    for position, byte in data.draw(st.lists(st.tuples(st.integers(body, body + 60), st.integers(0, 255)), max_size=4)):
        if position < len(hostile):
            hostile[position] = byte
    del hostile[data.draw(st.integers(0, len(hostile))) :]
    with suppress(ProtocolError):
        if is_request:
            decode_request(memoryview(hostile))
        else:
            decode_response(asked, memoryview(hostile))


@given(st.binary(max_size=60))
@example(bytes.fromhex("0000000900000001ffff00 00ffff000003e8 ffffffff0f"))
def test_garbage_raises_nothing_but_protocol_errors(garbage: bytes) -> None:
    with suppress(ProtocolError, UnsupportedVersionError):
        decode_request(memoryview(garbage))


def test_zstd_is_not_sent_to_brokers_that_do_not_know_it() -> None:
    builder = RecordBatchBuilder(size_limit=1_000, compression=Compression(CompressionType.ZSTD))
    builder.try_append(0, None, b"x" * 100)
    request = produce(builder.close())

    with pytest.raises(UnsupportedVersionError, match="Produce version 6 takes no batches in zstd"):
        encode_request(header(ApiKey.PRODUCE, 6), request)
    assert encode_request(header(ApiKey.PRODUCE, 7), request)
