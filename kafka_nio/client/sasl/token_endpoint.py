"""Asks an identity provider for a token: one POST, repeated while that makes sense.

A provider that is busy or away is asked again, with a pause that doubles, as long as `sasl.login.retry.backoff.max.ms`
is not over. A refusal that would come again is final: status 401 for a wrong secret, for example. Of several failures
the first one is told, because it is the one that began it.

Nothing of this may happen on the producer's own thread: it waits, for names, connections, answers and pauses.

Left out against Java: proxies.

Java: org.apache.kafka.common.security.oauthbearer.internals.secured.HttpJwtRetriever, Retry
"""

import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Protocol
from urllib.parse import urlsplit

from kafka_nio.client.sasl.access_token import json_of
from kafka_nio.clock import Clock
from kafka_nio.errors import SaslAuthenticationError
from kafka_nio.oauth_options import OAuthConfig

FINAL = frozenset({400, 401, 402, 403, 404, 405, 406, 407, 409, 410, 411, 412, 413, 414, 415, 501, 505})
"""Statuses after which it makes no sense to ask again."""

LARGEST_ANSWER = 1_000_000
LARGEST_QUOTE = 200

HEADERS = {
    "Accept": "application/json",
    "Cache-Control": "no-cache",
    "Content-Type": "application/x-www-form-urlencoded",
}


class Grant(Protocol):
    """Why the endpoint should give us a token. Both are made anew for each request, because an assertion ages."""

    def headers(self) -> dict[str, str]:
        """What goes into the request's headers."""

    def body(self) -> str:
        """What goes into its body."""

    def is_told_by(self, text: str) -> bool:
        """Whether a text repeats what is secret in them."""


class _Transient(Exception):
    """A failure that may not happen the next time."""


class TokenEndpoint:
    """One address to ask.

    Args:
        url: `http://…` or `https://…`
        grant: why we should get a token.
        config: timeouts and pauses (`sasl.login.…`), and how to speak TLS.
        clock: where the pauses come from.
    """

    def __init__(self, url: str, grant: Grant, config: OAuthConfig, clock: Clock) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._address = f"{parts.scheme}://{parts.netloc}{parts.path}"
        self._is_encrypted = parts.scheme == "https"
        self._context = config.sasl_oauthbearer_ssl_context
        self._grant = grant
        self._connect_timeout_ms = config.sasl_login_connect_timeout_ms
        self._read_timeout_ms = config.sasl_login_read_timeout_ms
        self._backoff_ms = config.sasl_login_retry_backoff_ms
        self._backoff_max_ms = config.sasl_login_retry_backoff_max_ms
        self._clock = clock

    def post(self) -> str:
        """Ask until there is a token, or no hope.

        Raises:
            SaslAuthenticationError: there is no token to be had.
        """
        ends_ms = self._clock.now_ms() + self._backoff_max_ms
        pause_ms: float = self._backoff_ms
        first: _Transient | None = None
        while True:
            try:
                return self._ask()
            except _Transient as problem:
                first = first or problem
            left_ms = ends_ms - self._clock.now_ms()
            if min(pause_ms, left_ms) <= 0:
                raise SaslAuthenticationError(f"no token from {self}: {first}") from None
            self._clock.sleep(min(pause_ms, left_ms))
            pause_ms *= 2

    def _ask(self) -> str:
        body, headers = self._grant.body().encode(), HEADERS | self._grant.headers()
        connection = self._connection()
        try:
            connection.connect()
            connection.sock.settimeout(_seconds(self._read_timeout_ms))
            connection.request("POST", self._target, body, headers)
            with connection.getresponse() as response:
                return self._token_in(response.status, response.read(LARGEST_ANSWER + 1))
        except ssl.SSLCertVerificationError as error:
            raise SaslAuthenticationError(f"no token from {self}: its {error.verify_message}") from None
        except (OSError, HTTPException) as error:
            raise _Transient(_reason(error)) from None
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        timeout_s = _seconds(self._connect_timeout_ms)
        if not self._is_encrypted:
            return HTTPConnection(self._host, self._port, timeout=timeout_s)
        context = self._context or ssl.create_default_context()
        return HTTPSConnection(self._host, self._port, timeout=timeout_s, context=context)

    def _token_in(self, status: int, answer: bytes) -> str:
        """The token in the answer. A good answer is never repeated in a message: there may be a token in it."""
        if status not in (200, 201):
            refusal = f"it answered with status {status}{self._quote(answer)}"
            if status in FINAL:
                raise SaslAuthenticationError(f"no token from {self}: {refusal}")
            raise _Transient(refusal)
        if not answer:
            raise _Transient(f"it answered with status {status} and nothing else")
        said = json_of(answer) if len(answer) <= LARGEST_ANSWER else None
        token = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(token, str) or not token.strip():
            raise SaslAuthenticationError(f"no token from {self}: there is no access_token in its answer")
        return token

    def _quote(self, answer: bytes) -> str:
        """What the provider says of a refusal. RFC 6749 §5.2 keeps secrets out of that, but not everybody knows it."""
        said = _said(answer)
        text = said or answer.decode(errors="replace").strip()
        if self._grant.is_told_by(text) or self._grant.is_told_by(answer.decode(errors="replace")):
            return " (and repeated our secret)"
        return f" ({text[:LARGEST_QUOTE]})" if text else ""

    def __str__(self) -> str:
        return self._address

    def __repr__(self) -> str:
        return f"<TokenEndpoint {self._address}>"


def _seconds(timeout_ms: float | None) -> float | None:
    return None if timeout_ms is None else timeout_ms / 1000


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _said(answer: bytes) -> str:
    """The words of a refusal as RFC 6749 §5.2 wants it; nothing if it is another."""
    said = json_of(answer) if len(answer) <= LARGEST_ANSWER else None
    words = [said.get(name) for name in ("error", "error_description")] if isinstance(said, dict) else []
    return ": ".join(word for word in words if isinstance(word, str) and word)
