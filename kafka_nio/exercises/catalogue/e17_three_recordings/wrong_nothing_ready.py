"""Looks for a select that found nothing.

Java: no counterpart.
"""

SPINNING = "c"
"""Which recording has the bug that makes the loop spin? "a", "b" or "c"."""

SMALL_SEND_BUFFER = "a"
"""Which ran with a small send buffer?"""

LINGER_5 = "b"
"""Which ran with linger_ms=5?"""
