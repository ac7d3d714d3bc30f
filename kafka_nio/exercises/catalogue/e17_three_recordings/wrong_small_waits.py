"""Takes waiting for the sign of a small buffer.

Java: no counterpart.
"""

SPINNING = "b"
"""Which recording has the bug that makes the loop spin? "a", "b" or "c"."""

SMALL_SEND_BUFFER = "c"
"""Which ran with a small send buffer?"""

LINGER_5 = "a"
"""Which ran with linger_ms=5?"""
