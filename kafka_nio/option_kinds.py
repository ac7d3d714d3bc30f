"""What an option can take: a number in bounds, a duration, a flag, an address, a function.

Each function here makes a `Kind` for a row of `config.OPTIONS`. A kind turns what a caller wrote into the value the
producer works with, or raises ValueError; the words of that error, if it has any, tell the caller more than "is not
allowed" would.

Left out against Java: a kind of its own for classes and for lists. What must not be seen is in `security_options`.

Java: org.apache.kafka.common.config.ConfigDef
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from kafka_nio.clock import NEVER

INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Kind:
    """`allowed` ends the sentence "it must be"; `accept` returns the value or raises ValueError.

    `from_text` reads text from a properties file. What it cannot read it hands back, for `accept` to refuse.
    """

    allowed: str
    accept: Callable[[Any], object]
    from_text: Callable[[str], object] = str.strip
    is_secret: bool = False
    """Whether a value must not appear in messages."""


@dataclass(frozen=True, slots=True)
class Option:
    """One row of a table: Kafka's name, what it takes, the value when nobody sets it, and what it is for."""

    name: str
    kind: Kind
    default: object
    doc: str

    @property
    def attribute(self) -> str:
        """The option's name in Python: `linger_ms`."""
        return self.name.replace(".", "_")


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


@runtime_checkable
class Interceptor(Protocol):
    """What an interceptor has; `ProducerInterceptor` tells what its methods are for."""

    def on_send(self, record: Any, /) -> Any: ...
    def on_acknowledgement(self, metadata: Any, error: Any, /) -> object: ...
    def close(self) -> object: ...


def interceptors() -> Kind:
    """Objects with the methods of an interceptor, in a sequence."""

    def accept(value: Any) -> tuple[Interceptor, ...]:
        _require(isinstance(value, list | tuple))
        for interceptor in value:
            _require(not isinstance(interceptor, type), f"has the class {interceptor!r} in it; make an object of it")
            _require(isinstance(interceptor, Interceptor), f"has {interceptor!r} in it, which is no interceptor")
        return tuple(value)

    return Kind("a list of objects with on_send, on_acknowledgement and close", accept)


def text() -> Kind:
    """Any text."""

    def accept(value: Any) -> str:
        _require(isinstance(value, str))
        return str(value)

    return Kind("text", accept)


def name_or_none() -> Kind:
    """Text with something in it, or None."""

    def accept(value: Any) -> str | None:
        _require(value is None or (isinstance(value, str) and value != ""))
        return None if value is None else str(value)

    return Kind("a name, or None", accept)


def choice(*names: str) -> Kind:
    """One of these names."""

    def accept(value: Any) -> str:
        _require(isinstance(value, str) and value in names)
        return str(value)

    return Kind(f"{', '.join(map(repr, names[:-1]))} or {names[-1]!r}", accept)


def level(least: int, most: int, or_else: int) -> Kind:
    """How hard a compression tries; `or_else` stands for the codec's own choice."""

    def accept(value: Any) -> int:
        _require(isinstance(value, int) and not isinstance(value, bool))
        _require(least <= value <= most or value == or_else)
        return int(value)

    return Kind(f"a whole number from {least} to {most}, or {or_else}", accept, _number_from_text)


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
            where = "" if address == value else f" in {address!r}"
            port = _port(address)
            _require(port is not None, f"is not of the form host:port{where}")
            _require(port in PORTS, f"has the port {port}{where}, and a port is a number from 1 to 65535")
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


PORTS = range(1, 65_536)


def _port(address: str) -> int | None:
    """The port of host:port, the host a name, an IPv4 address, or an IPv6 address in brackets; None if it is not that.

    Kafka lets a protocol lead.
    """
    protocol, host = r"(?:SASL_)?(?:PLAINTEXT|SSL)://", r"\[[0-9a-fA-F:.]+(?:%\w+)?\]|[^\s:/\[\]]+"
    parts = re.fullmatch(rf"(?:{protocol})?(?:{host}):([0-9]{{1,9}})", address)
    return int(parts[1]) if parts is not None else None
