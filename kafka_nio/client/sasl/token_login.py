"""Where the tokens of OAUTHBEARER come from, and when they are old.

The caller's function may take its time: it asks some server for a token. So it runs where it may wait: once on the
application's thread, when the producer is made, and from then on, each time a token is needed and the present one is
old, on a thread of its own. Old is not expired. While the new token is on its way the old one still logs in.

    got a token                                old        expired
    |------------- window factor 80 % ---------|--------------|
                                               a login here fetches the next token, beside it

Left out against Java: a thread that lives as long as the producer and fetches tokens that nobody may need.

Java: org.apache.kafka.common.security.oauthbearer.internals.expiring.ExpiringCredentialRefreshingLogin
"""

import logging
import threading
from random import Random

from kafka_nio.clock import NEVER, Clock
from kafka_nio.errors import ConfigError, DisconnectError, SaslAuthenticationError
from kafka_nio.secret import Secret
from kafka_nio.security_options import SecurityConfig, TokenFunction

log = logging.getLogger(__name__)

MS_PER_S = 1_000


class TokenLogin:
    """The present token, and how to come by the next.

    Args:
        config: the caller's function, and when a token counts as old (`sasl.login.refresh.…`).
        clock, random: where time and jitter come from.
    """

    def __init__(self, config: SecurityConfig, clock: Clock, random: Random) -> None:
        assert config.sasl_oauthbearer_token is not None
        self._fetch: Secret[TokenFunction] = config.sasl_oauthbearer_token
        self._window_factor = config.sasl_login_refresh_window_factor
        self._window_jitter = config.sasl_login_refresh_window_jitter
        self._min_period_ms = config.sasl_login_refresh_min_period_seconds * MS_PER_S
        self._buffer_ms = config.sasl_login_refresh_buffer_seconds * MS_PER_S
        self._clock = clock
        self._random = random
        self._lock = threading.Lock()
        # guarded by the lock:
        self._token: Secret[str] = Secret("")
        self._old_at_ms: float = NEVER
        self._expires_at_ms: float = NEVER
        self._is_fetching = False

    def login(self) -> None:
        """Get the first token, and wait for it.

        Raises:
            ConfigError: the function returned something else.
            SaslAuthenticationError: the function raised; what it raised is the cause.
        """
        try:
            token, lifetime_ms = _checked(self._fetch.reveal()())
        except ConfigError:
            raise
        except Exception as error:
            raise SaslAuthenticationError(f"sasl.oauthbearer.token raised {type(error).__name__}") from error
        self._keep(token, lifetime_ms)

    def token(self) -> Secret[str]:
        """The token to log in with. If it is old, the next one is sent for.

        Raises:
            DisconnectError: it has expired, and the next one is not there yet; later it may be.
        """
        now_ms = self._clock.now_ms()
        with self._lock:
            if now_ms >= self._old_at_ms and not self._is_fetching:
                self._is_fetching = True
                self._clock.start(threading.Thread(target=self._fetch_next, name="kafka-oauth-token", daemon=True))
            if now_ms >= self._expires_at_ms:
                raise DisconnectError("the OAuth token has expired, and the next one is not there yet")
            return self._token

    def _fetch_next(self) -> None:
        try:
            self.login()
        except Exception as error:
            log.warning("No new OAuth token: %s; the next login asks again", error)
        finally:
            with self._lock:
                self._is_fetching = False

    def _keep(self, token: Secret[str], lifetime_ms: float) -> None:
        now_ms = self._clock.now_ms()
        with self._lock:
            self._token = token
            self._old_at_ms = now_ms + self._fresh_for_ms(lifetime_ms)
            self._expires_at_ms = now_ms + lifetime_ms

    def _fresh_for_ms(self, lifetime_ms: float) -> float:
        """How long a token of this lifetime is not old: a part of it, but with time to spare, but not for too short."""
        if lifetime_ms == NEVER:
            return self._min_period_ms
        share = self._window_factor + self._random.random() * self._window_jitter
        with_time_to_spare = min(lifetime_ms * share, lifetime_ms - self._buffer_ms)
        if with_time_to_spare >= self._min_period_ms:
            return with_time_to_spare
        # Too short a life for both limits, so they are ignored. Java does the same, and warns.
        return lifetime_ms * share

    def __repr__(self) -> str:
        return "<TokenLogin>"


def _checked(returned: object) -> tuple[Secret[str], float]:
    """What the function returned, as a token and a lifetime; NEVER stands for one that is not known."""
    token, lifetime_ms = returned if isinstance(returned, tuple) and len(returned) == 2 else (returned, NEVER)
    if not isinstance(token, str) or not token or not isinstance(lifetime_ms, int | float) or lifetime_ms <= 0:
        raise ConfigError("sasl.oauthbearer.token must return a token, or a token and for how many ms it is good")
    return Secret(token), float(lifetime_ms)
