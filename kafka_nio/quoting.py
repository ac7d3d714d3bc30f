"""Other people's words, as they may stand in an error, in a log and on a terminal.

A peer, or a file, may hold any text: one that clears the screen, that begins what looks like another line of the log,
or that fills the disk. What it says is worth reading all the same, so it is quoted, and does nothing.

Java: no counterpart.
"""

MOST_QUOTED = 1_000


def quoted(words: str) -> str:
    """A peer's words for a log or a terminal: harmless, and cut where they are too many."""
    kept = harmless(words[:MOST_QUOTED])
    return kept if len(words) <= MOST_QUOTED else f"{kept}… ({len(words) - MOST_QUOTED:,} characters more)"


def harmless(text: str) -> str:
    r"""A text with each character that cannot be seen written as its escape: `\x1b` and `\n` tell, and do nothing."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)
