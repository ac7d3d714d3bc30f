"""A value that no text shows."""

import copy
import pickle
from dataclasses import asdict, dataclass

import pytest

from kafka_nio.secret import Secret
from kafka_nio.tracing.describe import describe


@dataclass
class Account:
    password: Secret[str]


def test_no_text_shows_it() -> None:
    secret = Secret("open sesame")
    texts = [repr(secret), str(secret), f"{secret}", repr(Account(secret)), str(describe(secret))]
    assert set(texts[:3]) == {"[hidden]"}
    assert not [text for text in texts if "sesame" in text]


def test_it_can_be_revealed_by_whoever_says_so() -> None:
    assert Secret("open sesame").reveal() == "open sesame"


def test_it_is_equal_to_what_hides_the_same() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert len({Secret("a"), Secret("a")}) == 1


def test_nothing_writes_it_down() -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(Secret("open sesame"))


def test_a_copy_of_what_holds_it_hides_it_too() -> None:
    account = Account(Secret("open sesame"))
    assert copy.deepcopy(account) == account
    assert copy.copy(account.password) == account.password
    assert "sesame" not in repr(asdict(account))
