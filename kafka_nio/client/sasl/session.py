"""How long a login is good for, and when to renew it (KIP-368).

Not at the very end of the session, because clocks differ and the network takes time; and not after the same part of it
on every connection, lest a thousand clients that began together come back together.

Java: org.apache.kafka.common.security.authenticator.SaslClientAuthenticator.ReauthInfo
"""

from random import Random

from kafka_nio.errors import ProtocolError

EARLIEST, LATEST = 0.85, 0.95
"""The part of a session after which it is renewed."""

LARGEST_NS = 2**63 - 1
NS_PER_MS = 1_000_000


def reauthentication_time_ns(now_ns: int, session_lifetime_ms: int, random: Random) -> int | None:
    """When to log in again; None if the broker says nothing of an end.

    Raises:
        ProtocolError: the session would end after the end of time, which is 64 bits of nanoseconds. Java's arithmetic
            overflows there and costs the connection too.
    """
    if session_lifetime_ms <= 0:
        return None
    share = EARLIEST + random.random() * (LATEST - EARLIEST)
    at_ns = now_ns + int(session_lifetime_ms * share) * NS_PER_MS
    if at_ns > LARGEST_NS:
        raise ProtocolError(f"the broker says that this login is good for {session_lifetime_ms} ms, which cannot be")
    return at_ns
