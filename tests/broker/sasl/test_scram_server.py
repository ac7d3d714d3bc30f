"""SCRAM from the server's side, against another implementation of the client."""

from random import Random

import pytest
import scramp

from kafka_nio.broker.sasl.scram_server import HASHES, ScramServer, scram_credential
from kafka_nio.errors import SaslAuthenticationError


def server_for(mechanism: str, user: str = "anna", password: str = "secret") -> ScramServer:
    credential = scram_credential(mechanism, password, b"0123456789abcdef")
    return ScramServer(mechanism, {user: credential}, Random(1))


def log_in(server: ScramServer, mechanism: str, user: str, password: str) -> None:
    """Exchange all messages; the client checks the server's signature."""
    client = scramp.ScramClient([mechanism], user, password)
    client.set_server_first(server.evaluate_response(client.get_client_first().encode()).decode())
    client.set_server_final(server.evaluate_response(client.get_client_final().encode()).decode())


@pytest.mark.parametrize("mechanism", HASHES)
@pytest.mark.parametrize("user", ["anna", "a,n=na", "größer"])
def test_both_ends_are_convinced(mechanism: str, user: str) -> None:
    server = server_for(mechanism, user)
    log_in(server, mechanism, user, "secret")
    assert server.user == user


@pytest.mark.parametrize("mechanism", HASHES)
@pytest.mark.parametrize(("user", "password"), [("anna", "wrong"), ("nobody", "secret")])
def test_a_wrong_password_and_an_unknown_user_are_refused_in_the_same_words(
    mechanism: str, user: str, password: str
) -> None:
    server = server_for(mechanism)
    with pytest.raises(SaslAuthenticationError, match=f"invalid credentials with {mechanism}"):
        log_in(server, mechanism, user, password)
    assert server.user is None


@pytest.mark.parametrize("token", [b"", b"n,,", b"y,,n=anna,r=x", b"n,,n=anna", b"n,a=otto,n=anna,r=x", b"\xff"])
def test_what_is_no_first_message_is_refused(token: bytes) -> None:
    with pytest.raises(SaslAuthenticationError):
        server_for("SCRAM-SHA-256").evaluate_response(token)


@pytest.mark.parametrize("final", ["", "c=biws,r=other,p=AAAA", "c=biws,r={nonce},p=AAAA", "c=biws,r={nonce},p=???"])
def test_what_is_no_final_message_is_refused(final: str) -> None:
    server = server_for("SCRAM-SHA-256")
    first = server.evaluate_response(b"n,,n=anna,r=abc").decode()
    nonce = first.partition(",")[0].removeprefix("r=")
    with pytest.raises(SaslAuthenticationError):
        server.evaluate_response(final.format(nonce=nonce).encode())
