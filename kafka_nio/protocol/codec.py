"""From a message to the bytes of a payload, and back.

A payload is a header and a body; the four bytes of its size, which go in front on the connection, belong to
`network.NetworkSend` and `NetworkReceive`. Encoding gives a list of parts: small fields are joined, a record batch
stays the very object that it was, so a megabyte of records is not copied on its way to the socket.

Both ends are here, because the embedded broker reads what the client writes: `encode_request` and `decode_response`
for the client, `decode_request` and `encode_response` for the broker.

Left out against Java: a response is decoded by the header of its request, which the caller keeps; finding that request
by the correlation id is the business of `client.InFlightRequests`.

Java: org.apache.kafka.common.requests.RequestUtils
"""

import struct
from itertools import groupby

from kafka_nio.errors import ProtocolError, SerializationError, UnsupportedVersionError
from kafka_nio.protocol.api import BY_KEY, ApiKey, Message, RequestHeader, ResponseHeader
from kafka_nio.protocol.messages import MESSAGES, ApiVersionsResponse, ProduceRequest
from kafka_nio.protocol.reader import Reader, WireError
from kafka_nio.protocol.schema import Plan, plan_for
from kafka_nio.protocol.types import INT16, Part

OWN_PART_BYTES = 1024
"""From this size on, copying bytes costs more than handing one more part to the kernel."""

KEY_AND_VERSION = struct.Struct(">hh")
CORRELATION_ID = struct.Struct(">i")


# The client's side...


def encode_request(header: RequestHeader, request: Message) -> list[Part]:
    """The parts of a request's payload, without the size in front.

    Raises:
        UnsupportedVersionError: the version is not spoken here, or cannot say what the request says.
        SerializationError: a field's value does not fit its type.
    """
    assert header.api_key == request.api_key, f"a header for {header.api_key.title} in front of {request!r}"
    if isinstance(request, ProduceRequest):
        request.ensure_fits(header.api_version)
    out: list[Part] = []
    try:
        request_header_plan(header.api_key, header.api_version).write(header, out)
        body_plan(type(request), header.api_version).write(request, out)
    except WireError as error:
        raise SerializationError(f"cannot write request {header}: {error}") from None
    return _joined(out)


def read_correlation_id(payload: memoryview) -> int:
    """The first field of every response, by which it finds its request."""
    if len(payload) < CORRELATION_ID.size:
        raise ProtocolError(f"a response of {len(payload)} bytes is too short for its correlation id")
    correlation_id: int = CORRELATION_ID.unpack_from(payload)[0]
    return correlation_id


def decode_response(header: RequestHeader, payload: memoryview) -> Message:
    """The response to the request that had this header.

    Bytes behind its end are let be, as Java does: there are brokers that send one too many.

    Raises:
        ProtocolError: the bytes are not such a response.
    """
    source = Reader(payload)
    try:
        response_header_plan(header.api_key, header.api_version).read(source)
        if header.api_key is ApiKey.API_VERSIONS:
            return _read_api_versions_response(header, source)
        response: Message = response_body_plan(header, source).read(source)
    except WireError as error:
        raise ProtocolError(f"malformed response to {header}: {error}") from None
    return response


def response_body_plan(header: RequestHeader, source: Reader) -> Plan:
    """How the body looks that begins here.

    It has the version of its request, with one exception: a broker that does not know our version of ApiVersions
    answers error 35 in version 0 (KIP-511).
    """
    if header.api_key is ApiKey.API_VERSIONS and _peek_error_code(source) == UnsupportedVersionError.code:
        return plan_for(ApiVersionsResponse, 0, flexible=False)
    return body_plan(MESSAGES[header.api_key][1], header.api_version)


def _peek_error_code(source: Reader) -> int:
    start = source.offset
    error_code: int = INT16.read(source)
    source.offset = start
    return error_code


def _read_api_versions_response(header: RequestHeader, source: Reader) -> ApiVersionsResponse:
    """The one response that is read as far as it makes sense: some brokers get wrong what follows error 35."""
    error_code = _peek_error_code(source)
    try:
        response: ApiVersionsResponse = response_body_plan(header, source).read(source)
    except WireError:
        if error_code != UnsupportedVersionError.code:
            raise
        return ApiVersionsResponse(error_code=error_code)
    return response


# The broker's side...


def decode_request_header(payload: memoryview) -> tuple[RequestHeader, int]:
    """The header of a request, and the offset at which its body begins.

    The version may be one that is not spoken here: a broker must be able to say so to whoever asks.

    Raises:
        ProtocolError: the bytes are no header, or of an API that is not known here.
    """
    if len(payload) < KEY_AND_VERSION.size:
        raise ProtocolError(f"a request of {len(payload)} bytes is too short for its header")
    key, version = KEY_AND_VERSION.unpack_from(payload)
    api = BY_KEY.get(key)
    if api is None or version < 0:
        raise ProtocolError(f"a request for API {key} in version {version}, which is not known here")
    source = Reader(payload)
    try:
        header: RequestHeader = request_header_plan(api, version).read(source)
    except WireError as error:
        raise ProtocolError(f"malformed header of {api.title} version {version}: {error}") from None
    header.api_key = api
    return header, source.offset


def decode_request(payload: memoryview) -> tuple[RequestHeader, Message]:
    """A request and its header. A broker is strict: not a byte may be left over.

    Raises:
        ProtocolError: the bytes are no request.
        UnsupportedVersionError: they may be one, in a version that is not spoken here.
    """
    header, offset = decode_request_header(payload)
    source = Reader(payload, offset)
    try:
        request: Message = body_plan(MESSAGES[header.api_key][0], header.api_version).read(source)
        if source.remaining:
            source.fail("the end")
    except WireError as error:
        raise ProtocolError(f"malformed request {header}: {error}") from None
    return header, request


def encode_response(header: RequestHeader, response: Message) -> list[Part]:
    """The parts of the payload that answers the request with this header.

    ApiVersions with error 35 is written in version 0, whatever was asked for: it is the one that everybody can read.
    """
    out: list[Part] = []
    try:
        response_header_plan(header.api_key, header.api_version).write(ResponseHeader(header.correlation_id), out)
        if isinstance(response, ApiVersionsResponse) and response.error_code == UnsupportedVersionError.code:
            plan_for(ApiVersionsResponse, 0, flexible=False).write(response, out)
        else:
            body_plan(type(response), header.api_version).write(response, out)
    except WireError as error:
        raise SerializationError(f"cannot write response to {header}: {error}") from None
    return _joined(out)


# Both sides...


def request_header_plan(api: ApiKey, version: int) -> Plan:
    """How the header in front of this version of a request looks."""
    header_version = api.request_header_version(version)
    return plan_for(RequestHeader, header_version, flexible=header_version == 2)


def response_header_plan(api: ApiKey, version: int) -> Plan:
    """How the header in front of this version of a response looks."""
    header_version = api.response_header_version(version)
    return plan_for(ResponseHeader, header_version, flexible=header_version == 1)


def body_plan(message: type[Message], version: int) -> Plan:
    """How this version of a request or a response looks.

    Raises:
        UnsupportedVersionError: this version is not spoken here.
    """
    api = message.api_key
    if not api.speaks(version):
        raise UnsupportedVersionError(
            f"{api.title} version {version} is not spoken here, versions {api.oldest} to {api.latest} are"
        )
    return plan_for(message, version, api.is_flexible(version))


def _joined(out: list[Part]) -> list[Part]:
    """Small neighbours become one part; what is large stays as it is."""
    parts: list[Part] = []
    for large, group in groupby(out, key=lambda part: len(part) >= OWN_PART_BYTES):
        if large:
            parts += group
        else:
            parts.append(b"".join(group))
    return parts
