"""The questions.

Java: no counterpart.
"""

SPINNING = ""
"""Which recording has the bug that makes the loop spin? "a", "b" or "c"."""

SMALL_SEND_BUFFER = ""
"""Which ran with a small send buffer?"""

LINGER_5 = ""
"""Which ran with linger_ms=5?"""
