"""What can be wrong with a page: the one exception of the book.

Java: no counterpart.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class BookError(Exception):
    """A page asks for something that is not there, or not true any more. The message says what to do about it."""


def nearest(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: which known ones look like it."""
    known = sorted(set(known))
    close = get_close_matches(word, known, n=4, cutoff=0.4)
    return f"nearest: {', '.join(close)}" if close else f"known: {', '.join(known)}"
