"""From options to a TLS context, and what is wrong with files that cannot be used."""

import ssl
from contextlib import suppress
from pathlib import Path

import pytest

from kafka_nio.config import ProducerConfig
from kafka_nio.errors import ConfigError
from kafka_nio.network.ssl_context import client_context
from tests.support.certificates import Authority


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def context(**options: object) -> ssl.SSLContext:
    config = ProducerConfig.parse({"bootstrap.servers": "localhost:9092", "security.protocol": "SSL"}, **options)
    return client_context(config)


def refusal(**options: object) -> str:
    with pytest.raises(ConfigError) as refused:
        context(**options)
    return str(refused.value)


def test_by_default_certificates_and_host_names_are_verified() -> None:
    made = context()
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert (made.minimum_version, made.maximum_version) == (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@pytest.mark.behaviour(201)
def test_a_second_handshake_is_refused() -> None:
    assert context().options & ssl.OP_NO_RENEGOTIATION


def test_without_a_check_of_the_host_name_certificates_are_verified_all_the_same() -> None:
    made = context(ssl_endpoint_identification_algorithm="")
    assert (made.verify_mode, made.check_hostname) == (ssl.CERT_REQUIRED, False)


def test_a_context_of_the_callers_own_is_used_as_it_is() -> None:
    own = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    assert context(ssl_context=own) is own


def test_what_to_trust_may_be_a_file_or_text(authority: Authority) -> None:
    by_file = context(ssl_truststore_location=authority.location)
    by_text = context(ssl_truststore_certificates=authority.certificate)
    assert by_file.get_ca_certs() == by_text.get_ca_certs() != []


@pytest.mark.parametrize("password", [None, "quiet"])
def test_our_key_may_be_a_file_or_text(authority: Authority, password: str | None) -> None:
    options = {"ssl_truststore_location": authority.location}
    if password is not None:
        options["ssl_key_password"] = password
    by_file = context(ssl_keystore_location=authority.issue_file("client", password=password), **options)
    key, chain = authority.issue("client", password=password)
    by_text = context(ssl_keystore_key=key, ssl_keystore_certificate_chain=chain, **options)
    assert [name_shown_by(made, authority) for made in (by_file, by_text)] == ["client", "client"]


def name_shown_by(client: ssl.SSLContext, authority: Authority) -> str:
    """Whose certificate a server sees that asks for one. The handshake needs no sockets."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(authority.issue_file("localhost"))
    server.load_verify_locations(authority.location)
    server.verify_mode = ssl.CERT_REQUIRED
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname="localhost"),
        server.wrap_bio(to_server, to_client, server_side=True),
    )
    for end in ends * 3:
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    certificate = ends[1].getpeercert()
    assert certificate, "the server was shown no certificate"
    ((_, name),) = certificate["subjectAltName"]
    return str(name)


def test_a_key_given_as_text_does_not_stay_in_a_file(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    key, chain = authority.issue("client")
    context(ssl_keystore_key=key, ssl_keystore_certificate_chain=chain)
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("options", "oldest", "newest"),
    [
        ({"ssl_enabled_protocols": "TLSv1.2"}, "TLSv1_2", "TLSv1_2"),
        ({"ssl_enabled_protocols": ["TLSv1.3"]}, "TLSv1_3", "TLSv1_3"),
        ({"ssl_protocol": "TLSv1.2"}, "TLSv1_2", "TLSv1_2"),
        ({"ssl_protocol": "TLS"}, "TLSv1_2", "TLSv1_3"),
    ],
)
def test_versions_can_be_chosen(options: dict[str, object], oldest: str, newest: str) -> None:
    made = context(**options)
    assert (made.minimum_version.name, made.maximum_version.name) == (oldest, newest)


def test_ciphers_can_be_chosen() -> None:
    made = context(ssl_cipher_suites="ECDHE-RSA-AES128-GCM-SHA256")
    of_tls_1_2 = [cipher["name"] for cipher in made.get_ciphers() if cipher["protocol"] == "TLSv1.2"]
    assert of_tls_1_2 == ["ECDHE-RSA-AES128-GCM-SHA256"]


def test_what_cannot_be_used_is_said(authority: Authority, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("hello")
    locked = authority.issue_file("client", password="quiet")
    key, _ = authority.issue("client")
    _, chain = authority.issue("somebody-else")
    assert refusal(ssl_truststore_location="nowhere.pem").endswith("nowhere.pem: No such file or directory")
    assert "no certificates in PEM form" in refusal(ssl_truststore_location=empty)
    assert "ssl.truststore.certificates: no certificates in PEM form" in refusal(ssl_truststore_certificates="hello")
    assert refusal(ssl_keystore_location="nowhere.pem").endswith("nowhere.pem: No such file or directory")
    assert "no private key with its certificates in PEM form" in refusal(ssl_keystore_location=empty)
    assert "ssl.key.password is wrong or missing" in refusal(ssl_keystore_location=locked)
    assert "ssl.key.password is wrong or missing" in refusal(ssl_keystore_location=locked, ssl_key_password="loud")
    assert "key values mismatch" in refusal(ssl_keystore_key=key, ssl_keystore_certificate_chain=chain)
    assert "leave no version" in refusal(ssl_enabled_protocols="TLSv1.3", ssl_protocol="TLSv1.2")
    assert "OpenSSL knows none of these" in refusal(ssl_cipher_suites="TLS_RSA_WITH_NOTHING")
