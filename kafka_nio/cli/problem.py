"""How a command fails: with one line that says what is wrong, and what to do where that is known.

Java: no counterpart.
"""


class Problem(Exception):
    """Ends the command with this message and this status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status
