"""The messages against Kafka's own definitions and against another implementation of them, kafka-python's."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kafka.protocol import consumer, metadata, producer, sasl
from kafka.protocol.schemas import load_json

from kafka_nio.protocol import types
from kafka_nio.protocol.api import ApiKey, Message
from kafka_nio.protocol.messages import MESSAGES, ApiVersionsResponse
from kafka_nio.protocol.reader import Reader
from kafka_nio.protocol.schema import Plan
from kafka_nio.protocol.types import Part, WireType
from tests.protocol.generated import SPOKEN, messages, name_of, plan_of

OTHERS = {name: value for module in (producer, consumer, metadata, sasl) for name, value in vars(module).items()}
"""kafka-python's messages by their names, which are Kafka's."""

RENAMED = {
    "topic_data": "topics",
    "partition_data": "partitions",
    "responses": "topics",
    "partition_responses": "partitions",
    "enable2_pc": "enable_two_phase_commit",
    "generation_id_or_member_epoch": "generation_id",
}
"""The few fields that we do not call as Kafka's JSON files do."""

KAFKA_PYTHON_LACKS = {"GetTelemetrySubscriptionsRequest", "PushTelemetryRequest"}


def _is_known_to_kafka_python(message: type[Message], version: int) -> bool:
    """The newest versions it does not know yet; `tests/interop/test_message_definitions.py` looks at those, too."""
    request = f"{message.api_key.title}Request"
    return request not in KAFKA_PYTHON_LACKS and _includes(load_json(request)["validVersions"], version)


def _includes(versions: str, version: int) -> bool:
    if versions == "none":
        return False
    first, _, last = versions.partition("-")
    if versions.endswith("+"):
        return version >= int(versions[:-1])
    return int(first) <= version <= int(last or first)


KNOWN_TO_KAFKA_PYTHON = [spoken for spoken in SPOKEN if _is_known_to_kafka_python(*spoken)]

WHICH_VERSIONS = re.compile(r"v3_and_below_|_v3_and_below")
"""What some names of AddPartitionsToTxn have in them, because its later versions are another request altogether."""


def encoded(plan: Plan, value: object) -> bytes:
    out: list[Part] = []
    plan.write(value, out)
    return b"".join(out)


@pytest.mark.parametrize(("message", "version"), KNOWN_TO_KAFKA_PYTHON, ids=name_of)
def test_fields_are_those_of_kafkas_definition(message: type[Message], version: int) -> None:
    assert fields_of(message, version) == fields_defined(load_json(message.__name__), version)


def fields_of(message: type[Message], version: int) -> list[str]:
    """What this version of our message carries."""
    return sorted(_planned(plan_of(message, version)))


def fields_defined(definition: dict[str, Any], version: int) -> list[str]:
    """What Kafka's JSON says that it carries."""
    return sorted(_defined(definition["fields"], version))


def _defined(fields: list[dict[str, Any]], version: int, path: str = "") -> Iterator[str]:
    """The fields that Kafka's JSON has for a version, as lines like `topics[].name: nullable string`."""
    for field in fields:
        if not _includes(field["versions"], version):
            continue
        snake = re.sub(r"(?<!^)(?=[A-Z])", "_", field["name"]).lower()
        snake = WHICH_VERSIONS.sub("", snake)
        name = path + RENAMED.get(snake, snake)
        kind = field["type"]
        nullable = "nullable " if _includes(field.get("nullableVersions", "none"), version) else ""
        tag = f" tag {field['tag']}" if _includes(field.get("taggedVersions", "none"), version) else ""
        if "fields" in field:
            yield f"{name}: {nullable}{'array' if kind.startswith('[]') else 'struct'}{tag}"
            yield from _defined(field["fields"], version, f"{name}[]." if kind.startswith("[]") else f"{name}.")
        else:
            yield f"{name}: {nullable}{kind.replace('[]', 'array of ')}{tag}".replace(": bool", ": boolean")


def _planned(plan: Plan, path: str = "") -> Iterator[str]:
    for field in (*plan.fields, *plan.tagged.values()):
        tag = "" if field.tag is None else f" tag {field.tag}"
        yield from _described(field.type, path + field.name, tag)


def _described(wire_type: WireType, name: str, tag: str) -> Iterator[str]:
    if isinstance(wire_type, Plan):
        yield f"{name}: struct{tag}"
        yield from _planned(wire_type, f"{name}.")
    elif isinstance(wire_type, types.Array) and isinstance(wire_type.item, Plan):
        yield f"{name}: {'nullable ' if wire_type.nullable else ''}array{tag}"
        yield from _planned(wire_type.item, f"{name}[].")
    else:
        yield f"{name}: {wire_type.name}{tag}"


@pytest.mark.parametrize(("message", "version"), SPOKEN, ids=name_of)
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_what_is_written_is_read_back(message: type[Message], version: int, data: st.DataObject) -> None:
    plan = plan_of(message, version)
    value = data.draw(messages(message, version))
    source = Reader(memoryview(encoded(plan, value)))

    assert plan.read(source) == value
    assert source.remaining == 0


@pytest.mark.parametrize(("message", "version"), KNOWN_TO_KAFKA_PYTHON, ids=name_of)
@given(data=st.data())
@settings(max_examples=5, deadline=None)
def test_kafka_python_writes_the_same_bytes(message: type[Message], version: int, data: st.DataObject) -> None:
    value = data.draw(messages(message, version))
    if isinstance(value, ApiVersionsResponse):
        value.error_code = 0  # kafka-python reads the answer in version 0 whatever the error is
    ours = encoded(plan_of(message, version), value)
    theirs = OTHERS[message.__name__].decode(ours, version=version)

    assert theirs.encode() == ours


def test_every_api_has_a_request_and_a_response() -> None:
    assert set(MESSAGES) == set(ApiKey)
    for api, (request, response) in MESSAGES.items():
        assert (request.__name__, response.__name__) == (f"{api.title}Request", f"{api.title}Response")
        assert (request.api_key, response.api_key) == (api, api)


@pytest.mark.parametrize(
    "api", [api for api in ApiKey if f"{api.title}Request" not in KAFKA_PYTHON_LACKS], ids=lambda api: api.title
)
def test_flexible_versions_are_kafkas(api: ApiKey) -> None:
    ours = f"{api.flexible_from}+" if api.flexible_from <= api.latest else "none"
    assert load_json(f"{api.title}Request")["flexibleVersions"] == ours
