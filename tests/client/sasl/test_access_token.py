"""What a client learns of a token, and what it takes for none."""

import pytest

from kafka_nio.client.sasl.access_token import TokenReader
from kafka_nio.errors import SaslAuthenticationError
from tests.client.sasl.tokens import web_token

NOW_MS = 1_700_000_000_000
NOW_S = NOW_MS // 1000
GOOD = {"sub": "alice", "exp": NOW_S + 600, "scope": "orders"}


def read(text: str, scope: str = "scope", sub: str = "sub") -> tuple[str, float]:
    token = TokenReader(scope, sub).read(text, NOW_MS, "the provider")
    return token.value.reveal(), token.lifetime_ms


def test_a_token_says_how_long_it_is_good() -> None:
    text = web_token(**GOOD)
    assert read(f" {text}\n") == (text, 600_000)


def test_claims_may_have_other_names() -> None:
    text = web_token(user="alice", rights=["a", "b"], exp=NOW_S + 1)
    assert read(text, scope="rights", sub="user") == (text, 1_000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<html>", "the provider gave something that is no JSON Web Token"),
        ("a.b.c", "no JSON Web Token"),
        ("a.W10.c", "no JSON Web Token"),
        (web_token(**GOOD | {"sub": " "}), "does not say whose it is (claim sub)"),
        (web_token(**GOOD | {"scope": ["a", "a"]}), "no names in its claim scope"),
        (web_token(**GOOD | {"scope": 7}), "no names in its claim scope"),
        (web_token(sub="alice"), "does not say when it expires (claim exp)"),
        (web_token(**GOOD | {"exp": True}), "does not say when it expires"),
        (web_token(**GOOD | {"exp": NOW_S - 5}), "expired 5 s ago"),
    ],
)
def test_what_cannot_be_used_is_refused_without_being_repeated(text: str, words: str) -> None:
    with pytest.raises(SaslAuthenticationError) as refused:
        read(text)
    assert words in str(refused.value)
    assert text not in str(refused.value)
