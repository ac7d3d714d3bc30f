"""Configurations for logins by token, and tokens that say what a test wants."""

import base64
import json

from kafka_nio.config import ProducerConfig

OAUTH = {"bootstrap.servers": "localhost:9092", "security.protocol": "SASL_SSL", "sasl.mechanism": "OAUTHBEARER"}


def oauth(**options: object) -> ProducerConfig:
    """A configuration with these options, those for OAUTHBEARER without their `sasl_oauthbearer_`."""
    named = {
        name if name.startswith("sasl_login") else f"sasl_oauthbearer_{name}": value for name, value in options.items()
    }
    return ProducerConfig.parse(OAUTH, **named)


def web_token(**claims: object) -> str:
    """A JSON Web Token that claims this and is signed by nobody."""
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."
