"""The token of OAUTHBEARER that is good at present, and when it is old.

To come by a token may take its time: some server is asked for it. So that happens where one may wait: once on the
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

from kafka_nio.client.sasl.access_token import MS_PER_S, AccessToken
from kafka_nio.client.sasl.token_source import token_source
from kafka_nio.clock import NEVER, Clock
from kafka_nio.errors import DisconnectError
from kafka_nio.oauth_options import OAuthConfig
from kafka_nio.secret import Secret

log = logging.getLogger(__name__)


class TokenLogin:
    """The present token, and how to come by the next.

    Args:
        config: where tokens come from, and when one counts as old (`sasl.login.refresh.…`).
        clock, random: where time and jitter come from.

    Raises:
        ConfigError: what the configuration names cannot be used.
    """

    def __init__(self, config: OAuthConfig, clock: Clock, random: Random) -> None:
        self._retrieve = token_source(config, clock)
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
            ConfigError: what the configuration names is not what it should be.
            SaslAuthenticationError: there is no token to be had.
        """
        self._keep(self._retrieve())

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

    def _keep(self, token: AccessToken) -> None:
        now_ms = self._clock.now_ms()
        with self._lock:
            self._token = token.value
            self._old_at_ms = now_ms + self._fresh_for_ms(token.lifetime_ms)
            self._expires_at_ms = now_ms + token.lifetime_ms

    def _fresh_for_ms(self, lifetime_ms: float) -> float:
        """How long a token of this lifetime is not old: a part of it, but with time to spare, but not for too short."""
        if lifetime_ms == NEVER:
            return self._min_period_ms
        share = self._window_factor + self._random.random() * self._window_jitter
        if lifetime_ms < self._min_period_ms + self._buffer_ms:
            return lifetime_ms * share  # too short a life for both limits, so neither counts
        return max(self._min_period_ms, min(lifetime_ms * share, lifetime_ms - self._buffer_ms))

    def __repr__(self) -> str:
        return "<TokenLogin>"
