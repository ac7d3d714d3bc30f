"""From the `ssl.*` options to an `ssl.SSLContext`: whom to trust, what to show, which versions and ciphers to speak.

A wrong path, a key that does not fit its certificate or a wrong password is found here, when the producer is made, and
not at the first connection.

Java: org.apache.kafka.common.security.ssl.DefaultSslEngineFactory
"""

import os
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from kafka_nio.errors import ConfigError
from kafka_nio.security_options import SecurityConfig

VERSIONS = {"TLSv1.2": ssl.TLSVersion.TLSv1_2, "TLSv1.3": ssl.TLSVersion.TLSv1_3, "TLS": ssl.TLSVersion.TLSv1_3}


def client_context(config: SecurityConfig) -> ssl.SSLContext:
    """The context that the options ask for; the caller's own one if there is one.

    Raises:
        ConfigError: a file cannot be read, or what is in it cannot be used.
    """
    if config.ssl_context is not None:
        return config.ssl_context
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # verifies certificates, and the host's name
    context.check_hostname = bool(config.ssl_endpoint_identification_algorithm)
    context.options |= ssl.OP_NO_RENEGOTIATION
    _choose_versions(context, config)
    _choose_ciphers(context, config.ssl_cipher_suites)
    _trust(context, config)
    _show_ourselves(context, config)
    return context


def _choose_versions(context: ssl.SSLContext, config: SecurityConfig) -> None:
    newest = VERSIONS[config.ssl_protocol]
    chosen = [VERSIONS[name] for name in config.ssl_enabled_protocols if VERSIONS[name] <= newest]
    if not chosen:
        enabled = ", ".join(config.ssl_enabled_protocols)
        raise ConfigError(f"ssl.enabled.protocols={enabled} and ssl.protocol={config.ssl_protocol} leave no version")
    context.minimum_version, context.maximum_version = min(chosen), max(chosen)


def _choose_ciphers(context: ssl.SSLContext, names: tuple[str, ...]) -> None:
    if not names:
        return
    try:
        context.set_ciphers(":".join(names))
    except ssl.SSLError:
        raise ConfigError(
            f"ssl.cipher.suites={','.join(names)}: OpenSSL knows none of these for TLS 1.2 (it has names of its own, "
            "like ECDHE-RSA-AES128-GCM-SHA256; those of TLS 1.3 cannot be chosen)"
        ) from None


def _trust(context: ssl.SSLContext, config: SecurityConfig) -> None:
    try:
        if config.ssl_truststore_location is not None:
            context.load_verify_locations(cafile=config.ssl_truststore_location)
        elif config.ssl_truststore_certificates is not None:
            context.load_verify_locations(cadata=config.ssl_truststore_certificates)
        else:
            context.load_default_certs(ssl.Purpose.SERVER_AUTH)
    except OSError as error:
        where = config.ssl_truststore_location
        option = f"ssl.truststore.location={where}" if where is not None else "ssl.truststore.certificates"
        raise ConfigError(f"{option}: {_why(error, 'no certificates in PEM form')}") from None


def _show_ourselves(context: ssl.SSLContext, config: SecurityConfig) -> None:
    password = config.ssl_key_password.reveal() if config.ssl_key_password is not None else ""
    try:
        with _key_and_chain(config) as path:
            if path is not None:
                # Given no password OpenSSL asks at the terminal, so it gets one in any case.
                context.load_cert_chain(path, password=password)
    except OSError as error:
        where = config.ssl_keystore_location
        option = f"ssl.keystore.location={where}" if where is not None else "ssl.keystore.key"
        problem = "no private key with its certificates in PEM form, or ssl.key.password is wrong or missing"
        raise ConfigError(f"{option}: {_why(error, problem)}") from None


@contextmanager
def _key_and_chain(config: SecurityConfig) -> Iterator[str | None]:
    """A file that holds both. OpenSSL reads files alone, so text goes to one that only we can read, for a moment."""
    if config.ssl_keystore_key is None or config.ssl_keystore_certificate_chain is None:
        yield config.ssl_keystore_location
        return
    number, path = tempfile.mkstemp(suffix=".pem")
    try:
        with os.fdopen(number, "w") as file:
            file.write(f"{config.ssl_keystore_key.reveal()}\n{config.ssl_keystore_certificate_chain}\n")
        yield path
    finally:
        os.unlink(path)


def _why(error: OSError, problem: str) -> str:
    """OpenSSL's own words about a file are of little use."""
    if isinstance(error, ssl.SSLError):
        return f"{problem} ({(error.reason or 'unreadable').replace('_', ' ').lower()})"
    return error.strerror or problem
