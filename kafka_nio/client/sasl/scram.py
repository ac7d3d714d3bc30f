"""SCRAM: each end proves that it knows the password, and nobody on the way learns it.

The broker does not keep the password either, but a hash of it that took thousands of rounds to make. Four messages:

    client-first   n,,n=alice,r=<client nonce>
    server-first   r=<client nonce + server nonce>,s=<salt>,i=<rounds>
    client-final   c=biws,r=<both nonces>,p=<proof>
    server-final   v=<signature>                                          or e=<error>

The proof is the client's key, masked by a signature over the conversation so far, so it is good for this one login. The
signature at the end is the broker's own proof. A broker that does not know the password's hash cannot make it, and a
client that does not look at it logs in anywhere.

A delegation token (KIP-48) logs in like a user: its id is the name and its HMAC the password. `tokenauth=true` in the
first message tells the broker where to look them up.

Left out against Java: SASLprep of passwords (Kafka does without it too).

Java: org.apache.kafka.common.security.scram.internals.ScramSaslClient; the mechanism is RFC 5802 and RFC 7677
"""

import hashlib
import hmac
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable
from enum import Enum

from kafka_nio.errors import IllegalStateError, SaslAuthenticationError
from kafka_nio.secret import Secret

FEWEST_ROUNDS = 4096
"""Below this many a password is too cheap to guess (RFC 7677)."""

MOST_ROUNDS = 100_000
"""Above this many a broker would merely keep us busy: the rounds are counted on the producer's own thread."""

MOST_DIGITS = 10
"""A number of more digits is not read at all: Python would refuse to."""

GS2_HEADER = b"n,,"
"""No channel binding, and no other name to act for."""


class ScramState(Enum):
    """Whose turn it is."""

    SEND_CLIENT_FIRST = "about to say who we are"
    RECEIVE_SERVER_FIRST = "waiting for salt and rounds"
    RECEIVE_SERVER_FINAL = "waiting for the broker's proof"
    COMPLETE = "done"


NEXT: dict[ScramState, ScramState] = {
    ScramState.SEND_CLIENT_FIRST: ScramState.RECEIVE_SERVER_FIRST,
    ScramState.RECEIVE_SERVER_FIRST: ScramState.RECEIVE_SERVER_FINAL,
    ScramState.RECEIVE_SERVER_FINAL: ScramState.COMPLETE,
}


class ScramMechanism:
    """One login by SCRAM.

    Args:
        name: `SCRAM-SHA-256` or `SCRAM-SHA-512`.
        new_nonce: makes text that never comes twice, without commas; it has to be impossible to guess.
        by_delegation_token: whether name and password are those of a delegation token.
    """

    def __init__(
        self,
        name: str,
        username: str,
        password: Secret[str],
        new_nonce: Callable[[], str],
        *,
        by_delegation_token: bool = False,
    ) -> None:
        self.name = name
        self.state = ScramState.SEND_CLIENT_FIRST
        self._hash_name = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}[name]
        self._username = username
        self._password = password
        self._nonce = new_nonce().encode()
        self._extensions = b",tokenauth=true" if by_delegation_token else b""
        self._client_first = b""
        self._server_signature = b""

    @property
    def is_complete(self) -> bool:
        """Whether the broker has proved that it knows the password."""
        return self.state is ScramState.COMPLETE

    def first_token(self) -> bytes:
        """Who we are, and our nonce."""
        self._advance(ScramState.SEND_CLIENT_FIRST)
        name = self._username.replace("=", "=3D").replace(",", "=2C").encode()
        self._client_first = b"n=" + name + b",r=" + self._nonce + self._extensions
        return GS2_HEADER + self._client_first

    def evaluate(self, challenge: bytes) -> bytes | None:
        """Our proof for the broker's question; nothing for the broker's proof, if it is right."""
        fields = self._parse(challenge)
        if self.state is ScramState.RECEIVE_SERVER_FIRST:
            proof = self._client_final(challenge, fields)
            self._advance(ScramState.RECEIVE_SERVER_FIRST)
            return proof
        self._verify(fields)
        self._advance(ScramState.RECEIVE_SERVER_FINAL)
        return None

    def _advance(self, expected: ScramState) -> None:
        if self.state is not expected:
            raise IllegalStateError(f"{self} is {self.state.value}, and not {expected.value}")
        self.state = NEXT[expected]

    def _client_final(self, server_first: bytes, fields: dict[str, bytes]) -> bytes:
        nonce, salt, rounds = self._question(fields)
        salted = hashlib.pbkdf2_hmac(self._hash_name, self._password.reveal().encode(), salt, rounds)
        client_key = self._hmac(salted, b"Client Key")
        without_proof = b"c=" + b64encode(GS2_HEADER) + b",r=" + nonce
        conversation = b",".join((self._client_first, server_first, without_proof))
        client_signature = self._hmac(hashlib.new(self._hash_name, client_key).digest(), conversation)
        self._server_signature = self._hmac(self._hmac(salted, b"Server Key"), conversation)
        proof = bytes(key ^ mask for key, mask in zip(client_key, client_signature, strict=True))
        return without_proof + b",p=" + b64encode(proof)

    def _question(self, fields: dict[str, bytes]) -> tuple[bytes, bytes, int]:
        """Nonce, salt and rounds, if the broker may ask for so many."""
        nonce = fields.get("r", b"")
        if not nonce.startswith(self._nonce) or nonce == self._nonce:
            raise self._refusal("the broker's nonce does not continue ours")
        said = fields.get("i", b"")
        rounds = int(said) if said.isdigit() and len(said) <= MOST_DIGITS else 0
        if not FEWEST_ROUNDS <= rounds <= MOST_ROUNDS:
            raise self._refusal(f"the broker asks for {rounds} rounds; {FEWEST_ROUNDS} to {MOST_ROUNDS} are accepted")
        salt = self._decoded(fields.get("s", b""))
        if not salt:
            raise self._refusal("the broker sent no salt")
        return nonce, salt, rounds

    def _verify(self, fields: dict[str, bytes]) -> None:
        if "e" in fields:
            raise self._refusal(f"the broker says {fields['e'].decode(errors='replace')}")
        if not hmac.compare_digest(self._decoded(fields.get("v", b"")), self._server_signature):
            raise self._refusal("the broker could not prove that it knows the password; it may be somebody else")

    def _parse(self, message: bytes) -> dict[str, bytes]:
        """`r=…,s=…,i=…` by letter."""
        fields = {}
        for part in message.split(b","):
            if part[1:2] != b"=":
                raise self._refusal("the broker's message cannot be read")
            fields[chr(part[0])] = part[2:]
        return fields

    def _decoded(self, text: bytes) -> bytes:
        try:
            return b64decode(text, validate=True)
        except NotBase64:
            raise self._refusal("the broker's message cannot be read: it is not base64") from None

    def _hmac(self, key: bytes, message: bytes) -> bytes:
        return hmac.digest(key, message, self._hash_name)

    def _refusal(self, reason: str) -> SaslAuthenticationError:
        return SaslAuthenticationError(f"{self.name}: {reason}")

    def __repr__(self) -> str:
        return f"<ScramMechanism {self.name} for {self._username}: {self.state.value}>"
