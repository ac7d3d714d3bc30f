"""From `sasl.mechanism` to the class that does it.

Java: org.apache.kafka.common.security.authenticator.SaslClientAuthenticator.createSaslClient
"""

import secrets
from random import Random

from kafka_nio.client.sasl.mechanism import NewMechanism
from kafka_nio.client.sasl.plain import PlainMechanism
from kafka_nio.client.sasl.scram import ScramMechanism
from kafka_nio.clock import Clock
from kafka_nio.security_options import SecurityConfig

NONCE_BYTES = 24


def new_nonce() -> str:
    """Text that nobody can guess. Not from the producer's own randomness, which need not be that good."""
    return secrets.token_hex(NONCE_BYTES)


def mechanism_factory(config: SecurityConfig, clock: Clock, random: Random) -> NewMechanism:
    """What makes a mechanism for each login.

    Raises:
        ConfigError: a key or a file cannot be used, or the library that signs is missing.
        AuthenticationError: there is no token to log in with.
    """
    name, username, password = config.sasl_mechanism, config.sasl_username, config.sasl_password
    if name == "OAUTHBEARER":
        # here, because they load an HTTP client
        from kafka_nio.client.sasl.oauth_bearer import OAuthBearerMechanism
        from kafka_nio.client.sasl.token_login import TokenLogin

        login = TokenLogin(config, clock, random)
        login.login()
        return lambda: OAuthBearerMechanism(login.token, config.sasl_oauthbearer_extensions or ())
    assert username is not None, "the configuration was checked"
    assert password is not None, "the configuration was checked"
    if name == "PLAIN":
        return lambda: PlainMechanism(username, password)
    by_token = config.sasl_scram_tokenauth
    return lambda: ScramMechanism(name, username, password, new_nonce, by_delegation_token=by_token)
