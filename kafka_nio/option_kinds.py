"""What an option can take: a number in bounds, a duration, a flag, an address, a function.

Each function here makes a `Kind` for a row of `config.OPTIONS`. A kind turns what a caller wrote into the value the
producer works with, or raises ValueError; the words of that error, if it has any, tell the caller more than "is not
allowed" would.

Left out against Java: a kind of its own for passwords, for classes and for lists.

Java: org.apache.kafka.common.config.ConfigDef
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kafka_nio.clock import NEVER

INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1

ONLY_IN_KAFKA = "is something that Kafka's producer does and this version does not"


@dataclass(frozen=True, slots=True)
class Kind:
    """`allowed` ends the sentence "it must be"; `accept` returns the value or raises ValueError.

    `from_text` reads text from a properties file. What it cannot read it hands back, for `accept` to refuse.
    """

    allowed: str
    accept: Callable[[Any], object]
    from_text: Callable[[str], object] = str.strip


def _require(condition: bool, reason: str = "") -> None:
    if not condition:
        raise ValueError(reason)


def whole(least: int, most: int = INT_MAX, unit: str = "") -> Kind:
    """A whole number from `least` to `most`. Python's True and False are no numbers here."""

    def accept(value: Any) -> int:
        _require(isinstance(value, int) and not isinstance(value, bool) and least <= value <= most)
        return int(value)

    return Kind(f"a whole number{unit} from {least} to {most}", accept, _number_from_text)


def duration(least: int = 0, most: int = LONG_MAX) -> Kind:
    """Milliseconds."""
    return whole(least, most, " of milliseconds")


def endless_duration() -> Kind:
    """Milliseconds, or -1 for no end, which becomes `NEVER`."""
    limited = duration(least=-1)

    def accept(value: Any) -> float:
        limited.accept(value)
        return NEVER if value == -1 else value

    return Kind(f"{limited.allowed}, where -1 means never", accept, _number_from_text)


def size(least: int = 0, most: int = INT_MAX) -> Kind:
    """Bytes."""
    return whole(least, most, " of bytes")


def flag() -> Kind:
    """Yes or no."""

    def accept(value: Any) -> bool:
        _require(isinstance(value, bool))
        return bool(value)

    return Kind("True or False", accept, _flag_from_text)


def text() -> Kind:
    """Any text."""

    def accept(value: Any) -> str:
        _require(isinstance(value, str))
        return str(value)

    return Kind("text", accept)


def only(supported: bool | str, *in_kafka: bool | str) -> Kind:
    """The one value that this version supports, out of those that Kafka's producer takes."""

    def accept(value: Any) -> bool | str:
        _require(isinstance(value, type(supported)))
        _require(value not in in_kafka, ONLY_IN_KAFKA)
        _require(value == supported)
        return supported

    return Kind(repr(supported), accept, _flag_from_text if isinstance(supported, bool) else str.strip)


def acks() -> Kind:
    """How many replicas must have a record before it counts as sent; -1 stands for all that are in sync."""
    meanings: dict[int | str, int] = {0: 0, "0": 0, 1: 1, "1": 1, -1: -1, "-1": -1, "all": -1}

    def accept(value: Any) -> int:
        _require(isinstance(value, int | str) and not isinstance(value, bool) and value in meanings)
        return meanings[value]

    return Kind("0, 1 or 'all'", accept)


def servers() -> Kind:
    """Addresses, as text with commas or as a list."""

    def accept(value: Any) -> tuple[str, ...]:
        listed = value.split(",") if isinstance(value, str) else value
        _require(isinstance(listed, list | tuple) and all(isinstance(server, str) for server in listed))
        addresses = tuple(server.strip() for server in listed if server.strip())
        _require(bool(addresses), "names no server")
        for address in addresses:
            _require(_is_address(address), f"is wrong in {address!r}")
        return addresses

    return Kind("addresses like 'localhost:9092', with commas between them or in a list", accept)


def function(does: str) -> Kind:
    """A function, or None for what happens without one."""

    def accept(value: Any) -> object:
        _require(value is None or callable(value))
        return value

    return Kind(f"a function that {does}, or None", accept)


def _number_from_text(text: str) -> object:
    return int(text) if re.fullmatch(r"\s*[+-]?[0-9]{1,20}\s*", text, re.ASCII) else text


def _flag_from_text(text: str) -> object:
    return {"true": True, "false": False}.get(text.strip().lower(), text)


def _is_address(address: str) -> bool:
    """host:port, the host a name, an IPv4 address, or an IPv6 address in brackets; Kafka lets a protocol lead."""
    parts = re.fullmatch(r"(?:PLAINTEXT://)?(?:\[[0-9a-fA-F:.]+(?:%\w+)?\]|[^\s:/\[\]]+):([0-9]{1,5})", address)
    return parts is not None and 1 <= int(parts[1]) <= 65_535
