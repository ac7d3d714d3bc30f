"""When a token is fetched, and on whose thread."""

import threading
from collections.abc import Callable
from random import Random

import pytest

from kafka_nio.client.sasl.token_login import TokenLogin
from kafka_nio.clock import MockClock
from kafka_nio.config import ProducerConfig
from kafka_nio.errors import ConfigError, DisconnectError, SaslAuthenticationError

HOUR_MS = 3_600_000


class ThreadsAtHand(MockClock):
    """A clock whose threads run when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[threading.Thread] = []

    def start(self, thread: threading.Thread) -> None:
        self.started.append(thread)

    def run_started(self) -> None:
        """Let them run to their end."""
        while self.started:
            self.started.pop().run()


class Tokens:
    """A caller's function: token-1, token-2, …"""

    def __init__(self, lifetime_ms: float | None = HOUR_MS) -> None:
        self.lifetime_ms = lifetime_ms
        self.problem: Exception | None = None
        self.calls = 0

    def __call__(self) -> object:
        self.calls += 1
        if self.problem is not None:
            raise self.problem
        token = f"token-{self.calls}"
        return token if self.lifetime_ms is None else (token, self.lifetime_ms)


def login_by(function: Callable[[], object], clock: MockClock, **options: object) -> TokenLogin:
    config = ProducerConfig.parse(
        {"bootstrap.servers": "localhost:9092", "security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER"},
        sasl_oauthbearer_token=function,
        **options,
    )
    return TokenLogin(config, clock, Random(1))


def test_the_first_token_is_fetched_on_the_callers_own_thread() -> None:
    clock, tokens = ThreadsAtHand(), Tokens()
    login = login_by(tokens, clock)
    login.login()
    assert not clock.started
    assert login.token().reveal() == "token-1"


def test_an_old_token_logs_in_while_the_next_one_is_fetched_beside_it() -> None:
    clock, tokens = ThreadsAtHand(), Tokens()
    login = login_by(tokens, clock)
    login.login()
    clock.sleep(0.79 * HOUR_MS)
    assert login.token().reveal() == "token-1"
    assert not clock.started, "80 to 85 % of its life it is not old"
    clock.sleep(0.07 * HOUR_MS)
    assert [login.token().reveal(), login.token().reveal()] == ["token-1", "token-1"]
    assert len(clock.started) == 1, "one fetch at a time"
    clock.run_started()
    assert login.token().reveal() == "token-2"


def test_an_expired_token_is_not_used() -> None:
    clock, tokens = ThreadsAtHand(), Tokens()
    login = login_by(tokens, clock)
    login.login()
    clock.sleep(HOUR_MS)
    with pytest.raises(DisconnectError, match="has expired"):
        login.token()
    clock.run_started()
    assert login.token().reveal() == "token-2"


def test_a_fetch_that_fails_is_tried_again_at_the_next_login() -> None:
    clock, tokens = ThreadsAtHand(), Tokens()
    login = login_by(tokens, clock)
    login.login()
    clock.sleep(0.9 * HOUR_MS)
    tokens.problem = OSError("secret of the identity provider")
    login.token()
    clock.run_started()
    assert login.token().reveal() == "token-1"
    tokens.problem = None
    clock.run_started()
    assert login.token().reveal() == "token-3"


@pytest.mark.parametrize(
    ("lifetime_ms", "old_after_ms"),
    [(HOUR_MS, 0.8 * HOUR_MS), (600_000, 300_000), (100_000, 80_000), (None, 60_000)],
    ids=["a part of it", "time to spare", "too short for limits", "unknown"],
)
def test_when_a_token_is_old(lifetime_ms: float | None, old_after_ms: float) -> None:
    clock = ThreadsAtHand()
    login = login_by(Tokens(lifetime_ms), clock, sasl_login_refresh_window_jitter=0)
    login.login()
    clock.sleep(old_after_ms - 1)
    login.token()
    assert not clock.started
    clock.sleep(1)
    login.token()
    assert clock.started


def test_a_token_is_not_old_before_the_least_period_if_it_lives_longer_than_both_limits() -> None:
    clock = ThreadsAtHand()
    limits = {"min_period_seconds": 900, "buffer_seconds": 0, "window_jitter": 0}
    login = login_by(
        Tokens(1_000_000), clock, **{f"sasl_login_refresh_{name}": limit for name, limit in limits.items()}
    )
    login.login()
    clock.sleep(899_999)
    login.token()
    assert not clock.started
    clock.sleep(1)
    login.token()
    assert clock.started


def test_a_function_that_fails_at_first_is_an_error_without_its_words() -> None:
    tokens = Tokens()
    tokens.problem = OSError("secret of the identity provider")
    with pytest.raises(SaslAuthenticationError, match=r"^sasl\.oauthbearer\.token raised OSError$"):
        login_by(tokens, MockClock()).login()


@pytest.mark.parametrize("returned", [None, "", b"token", ("token", 0), ("token", "long"), ("token", 1, 2), 7])
def test_what_is_no_token_is_refused(returned: object) -> None:
    with pytest.raises(ConfigError, match="must return a token, or a token and for how many ms it is good"):
        login_by(lambda: returned, MockClock()).login()
