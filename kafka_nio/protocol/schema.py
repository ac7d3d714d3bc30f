"""Messages are dataclasses, and this turns them into bytes and back.

    @message
    class PartitionProduceResponse:
        index: Int32
        error_code: Int16 = 0
        log_append_time_ms: Int64 = field(since=2, default=-1)
        current_leader: LeaderIdAndEpoch | None = field(since=10, tag=0, default=None)

The order of the fields is their order on the wire. `field` says which versions of the message carry one; a field
without it is carried by all. In any other version it is not written, and reading gives its default.

For each class and version, `plan_for` looks at the fields once and keeps what it found: a `Plan`, which is the list of
fields that this version carries, each with its wire type. A plan is a wire type itself, so plans nest as messages do.

Versions from `ApiKey.flexible_from` on are "flexible" (KIP-482): lengths are compact, and behind its fields each struct
has a section of tagged fields, each with a number and a size, so that a reader may skip those it does not know.

Left out against Java: its messages are generated from JSON files and keep the tagged fields they do not know; ours
drop them.

Java: org.apache.kafka.message.MessageDataGenerator
"""

import dataclasses
from types import NoneType
from typing import Annotated, Any, TypeVar, cast, dataclass_transform, get_args, get_origin
from uuid import UUID

from kafka_nio.errors import UnsupportedVersionError
from kafka_nio.protocol import types
from kafka_nio.protocol.reader import Reader, WireError
from kafka_nio.protocol.types import Part, WireType

T = TypeVar("T")

Int8 = Annotated[int, types.INT8]
Int16 = Annotated[int, types.INT16]
Int32 = Annotated[int, types.INT32]
Int64 = Annotated[int, types.INT64]
Records = Annotated[bytes | memoryview, types.RECORDS]
"""Record batches, written as they are and read as a view."""

LATEST = 32767
"""The highest number a version can have: "and all that will come"."""

NEVER_SENT = LATEST + 1
"""For `since`: the field stays at home, where it says which versions may be used."""


# Declaring a message...


@dataclasses.dataclass(frozen=True, slots=True)
class Carried:
    """Which versions of a message carry a field, and how. Java: "versions", "nullableVersions", "tag", "ignorable"."""

    since: int = 0
    until: int = LATEST
    nullable_since: int = 0
    tag: int | None = None
    classic_length: bool = False
    ignorable: bool = True

    def by(self, version: int) -> bool:
        """Whether this version carries the field."""
        return self.since <= version <= self.until


def field(
    *,
    default: T,
    since: int = 0,
    until: int = LATEST,
    nullable_since: int = 0,
    tag: int | None = None,
    classic_length: bool = False,
    ignorable: bool = True,
) -> T:
    """A field that not every version carries, or that is special in another way.

    Args:
        default: its value where it is not given or not carried; a list is copied for each message.
        since, until: the first and the last version that carry it.
        nullable_since: the first version in which `X | None` may be None on the wire.
        tag: its number, if it is a tagged field; it is written only where it differs from its default.
        classic_length: its length stays fixed-width in flexible versions too.
        ignorable: whether a value may be lost, silently, in a version that does not carry it.
    """
    carried = Carried(since, until, nullable_since, tag, classic_length, ignorable)
    metadata = {"carried": carried}
    if isinstance(default, list):
        return cast(T, dataclasses.field(default_factory=default.copy, metadata=metadata))
    return dataclasses.field(default=default, metadata=metadata)


@dataclass_transform(field_specifiers=(field,))
def message(cls: type[T]) -> type[T]:
    """Make a dataclass with slots out of a message, or of a struct within one.

    What all of them have alike is written here once. A dataclass has its own compiled for each class, and of sixty
    classes that was half of the time in which they are imported.
    """
    for name in ("__eq__", "__repr__", "__hash__"):
        if name not in vars(cls):
            setattr(cls, name, vars(Alike)[name])
    return dataclasses.dataclass(slots=True, eq=False, repr=False)(cls)


class Alike:
    """What every message has, but for those that must not show everything."""

    __hash__ = None  # type: ignore[assignment]  # it can change

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, one.name) == getattr(other, one.name) for one in _fields(self))

    def __repr__(self) -> str:
        shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in _fields(self))
        return f"{type(self).__qualname__}({shown})"


def _fields(message: Any) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(message)


# Planning how it is written and read...


@dataclasses.dataclass(frozen=True, slots=True)
class PlannedField:
    """One field that a version carries."""

    name: str
    type: WireType
    default: object
    tag: int | None

    def write(self, owner: object, out: list[Part]) -> None:
        """Append the bytes of the owner's field."""
        try:
            self.type.write(getattr(owner, self.name), out)
        except WireError as error:
            error.path.insert(0, self.name)
            raise

    def read(self, source: Reader) -> object:
        """Take the field's value off the source."""
        try:
            return self.type.read(source)
        except WireError as error:
            error.path.insert(0, self.name)
            raise


NO_TAGGED_FIELDS = b"\0"
"""A section of tagged fields that has none."""


class Plan:
    """How one version of a struct looks on the wire. It is a wire type, so it nests in other plans.

    `fields` come in their order; `tagged` holds the tagged ones by number.
    """

    __slots__ = ("_lost", "_reads", "_writes", "cls", "fields", "is_flexible", "name", "tagged", "version")

    def __init__(self, cls: type[Any], version: int, flexible: bool) -> None:
        declared = [(field, _carried(field)) for field in dataclasses.fields(cls)]
        planned = [_planned(field, rule, version, flexible) for field, rule in declared if rule.by(version)]
        self.name = cls.__name__
        self.version = version
        self.fields = tuple(field for field in planned if field.tag is None)
        tagged = {field.tag: field for field in planned if field.tag is not None}
        self.tagged = dict(sorted(tagged.items()))
        self.cls = cls
        self.is_flexible = flexible
        self._writes = tuple((field.name, field.type.write) for field in self.fields)
        self._reads = tuple((field.name, field.type.read) for field in self.fields)
        self._lost = tuple(
            (field.name, _default(field)) for field, rule in declared if not rule.ignorable and not rule.by(version)
        )

    def __repr__(self) -> str:
        return f"<Plan of {self.name} version {self.version}: {', '.join(field.name for field in self.fields)}>"

    def write(self, value: Any, out: list[Part]) -> None:
        """Append a struct's bytes."""
        for name, default in self._lost:
            if getattr(value, name) != default:
                raise UnsupportedVersionError(
                    f"{self.name}.{name} is {getattr(value, name)!r}, which version {self.version} cannot say"
                )
        name = ""
        try:  # around the loop, not in it: of all code in this package this runs most often
            for name, write in self._writes:
                write(getattr(value, name), out)
        except WireError as error:
            error.path.insert(0, name)
            raise
        if self.is_flexible:
            self._write_tagged(value, out)

    def _write_tagged(self, value: Any, out: list[Part]) -> None:
        """How many tagged fields there are; then number, size and bytes of each. Only what differs from its default."""
        if not self.tagged:
            out.append(NO_TAGGED_FIELDS)
            return
        present = [(tag, field) for tag, field in self.tagged.items() if getattr(value, field.name) != field.default]
        out.append(types.unsigned_varint(len(present)))
        for tag, field in present:
            body: list[Part] = []
            field.write(value, body)
            out.append(types.unsigned_varint(tag))
            out.append(types.unsigned_varint(sum(map(len, body))))
            out += body

    def read(self, source: Reader) -> Any:
        """Take a struct off the source."""
        values: dict[str, object] = {}
        name = ""
        try:
            for name, read in self._reads:
                values[name] = read(source)
        except WireError as error:
            error.path.insert(0, name)
            raise
        if self.is_flexible:
            self._read_tagged(source, values)
        return self.cls(**values)

    def _read_tagged(self, source: Reader, values: dict[str, object]) -> None:
        for _ in range(types.read_unsigned_varint(source)):
            tag = types.read_unsigned_varint(source)
            body = source.narrow(types.read_unsigned_varint(source), f"tagged field {tag}")
            field = self.tagged.get(tag)
            if field is not None:
                values[field.name] = field.read(body)
                if body.remaining:
                    body.fail(f"the end of tagged field {tag}, {field.name}")


PLANS: dict[tuple[type[Any], int, bool], Plan] = {}
"""All plans made so far. Two threads may make the same one at the same time; it does no harm."""


def plan_for(cls: type[Any], version: int, flexible: bool) -> Plan:
    """The plan of a class in one version; made at the first call and kept."""
    key = (cls, version, flexible)
    plan = PLANS.get(key)
    if plan is None:
        plan = PLANS[key] = Plan(cls, version, flexible)
    return plan


ALWAYS_CARRIED = Carried()


def _carried(field: dataclasses.Field[Any]) -> Carried:
    rule: Carried = field.metadata.get("carried", ALWAYS_CARRIED)
    return rule


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _planned(field: dataclasses.Field[Any], rule: Carried, version: int, flexible: bool) -> PlannedField:
    annotation, may_be_none = _without_none(field.type)
    compact = flexible and not rule.classic_length
    nullable = may_be_none and version >= rule.nullable_since
    wire_type = _wire_type(annotation, version, compact, nullable)
    default = _default(field)
    # A tagged field may be None all the same, if None is its default: it is not written then.
    if nullable and not isinstance(wire_type, types.Sized) and (rule.tag is None or default is not None):
        raise TypeError(f"{field.name}: a {wire_type.name} has no None on the wire; say {wire_type.name} alone")
    return PlannedField(field.name, wire_type, default, rule.tag)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    """`X | None` as (X, True), any other annotation as (itself, False)."""
    choices = get_args(annotation)
    if NoneType not in choices:
        return annotation, False
    (choice,) = (choice for choice in choices if choice is not NoneType)
    return choice, True


def _wire_type(annotation: Any, version: int, flexible: bool, nullable: bool) -> WireType:
    """The wire type that an annotation stands for."""
    length = types.COMPACT_LENGTH if flexible else types.CLASSIC_LENGTH
    if get_origin(annotation) is list:
        (item,) = get_args(annotation)
        return types.Array(_wire_type(item, version, flexible, nullable=False), length, nullable)
    if annotation is Records:
        return types.Bytes(length, nullable, name=types.RECORDS)
    if get_origin(annotation) is Annotated:
        return cast(WireType, annotation.__metadata__[0])
    if annotation is bytes:
        return types.Bytes(length, nullable)
    if annotation is str:
        return types.String(types.COMPACT_LENGTH if flexible else types.CLASSIC_STRING_LENGTH, nullable)
    if annotation is bool:
        return types.BOOLEAN
    if annotation is UUID:
        return types.UUID_TYPE
    return plan_for(annotation, version, flexible)
