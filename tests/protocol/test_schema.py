"""Messages as dataclasses: which fields a version writes, what the others become, what is refused."""

import pytest

from kafka_nio.errors import UnsupportedVersionError
from kafka_nio.protocol.reader import Reader, WireError
from kafka_nio.protocol.schema import Int8, Int16, field, message, plan_for
from kafka_nio.protocol.types import Part


@message
class Leaf:
    number: Int8 = 0


@message
class Leaves:
    old: Int8 = field(until=1, default=10)
    name: str | None = field(nullable_since=2, default=None)
    new: Int16 = field(since=1, default=-1)
    leaves: list[Leaf] = field(since=1, default=[])
    wish: bool = field(since=2, default=False, ignorable=False)
    seventh: str = field(since=2, tag=7, default="")
    first: Leaf | None = field(since=2, tag=1, default=None)


def written(value: Leaves, version: int) -> bytes:
    out: list[Part] = []
    plan_for(Leaves, version, flexible=version >= 2).write(value, out)
    return b"".join(out)


def read(data: bytes, version: int) -> Leaves:
    source = Reader(memoryview(data))
    leaves: Leaves = plan_for(Leaves, version, flexible=version >= 2).read(source)
    assert source.remaining == 0
    return leaves


def test_a_version_carries_its_fields_in_their_order() -> None:
    value = Leaves(old=1, name="a", new=2, leaves=[Leaf(3)])

    assert written(value, 0) == bytes.fromhex("01 000161")
    assert written(value, 1) == bytes.fromhex("01 000161 0002 0000000103")
    assert written(value, 2) == bytes.fromhex("0261 0002 02 0300 00 00")


def test_what_a_version_does_not_carry_is_its_default() -> None:
    assert read(bytes.fromhex("01 000161"), 0) == Leaves(old=1, name="a", new=-1, leaves=[])
    assert read(bytes.fromhex("0261 0002 01 01 00"), 2) == Leaves(old=10, name="a", new=2, wish=True)


def test_tagged_fields_come_by_number_and_only_if_they_say_something() -> None:
    value = Leaves(name=None, first=Leaf(5), seventh="x")

    assert written(value, 2) == bytes.fromhex("00 ffff 01 00 02 01020500 07020278")
    assert read(written(value, 2), 2) == value


def test_unknown_tagged_fields_are_skipped() -> None:
    assert read(bytes.fromhex("00 ffff 01 00 02 0903aabbcc 07020278"), 2) == Leaves(seventh="x")


@pytest.mark.parametrize(
    ("tagged", "complaint"),
    [
        ("01 07040278", "expected tagged field 7 of 4 bytes"),
        ("0107020378", "^seventh: expected string, not a size of 2, at offset 8"),
        ("01 07030278ff", "expected the end of tagged field 7, seventh"),
        ("02 07020278", "expected varint"),
        ("ffffffff0f", "expected varint"),
    ],
)
def test_malformed_tagged_fields_are_refused(tagged: str, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        read(bytes.fromhex("00 ffff 01 00" + tagged), 2)


def test_none_is_refused_where_a_version_has_no_null() -> None:
    with pytest.raises(WireError, match=r"^name: None, where this version has a string"):
        written(Leaves(name=None), 1)


def test_a_null_that_the_wire_cannot_carry_is_refused_when_the_message_is_planned() -> None:
    @message
    class Branch:
        leaf: Leaf | None = None

    @message
    class Twig:
        number: Int8 | None = field(since=1, default=None)

    with pytest.raises(TypeError, match="leaf: a Leaf has no None on the wire"):
        plan_for(Branch, 0, flexible=True)
    with pytest.raises(TypeError, match="number: a int8 has no None on the wire"):
        plan_for(Twig, 1, flexible=False)


def test_a_wish_is_not_dropped_in_silence() -> None:
    with pytest.raises(UnsupportedVersionError, match=r"Leaves.wish is True, which version 1 cannot say"):
        written(Leaves(name="a", wish=True), 1)


def test_faults_name_the_field() -> None:
    with pytest.raises(WireError, match=r"^leaves\[1\].number: 128 is no int8"):
        written(Leaves(name="a", leaves=[Leaf(1), Leaf(128)]), 1)
    with pytest.raises(WireError, match=r"^new: expected int16 .2 bytes. at offset 4, where 1 bytes are left"):
        read(bytes.fromhex("01 000161 00"), 1)


def test_each_message_has_a_list_of_its_own() -> None:
    Leaves().leaves.append(Leaf())

    assert Leaves().leaves == []


def test_a_plan_is_made_once() -> None:
    assert plan_for(Leaves, 2, flexible=True) is plan_for(Leaves, 2, flexible=True)


def test_messages_are_equal_if_their_class_and_their_fields_are() -> None:
    @message
    class Order:
        table: Int8
        drinks: list[str] = field(default=[])

    @message
    class Bill:
        table: Int8
        drinks: list[str] = field(default=[])

    assert Order(4) == Order(4)
    assert Order(4, ["tea"]) != Order(4, ["coffee"])
    assert Order(4) != Bill(4)
    with pytest.raises(TypeError, match="unhashable"):
        hash(Order(4))


def test_a_message_shows_its_fields_unless_it_shows_itself() -> None:
    @message
    class Order:
        table: Int8
        drinks: list[str] = field(default=[])

    @message
    class Login:
        token: bytes

        def __repr__(self) -> str:
            return "Login(hidden)"

    assert repr(Order(4, ["tea"])).endswith("Order(table=4, drinks=['tea'])")
    assert repr(Login(b"secret")) == "Login(hidden)"
