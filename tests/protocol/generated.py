"""Messages of every kind and version, made by hypothesis from their plans."""

from functools import cache
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from kafka_nio.protocol import types
from kafka_nio.protocol.api import Message
from kafka_nio.protocol.messages import MESSAGES
from kafka_nio.protocol.schema import Plan, PlannedField, plan_for

Values = st.SearchStrategy[Any]

ANY_BYTES = st.none() | st.binary(max_size=20)

SPOKEN = [
    (message, version)
    for api, messages in MESSAGES.items()
    for message in messages
    for version in range(api.oldest, api.latest + 1)
]
"""Each request and response with each version that is spoken."""


def name_of(spoken: object) -> str:
    """For pytest's ids."""
    return spoken.__name__ if isinstance(spoken, type) else f"v{spoken}"


def plan_of(message: type[Message], version: int) -> Plan:
    return plan_for(message, version, message.api_key.is_flexible(version))


def messages(message: type[Message], version: int, records: Values = ANY_BYTES) -> st.SearchStrategy[Message]:
    """Messages whose carried fields are arbitrary; the others keep their defaults. `records` are their batches."""
    made: st.SearchStrategy[Message] = _values(plan_of(message, version), records)
    return made


@cache
def _values(wire_type: Any, records: Values) -> Values:
    if isinstance(wire_type, Plan):
        fields = (*wire_type.fields, *wire_type.tagged.values())
        return st.builds(wire_type.cls, **{field.name: _field_values(field, records) for field in fields})
    if isinstance(wire_type, types.Array):
        return _perhaps_none(wire_type, st.lists(_values(wire_type.item, records), max_size=3))
    if isinstance(wire_type, types.String):
        return _perhaps_none(wire_type, st.text(max_size=10))
    if isinstance(wire_type, types.Bytes):
        is_records = wire_type.name.endswith("records")
        return records if is_records else _perhaps_none(wire_type, st.binary(max_size=20))
    if isinstance(wire_type, types.Fixed):
        return _integers(wire_type)
    return st.builds(UUID, bytes=st.binary(min_size=16, max_size=16))


def _field_values(field: PlannedField, records: Values) -> Values:
    # A tagged struct equal to its own defaults is written by us and left out by others; both are right.
    if isinstance(field.type, Plan):
        return st.none() | _values(field.type, records).filter(lambda value: value != type(value)())
    return _values(field.type, records)


def _perhaps_none(sized: types.Sized, values: Values) -> Values:
    return st.none() | values if sized.nullable else values


def _integers(fixed: types.Fixed) -> Values:
    if fixed is types.BOOLEAN:
        return st.booleans()
    limit = 1 << 8 * fixed.size
    return st.integers(0, limit - 1) if fixed is types.UINT32 else st.integers(-limit // 2, limit // 2 - 1)
