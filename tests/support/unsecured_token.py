"""An OAuth token that says who somebody is and is signed by nobody: good for tests, and for nothing else."""

import base64
import json
import time


def unsecured_token(subject: str, lifetime_s: float = 3600) -> str:
    """A JSON Web Token with `"alg": "none"`, which a broker believes if it is told to believe anybody."""
    now_s = int(time.time())
    claims = {"sub": subject, "iat": now_s, "exp": now_s + lifetime_s}
    return f"{_encoded({'alg': 'none'})}.{_encoded(claims)}."


def _encoded(part: dict[str, object]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()
