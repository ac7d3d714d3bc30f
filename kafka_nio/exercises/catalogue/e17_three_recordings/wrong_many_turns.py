"""Counts the turns, and takes the most for a loop that spins.

Java: no counterpart.
"""

SPINNING = "a"
"""Which recording has the bug that makes the loop spin? "a", "b" or "c"."""

SMALL_SEND_BUFFER = "b"
"""Which ran with a small send buffer?"""

LINGER_5 = "c"
"""Which ran with linger_ms=5?"""
