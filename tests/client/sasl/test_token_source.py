"""Tokens out of a file. For the others see `test_token_login` and `test_token_endpoint`."""

from pathlib import Path
from random import Random

import pytest

from kafka_nio.client.sasl.token_login import TokenLogin
from kafka_nio.clock import MockClock
from kafka_nio.errors import SaslAuthenticationError
from tests.client.sasl.tokens import oauth, web_token


def test_a_token_out_of_a_file_is_read_again_for_each_fetch(tmp_path: Path) -> None:
    clock, file = MockClock(), tmp_path / "a token.jwt"
    login = TokenLogin(oauth(token_endpoint_url=file.as_uri()), clock, Random(1))
    for name in ("alice", "bob"):
        token = web_token(sub=name, exp=clock.time_ms() // 1000 + 600)
        file.write_text(token + "\n")
        login.login()
        assert login.token().reveal() == token


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "token.jwt"
    login = TokenLogin(oauth(token_endpoint_url=file.as_uri()), MockClock(), Random(1))
    with pytest.raises(SaslAuthenticationError, match=r"token\.jwt cannot be read: No such file or directory"):
        login.login()
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(SaslAuthenticationError, match=r"token\.jwt cannot be read: it is not text"):
        login.login()
