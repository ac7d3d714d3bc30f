"""Secrets that can be told from everything else, and the search for them."""

import base64
import gc
import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType, ModuleType
from urllib.parse import quote, quote_plus

import pytest

from kafka_nio.tracing.recording import Recording


def forms(secret: bytes) -> set[bytes]:
    """What a secret may look like: as it is, in a URL, in hexadecimal, in base64 wherever it begins there."""
    found = {secret, secret.hex().encode(), repr(secret)[2:-1].encode()}
    found |= {quote(secret).encode(), quote(secret, safe="").encode(), quote_plus(secret).encode()}
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + secret)
        # The first and the last characters have bits of the neighbours in them, which nobody knows.
        whole = encoded[(0, 2, 3)[before] : len(encoded) - (0, 3, 2)[(before + len(secret)) % 3]]
        found |= {whole, whole.replace(b"+", b"-").replace(b"/", b"_")}
    return {form for form in found if len(form) >= SHORTEST}


SHORTEST = 8
"""Shorter texts may be there by chance."""


@dataclass
class Hidden:
    """The secrets of a run, by what they are."""

    secrets: dict[str, bytes] = field(default_factory=dict)

    def add(self, name: str, secret: str | bytes) -> None:
        """Note a secret."""
        self.secrets[name] = secret.encode() if isinstance(secret, str) else secret

    def told_by(self, surfaces: Iterable[tuple[str, str | bytes]]) -> list[str]:
        """Which text tells which secret."""
        wanted = [(name, form) for name, secret in self.secrets.items() for form in forms(secret)]
        return [
            f"{place} tells the {name}: …{_around(data, form)}…"
            for place, text in surfaces
            for data in [text.encode(errors="surrogatepass") if isinstance(text, str) else text]
            for name, form in wanted
            if form in data
        ]


def _around(data: bytes, form: bytes) -> bytes:
    at = data.index(form)
    return data[max(0, at - 60) : at + len(form) + 20]


def derived_keys(monkeypatch: pytest.MonkeyPatch, hidden: Hidden) -> None:
    """Have every key that SCRAM makes of a password be noted as a secret, too."""
    real = hashlib.pbkdf2_hmac

    def noting(hash_name: str, password: bytes, salt: bytes, iterations: int) -> bytes:
        salted = real(hash_name, password, salt, iterations)
        client_key = hmac.digest(salted, b"Client Key", hash_name)
        keys = {
            "salted password": salted,
            "client key": client_key,
            "stored key": hashlib.new(hash_name, client_key).digest(),
            "server key": hmac.digest(salted, b"Server Key", hash_name),
        }
        for name, key in keys.items():
            hidden.add(f"{name} {salted.hex()[:4]}", key)
        return salted

    monkeypatch.setattr(hashlib, "pbkdf2_hmac", noting)


# Where to look...


def reprs(*roots: object) -> Iterator[tuple[str, str]]:
    """The text of every object of the project that can be reached from these."""
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        found = waiting.pop()
        if id(found) in seen or isinstance(found, type | ModuleType | FunctionType):
            continue
        seen.add(id(found))
        if type(found).__module__.startswith("kafka_nio"):
            yield f"repr of a {type(found).__qualname__}", repr(found)
        waiting.extend(gc.get_referents(found))
    assert len(seen) > 100, "the search has hardly begun"


def in_recording(path: Path) -> Iterator[tuple[str, str | bytes]]:
    """A recording's file, and the bytes of its messages."""
    yield "the recording", path.read_text()
    for step in Recording.load(path).steps:
        if step.frame is not None:
            yield f"the bytes of {step.frame.api}, step {step.seq}", step.frame.data
