"""SCRAM (RFC 5802), from the server's side: both ends prove that they know the password, and neither says it.

    client   n,,n=USER,r=NONCE
    server   r=NONCE AND OURS,s=SALT,i=ITERATIONS
    client   c=biws,r=NONCE AND OURS,p=PROOF
    server   v=SIGNATURE

The server does not keep the password. It keeps two keys made of it, with which it can check the client's proof and
write its own signature, and from which the password cannot be had back.

Java: org.apache.kafka.common.security.scram.internals.ScramSaslServer, ScramFormatter
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from kafka_nio.clock import NEVER
from kafka_nio.errors import SaslAuthenticationError

ITERATIONS = 4096
"""How often the password is hashed: what Kafka takes at least."""
SALT_SIZE = 16
NONCE_SIZE = 18

HASHES = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}
"""The mechanisms by the hash that they use."""

_CLIENT_FIRST = re.compile(
    r"n,(?:a=(?P<authorization_id>[^,]*))?,(?P<bare>n=(?P<user>[^,]+),r=(?P<nonce>[!-+\--~]+)(?:,.*)?)"
)
_CLIENT_FINAL = re.compile(r"(?P<without_proof>c=(?P<binding>[^,]+),r=(?P<nonce>[^,]+)(?:,.*)?),p=(?P<proof>[^,]+)")


@dataclass(frozen=True, slots=True)
class ScramCredential:
    """What the server keeps of a password. Whoever knows the keys can pass for the server, so no text shows them."""

    salt: bytes
    stored_key: bytes = field(repr=False)
    server_key: bytes = field(repr=False)


def scram_credential(mechanism: str, password: str, salt: bytes) -> ScramCredential:
    """The keys that a server keeps."""
    hash_name = HASHES[mechanism]
    salted = hashlib.pbkdf2_hmac(hash_name, password.encode(), salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", hash_name)
    stored_key = hashlib.new(hash_name, client_key).digest()
    return ScramCredential(salt, stored_key, hmac.digest(salted, b"Server Key", hash_name))


class ScramServer:
    """One login."""

    expires_ms = NEVER

    def __init__(self, mechanism: str, credentials: Mapping[str, ScramCredential], random: Random) -> None:
        self._hash_name = HASHES[mechanism]
        self._refusal = f"Authentication failed during authentication due to invalid credentials with {mechanism}"
        self._credentials = credentials
        self._nonce = base64.b64encode(random.randbytes(NONCE_SIZE)).decode()
        self._first_messages: tuple[str, str] | None = None
        self._claimed_user = ""
        self.user: str | None = None

    def evaluate_response(self, token: bytes) -> bytes:
        """Answer the first message with salt and nonce, the final one with our signature."""
        try:
            message = token.decode()
        except UnicodeDecodeError:
            raise SaslAuthenticationError("Authentication failed: a message of SCRAM is text in UTF-8") from None
        if self._first_messages is None:
            return self._server_first(message).encode()
        return self._server_final(message, *self._first_messages).encode()

    def _server_first(self, message: str) -> str:
        found = _CLIENT_FIRST.fullmatch(message)
        if found is None:
            raise SaslAuthenticationError("Authentication failed: this is no first message of SCRAM")
        self._claimed_user = found["user"].replace("=2C", ",").replace("=3D", "=")
        if found["authorization_id"] not in (None, "", found["user"]):
            raise SaslAuthenticationError("Authentication failed: one user may not act for another")
        if self._claimed_user not in self._credentials:
            raise SaslAuthenticationError(self._refusal)
        self._nonce = found["nonce"] + self._nonce
        salt = base64.b64encode(self._credential.salt).decode()
        answer = f"r={self._nonce},s={salt},i={ITERATIONS}"
        self._first_messages = found["bare"], answer
        return answer

    def _server_final(self, message: str, client_first: str, server_first: str) -> str:
        found = _CLIENT_FINAL.fullmatch(message)
        if found is None or found["nonce"] != self._nonce:
            raise SaslAuthenticationError("Authentication failed: this is no final message of this login")
        signed = f"{client_first},{server_first},{found['without_proof']}".encode()
        if not self._proves(found["proof"], signed):
            raise SaslAuthenticationError(self._refusal)
        self.user = self._claimed_user
        return "v=" + base64.b64encode(hmac.digest(self._credential.server_key, signed, self._hash_name)).decode()

    @property
    def _credential(self) -> ScramCredential:
        return self._credentials[self._claimed_user]

    def _proves(self, proof: str, signed: bytes) -> bool:
        """The proof is the client key, covered by a signature that we can make too; its hash is what we know."""
        signature = hmac.digest(self._credential.stored_key, signed, self._hash_name)
        try:
            covered = base64.b64decode(proof, validate=True)
        except ValueError:
            return False
        if len(covered) != len(signature):
            return False
        client_key = bytes(one ^ other for one, other in zip(covered, signature, strict=True))
        return hmac.compare_digest(hashlib.new(self._hash_name, client_key).digest(), self._credential.stored_key)

    def __repr__(self) -> str:
        return f"<ScramServer for {self.user or 'nobody yet'}>"
