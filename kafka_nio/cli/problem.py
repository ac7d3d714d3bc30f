"""How a command fails: with one line that says what is wrong, and what to do where that is known.

Java: no counterpart.
"""


class Problem(Exception):
    """Ends the command with this message and status 1."""
