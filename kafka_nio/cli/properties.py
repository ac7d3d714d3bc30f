"""A producer's options as text: words like `linger.ms=5`, and properties files as Java writes them.

In a file, names end at `=`, `:` or a space; `#` and `!` begin a comment; a backslash at a line's end joins the next
line to it, elsewhere it keeps a character from its meaning; `\\u0041` is a letter by its number.

Java: java.util.Properties
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from kafka_nio.cli.problem import Problem

ENCODING = "iso-8859-1"  # as Java reads them: any other character is written by its number

PAIR = re.compile(r"(?P<name>(?:\\.|[^\\=:\s])*)\s*[=:]?\s*(?P<value>.*)", re.DOTALL)

CONTINUED = re.compile(r"(?<!\\)(?:\\\\)*\\$")
"""An odd number of backslashes at the end; in an even number, each keeps the next from its meaning."""

ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)

CONTROL = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def from_file(path: Path) -> dict[str, str]:
    """The properties in a file.

    Raises:
        OSError: it cannot be read.
    """
    pairs = map(PAIR.fullmatch, _logical_lines(path.read_text(encoding=ENCODING)))
    return {_plain(pair["name"]): _plain(pair["value"]) for pair in pairs if pair is not None}


def from_words(words: Sequence[str]) -> dict[str, str]:
    """The properties in words of a command line.

    Raises:
        Problem: one has no `=`.
    """
    for word in words:
        if "=" not in word:
            raise Problem(f"{word} is no option of a producer's: write name=value, as in linger.ms=5", status=2)
    return {name: value for name, _, value in (word.partition("=") for word in words)}


def _logical_lines(text: str) -> Iterator[str]:
    """Lines with their continuations, without comments and empty ones."""
    begun = ""
    for line in text.splitlines():
        line = line.lstrip()
        if not begun and (not line or line[0] in "#!"):
            continue
        begun += line
        if CONTINUED.search(begun):
            begun = begun[:-1]
            continue
        yield begun
        begun = ""
    if begun:
        yield begun


def _plain(text: str) -> str:
    def meant(match: re.Match[str]) -> str:
        escaped = match[1]
        return chr(int(escaped[1:], 16)) if len(escaped) > 1 else CONTROL.get(escaped, escaped)

    return ESCAPED.sub(meant, text)
