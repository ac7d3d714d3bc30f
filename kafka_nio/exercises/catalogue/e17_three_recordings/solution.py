"""The answers.

Java: no counterpart.
"""

SPINNING = "b"
"""Which recording has the bug that makes the loop spin? "a", "b" or "c"."""

SMALL_SEND_BUFFER = "a"
"""Which ran with a small send buffer?"""

LINGER_5 = "c"
"""Which ran with linger_ms=5?"""
