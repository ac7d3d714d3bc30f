"""A token to log in with, and what it says of itself.

Most tokens are JSON Web Tokens: three parts in base64 with dots between them, `header.claims.signature`. The client
cannot check the signature. It reads the claims to learn how long the token is good, and to notice early what cannot be
a token at all: a page of HTML, for example, in the place where a token was to be.

Java: org.apache.kafka.common.security.oauthbearer.ClientJwtValidator, internals.secured.ClaimValidationUtils
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeGuard

from kafka_nio.clock import NEVER
from kafka_nio.errors import SaslAuthenticationError
from kafka_nio.secret import Secret

MS_PER_S = 1_000

LATEST_S = (1 << 63) // MS_PER_S
"""The latest time that Kafka can tell in milliseconds. What lies behind it is no time."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token, and for how many ms it is good from now on; NEVER if nobody knows."""

    value: Secret[str]
    lifetime_ms: float = NEVER


class TokenReader:
    """Makes an `AccessToken` of a JSON Web Token.

    Args:
        scope_claim, sub_claim: the names under which the token tells what it is good for, and whose it is.
    """

    def __init__(self, scope_claim: str, sub_claim: str) -> None:
        self._scope_claim = scope_claim
        self._sub_claim = sub_claim

    def read(self, text: str, now_ms: int, origin: str) -> AccessToken:
        """Look at the claims.

        Args:
            text: the token.
            now_ms: the time by the wall clock.
            origin: where the token is from, for messages, which never repeat the token.

        Raises:
            SaslAuthenticationError: it is no token, or says too little, or has expired.
        """
        token = text.strip()
        claims = claims_of(token)
        if claims is None or not is_sendable(token):
            raise SaslAuthenticationError(f"{origin} gave something that is no JSON Web Token")
        subject, scopes = claims.get(self._sub_claim), claims.get(self._scope_claim, ())
        if not isinstance(subject, str) or not subject.strip():
            raise SaslAuthenticationError(f"the token of {origin} does not say whose it is (claim {self._sub_claim})")
        if not _are_scopes(scopes):
            raise SaslAuthenticationError(f"the token of {origin} has no names in its claim {self._scope_claim}")
        expires_s = claims.get("exp")
        if not is_time(expires_s):
            raise SaslAuthenticationError(f"the token of {origin} does not say when it expires (claim exp)")
        lifetime_ms = expires_s * MS_PER_S - now_ms
        if lifetime_ms <= 0:
            raise SaslAuthenticationError(f"the token of {origin} expired {-lifetime_ms / MS_PER_S:.0f} s ago")
        return AccessToken(Secret(token), lifetime_ms)


def _are_scopes(scopes: object) -> bool:
    """Text, or different texts in a list."""
    if isinstance(scopes, str):
        return True
    if not isinstance(scopes, list | tuple) or not all(isinstance(name, str) and name.strip() for name in scopes):
        return False
    return len({name.strip() for name in scopes}) == len(scopes)


def claims_of(token: str) -> Mapping[str, object] | None:
    """What a JSON Web Token says, unchecked; None for what is none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = json_of(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


def json_of(text: str | bytes) -> object:
    """What a text in JSON says; None for what is none, or is nested so deep that Python cannot follow."""
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value


def is_time(seconds: object) -> TypeGuard[float]:
    """Whether this can be seconds since 1970. Python's JSON knows NaN, and whole numbers beyond any float."""
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return False
    return -LATEST_S < seconds < LATEST_S


def is_sendable(token: str) -> bool:
    """Whether it has visible characters of ASCII alone: any other could end the token within the login's message."""
    return all("!" <= character <= "~" for character in token)
