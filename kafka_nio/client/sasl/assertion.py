"""An assertion: a JSON Web Token with which a client tells an identity provider who it is (RFC 7523).

    header      {"kid": "…", "alg": "RS256", "typ": "JWT"}                        what it is
    payload     {"sub": "…", "aud": "…", "iat": …, "exp": …, "nbf": …}           what it says
    signature   of both, by a private key whose public half the provider has

Header and payload are laid over each other: the template's, then what the options say, then what depends on the time.
All files are read again for each assertion, so that a key can be replaced while the producer runs.

Java: org.apache.kafka.common.security.oauthbearer.internals.secured.assertion.DefaultAssertionCreator
"""

import json
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from kafka_nio.clock import Clock
from kafka_nio.errors import ConfigError
from kafka_nio.oauth_options import OAuthConfig
from kafka_nio.secret import Secret

MakeAssertion = Callable[[], Secret[str]]

MS_PER_S = 1_000
BYTES_OF_P256 = 32


def assertion_from_file(path: str) -> MakeAssertion:
    """One that somebody else has signed, and may replace."""
    return lambda: Secret(_read(path, "sasl.oauthbearer.assertion.file").decode().strip())


def signed_assertion(config: OAuthConfig, clock: Clock) -> MakeAssertion:
    """One that is signed here, anew each time.

    Raises:
        ConfigError: the library that signs is not installed, or the key cannot be used.
    """
    sign = _signer(config)
    sign(b"")  # a key that cannot sign is better refused now

    def make() -> Secret[str]:
        header, payload = _header_and_payload(config, clock.time_ms() // MS_PER_S)
        content = b".".join(_encoded(json.dumps(part).encode()) for part in (header, payload))
        return Secret((content + b"." + _encoded(sign(content))).decode())

    return make


def _header_and_payload(config: OAuthConfig, now_s: int) -> tuple[dict[str, Any], dict[str, Any]]:
    template = _template(config.sasl_oauthbearer_assertion_template_file)
    options = {
        "aud": config.sasl_oauthbearer_assertion_claim_aud,
        "iss": config.sasl_oauthbearer_assertion_claim_iss,
        "sub": config.sasl_oauthbearer_assertion_claim_sub,
    }
    times: dict[str, Any] = {
        "iat": now_s,
        "exp": now_s + config.sasl_oauthbearer_assertion_claim_exp_seconds,
        "nbf": now_s - config.sasl_oauthbearer_assertion_claim_nbf_seconds,
    }
    if config.sasl_oauthbearer_assertion_claim_jti_include:
        times["jti"] = str(uuid.uuid4())
    header = {**template["header"], "alg": config.sasl_oauthbearer_assertion_algorithm, "typ": "JWT"}
    said = {name: claim for name, claim in options.items() if claim is not None}
    return header, {**template["payload"], **said, **times}


def _template(path: str | None) -> Mapping[str, Mapping[str, Any]]:
    if path is None:
        return {"header": {}, "payload": {}}
    option = "sasl.oauthbearer.assertion.template.file"
    try:
        read = json.loads(_read(path, option))
    except ValueError:
        raise ConfigError(f"{option}: {path} is not JSON") from None
    parts = {name: read.get(name, {}) for name in ("header", "payload")} if isinstance(read, dict) else {}
    if not parts or not all(isinstance(part, dict) for part in parts.values()):
        raise ConfigError(f'{option}: {path} must hold {{"header": {{…}}, "payload": {{…}}}}, or one of both')
    return parts


def _signer(config: OAuthConfig) -> Callable[[bytes], bytes]:
    """Signs by the key in the file, which is read each time.

    `ES256` is a pair of numbers, 32 bytes each (RFC 7518 §3.4). Java's signature is a DER sequence of them, which
    providers refuse.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
        from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ImportError:
        raise ConfigError(
            "sasl.oauthbearer.assertion.private.key.file: signing needs the package cryptography: "
            "pip install 'kafka-nio[oauth]'"
        ) from None
    option, algorithm = "sasl.oauthbearer.assertion.private.key.file", config.sasl_oauthbearer_assertion_algorithm
    path, passphrase = config.sasl_oauthbearer_assertion_private_key_file or "", _passphrase(config)

    def sign(content: bytes) -> bytes:
        pem = _read(path, option)
        try:
            key = load_pem_private_key(pem, passphrase)
        except (ValueError, TypeError):
            raise ConfigError(f"{option}: {path} holds no private key in PEM, or its passphrase is not right") from None
        if algorithm == "RS256" and isinstance(key, rsa.RSAPrivateKey):
            return key.sign(content, padding.PKCS1v15(), SHA256())
        if algorithm == "ES256" and isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.key_size == 256:
            numbers = decode_dss_signature(key.sign(content, ec.ECDSA(SHA256())))
            return b"".join(number.to_bytes(BYTES_OF_P256, "big") for number in numbers)
        raise ConfigError(f"{option}: the key in {path} cannot sign by {algorithm}")

    return sign


def _passphrase(config: OAuthConfig) -> bytes | None:
    secret = config.sasl_oauthbearer_assertion_private_key_passphrase
    return None if secret is None else secret.reveal().encode()


def _read(path: str, option: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ConfigError(f"{option}: {path} cannot be read: {error.strerror}") from None


def _encoded(part: bytes) -> bytes:
    return urlsafe_b64encode(part).rstrip(b"=")
