"""SCRAM against the RFC's own example, against scramp's server, and against servers that cheat."""

import re
from random import Random

import pytest
import scramp
from scramp.core import ScramServer as ScrampServer

from kafka_nio.broker.sasl.scram_server import ScramServer, scram_credential
from kafka_nio.client.sasl.scram import FEWEST_ROUNDS, MOST_ROUNDS, ScramMechanism, ScramState
from kafka_nio.errors import IllegalStateError, SaslAuthenticationError
from kafka_nio.secret import Secret

NAMES = ("SCRAM-SHA-256", "SCRAM-SHA-512")


def mechanism(
    name: str = "SCRAM-SHA-256", username: str = "user", password: str = "pencil", nonce: str = "rOprNGfwEbeRWgbNEkqO"
) -> ScramMechanism:
    return ScramMechanism(name, username, Secret(password), lambda: nonce)


def scramp_server(name: str, username: str, password: str) -> ScrampServer:
    its = scramp.ScramMechanism(mechanism=name)
    known = {username: its.make_auth_info(password, iteration_count=FEWEST_ROUNDS)}
    return its.make_server(known.__getitem__)


def test_the_example_of_rfc_7677() -> None:
    scram = mechanism()
    assert scram.first_token() == b"n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    final = scram.evaluate(b"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
    assert final == (
        b"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
    )
    assert not scram.is_complete, "the broker has proved nothing yet"
    assert scram.evaluate(b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=") is None
    assert scram.is_complete


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("username", "password"), [("user", "pencil"), ("a=b,c", "p,=ß"), ("großmutter", " ")])
def test_another_implementation_lets_us_in(name: str, username: str, password: str) -> None:
    server, scram = scramp_server(name, username, password), mechanism(name, username, password)
    server.set_client_first(scram.first_token().decode())
    proof = scram.evaluate(server.get_server_first().encode())
    assert proof is not None
    server.set_client_final(proof.decode())
    assert scram.evaluate(server.get_server_final().encode()) is None
    assert scram.is_complete


@pytest.mark.parametrize("name", NAMES)
def test_another_implementation_does_not_let_us_in_with_a_wrong_password(name: str) -> None:
    server, scram = scramp_server(name, "user", "pencil"), mechanism(name, password="pen")
    server.set_client_first(scram.first_token().decode())
    proof = scram.evaluate(server.get_server_first().encode())
    assert proof is not None
    with pytest.raises(scramp.ScramException):
        server.set_client_final(proof.decode())


QUESTION = b"r=rOprNGfwEbeRWgbNEkqOserver,s=c2FsdA==,i=4096"


@pytest.mark.parametrize(
    ("question", "problem"),
    [
        (b"r=other,s=c2FsdA==,i=4096", "nonce does not continue ours"),
        (b"r=rOprNGfwEbeRWgbNEkqO,s=c2FsdA==,i=4096", "nonce does not continue ours"),
        (b"s=c2FsdA==,i=4096", "nonce does not continue ours"),
        (QUESTION.replace(b"4096", b"4095"), "asks for 4095 rounds; 4096 to 100000 are accepted"),
        (QUESTION.replace(b"4096", b"%d" % (MOST_ROUNDS + 1)), "asks for 100001 rounds"),
        (QUESTION.replace(b"4096", b"-1"), "asks for 0 rounds"),
        (QUESTION.replace(b",i=4096", b""), "asks for 0 rounds"),
        (QUESTION.replace(b"c2FsdA==", b""), "sent no salt"),
        (QUESTION.replace(b"c2FsdA==", b"*"), "is not base64"),
        (b"", "cannot be read"),
        (b"hello", "cannot be read"),
    ],
)
def test_a_question_that_cannot_be_right_is_refused(question: bytes, problem: str) -> None:
    scram = mechanism()
    scram.first_token()
    with pytest.raises(SaslAuthenticationError, match=f"SCRAM-SHA-256: .*{re.escape(problem)}"):
        scram.evaluate(question)


@pytest.mark.parametrize(
    ("proof", "problem"),
    [
        (b"v=" + b"A" * 43 + b"=", "could not prove that it knows the password"),
        (b"v=", "could not prove that it knows the password"),
        (b"x=1", "could not prove that it knows the password"),
        (b"e=other-error", "the broker says other-error"),
    ],
)
def test_a_broker_that_cannot_prove_that_it_knows_the_password_is_refused(proof: bytes, problem: str) -> None:
    scram = mechanism()
    scram.first_token()
    scram.evaluate(QUESTION)
    with pytest.raises(SaslAuthenticationError, match=problem):
        scram.evaluate(proof)
    assert not scram.is_complete


def test_a_delegation_token_says_that_it_is_one() -> None:
    """Its id is the name and its HMAC the password; the extension belongs to what both ends sign."""
    scram = ScramMechanism("SCRAM-SHA-256", "id", Secret("hmac"), lambda: "nonce", by_delegation_token=True)
    assert scram.first_token() == b"n,,n=id,r=nonce,tokenauth=true"
    server = ScramServer("SCRAM-SHA-256", {"id": scram_credential("SCRAM-SHA-256", "hmac", b"salt")}, Random(1))
    proof = scram.evaluate(server.evaluate_response(b"n,,n=id,r=nonce,tokenauth=true"))
    assert proof is not None
    assert scram.evaluate(server.evaluate_response(proof)) is None
    assert scram.is_complete


def test_no_text_of_it_tells_the_password() -> None:
    scram = mechanism(password="open sesame")
    scram.first_token()
    assert repr(scram) == "<ScramMechanism SCRAM-SHA-256 for user: waiting for salt and rounds>"


def test_it_begins_once() -> None:
    scram = mechanism()
    scram.first_token()
    assert scram.state is ScramState.RECEIVE_SERVER_FIRST
    with pytest.raises(IllegalStateError):
        scram.first_token()
