"""What an option for TLS or for a login can take: text that nobody must see, a path, a context, an address of tokens.

Each function makes a `Kind`, as those in `option_kinds` do.

Java: org.apache.kafka.common.config.ConfigDef
"""

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from kafka_nio.option_kinds import INT_MAX, Kind, duration, function
from kafka_nio.secret import Secret

if TYPE_CHECKING:
    import ssl


def _require(condition: bool, reason: str = "") -> None:
    if not condition:
        raise ValueError(reason)


def secret_text() -> Kind:
    """Text that nobody must see."""

    def accept(value: Any) -> Secret[str] | None:
        inside = value.reveal() if isinstance(value, Secret) else value
        _require(inside is None or isinstance(inside, str))
        return None if inside is None else Secret(inside)

    return Kind("text, or None", accept, is_secret=True)


def secret_function(does: str) -> Kind:
    """A function that may hold a secret within it, as `functools.partial` does."""
    plain = function(does)

    def accept(value: Any) -> object:
        inside = plain.accept(value.reveal() if isinstance(value, Secret) else value)
        return None if inside is None else Secret(inside)

    return Kind(plain.allowed, accept, is_secret=True)


def path() -> Kind:
    """A file's path."""

    def accept(value: Any) -> str | None:
        _require(value is None or (isinstance(value, str | os.PathLike) and str(value) != ""))
        return None if value is None else os.fspath(value)

    return Kind("a path, or None", accept)


def names(*known: str) -> Kind:
    """Names, as text with commas or as a list; any names if none are known."""

    def accept(value: Any) -> tuple[str, ...]:
        listed = value.split(",") if isinstance(value, str) else value
        _require(isinstance(listed, list | tuple) and all(isinstance(name, str) for name in listed))
        stripped = tuple(name.strip() for name in listed if name.strip())
        _require(bool(stripped) or not known)
        for name in stripped:
            _require(not known or name in known, f"is wrong in {name!r}")
        return stripped

    allowed = f"out of {', '.join(known)}" if known else "names"
    return Kind(f"{allowed}, with commas between them or in a list", accept)


def pem_only() -> Kind:
    """The form of a key store: there is one."""

    def accept(value: Any) -> str:
        _require(isinstance(value, str))
        _require(value.upper() == "PEM", "cannot be read here (openssl pkcs12 -in store.p12 -out all.pem converts it)")
        return "PEM"

    return Kind("'PEM'", accept)


def host_name_check() -> Kind:
    """Kafka's name for it is https, after the protocol that does it that way."""

    def accept(value: Any) -> str:
        _require(value is None or (isinstance(value, str) and value.lower() in ("https", "")))
        return (value or "").lower()

    return Kind("'https', or '' for no check", accept)


def tls_context() -> Kind:
    """A context of the caller's own."""

    def accept(value: Any) -> "ssl.SSLContext | None":
        if value is None:
            return None
        import ssl  # here, because loading it takes a while, and most do without

        _require(isinstance(value, ssl.SSLContext))
        return cast(ssl.SSLContext, value)

    return Kind("an ssl.SSLContext, or None", accept)


def fraction(least: float, most: float) -> Kind:
    """A part of a whole."""

    def accept(value: Any) -> float:
        _require(isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most)
        return float(value)

    return Kind(f"a number from {least} to {most}", accept, _fraction_from_text)


def _fraction_from_text(text: str) -> object:
    try:
        return float(text)
    except ValueError:
        return text


def duration_or_none() -> Kind:
    """Milliseconds, or None for as long as it takes; so does 0, as in Java."""
    limited = duration(most=INT_MAX)

    def accept(value: Any) -> float | None:
        return None if value is None else cast(int, limited.accept(value)) or None

    return Kind(f"{limited.allowed}, or None for no end", accept, limited.from_text)


def one_of(*names: str) -> Kind:
    """One of these names, in capitals or not."""

    def accept(value: Any) -> str:
        _require(isinstance(value, str) and value.upper() in names)
        return str(value.upper())

    return Kind(" or ".join(map(repr, names)), accept)


URL_SCHEMES = ("https", "http", "file")


def url_or_none() -> Kind:
    """Where something is to be had. Whoever puts a password into it would read it in messages."""

    def accept(value: Any) -> str | None:
        if value is None:
            return None
        from urllib.parse import urlsplit  # here, because loading it takes a while

        _require(isinstance(value, str))
        try:
            parts = urlsplit(value)
            has_place = bool(parts.path) if parts.scheme == "file" else bool(parts.hostname) and parts.port != 0
        except ValueError:
            raise ValueError("cannot be read") from None
        _require(parts.scheme in URL_SCHEMES and has_place)
        _require("@" not in parts.netloc, "has a name or a password in it, which belong into options of their own")
        return str(value)

    return Kind("an address like 'https://host/path' or 'file:///path', or None", accept, is_secret=True)


_EXTENSION_NAME = re.compile(r"[A-Za-z]+")
_EXTENSION_VALUE = re.compile(r"[!-~ \t\r\n]+")
TOKEN_ITSELF = "auth"


def sasl_extensions() -> Kind:
    """What is told to the broker beside a token: names and values, as RFC 7628 allows them."""

    def accept(value: Any) -> tuple[tuple[str, str], ...] | None:
        if value is None:
            return None
        _require(isinstance(value, Mapping))
        for name, said in value.items():
            _require(isinstance(name, str) and isinstance(said, str))
            _require(_EXTENSION_NAME.fullmatch(name) is not None, f"has {name!r} in it, and a name is made of letters")
            _require(name != TOKEN_ITSELF, f"has {TOKEN_ITSELF!r} in it, which is the token's own name")
            _require(_EXTENSION_VALUE.fullmatch(said) is not None, f"has a value for {name} that cannot be sent")
        return tuple(value.items())

    return Kind("a mapping of names to values, or None", accept, _extensions_from_text)


def _extensions_from_text(text: str) -> object:
    """`logicalCluster=lkc-1,identityPoolId=pool-2`"""
    pairs = [pair.strip().partition("=") for pair in text.split(",") if pair.strip()]
    return {name: said for name, _, said in pairs}
