"""Our messages against the definitions that the newest Apache Kafka's own jar carries, its newest versions included."""

import json
import re
import zipfile
from functools import cache
from typing import Any

import pytest

from kafka_nio.protocol.api import ApiKey, Message
from tests.protocol.generated import SPOKEN, name_of
from tests.protocol.test_messages import fields_defined, fields_of
from tests.support.java import find_jars
from tests.support.kafka_versions import NEWEST
from tests.support.unavailable import Unavailable


@cache
def definition(name: str) -> dict[str, Any]:
    """A message as Kafka's JSON describes it. The JSON has comments."""
    try:
        (jar,) = find_jars(NEWEST).glob("kafka-clients-*.jar")
    except Unavailable as reason:
        pytest.skip(str(reason))
    with zipfile.ZipFile(jar) as opened:
        text = opened.read(f"common/message/{name}.json").decode()
    found: dict[str, Any] = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    _put_common_structs_in_place(found["fields"], {shared["name"]: shared for shared in found.get("commonStructs", ())})
    return found


def _put_common_structs_in_place(fields: list[dict[str, Any]], shared: dict[str, dict[str, Any]]) -> None:
    for field in fields:
        name = field["type"].removeprefix("[]")
        if name in shared:
            field["fields"] = shared[name]["fields"]
        _put_common_structs_in_place(field.get("fields", []), shared)


@pytest.mark.parametrize(("message", "version"), SPOKEN, ids=name_of)
def test_fields_are_those_of_apache_kafka(message: type[Message], version: int) -> None:
    assert fields_of(message, version) == fields_defined(definition(message.__name__), version)


@pytest.mark.parametrize("api", ApiKey, ids=lambda api: api.title)
def test_flexible_versions_are_those_of_apache_kafka(api: ApiKey) -> None:
    ours = f"{api.flexible_from}+" if api.flexible_from <= api.latest else "none"
    assert definition(f"{api.title}Request")["flexibleVersions"] == ours
