"""Python source as coloured HTML, one piece per line, in the classes that the site's theme has colours for.

Java: no counterpart.
"""

import re
import textwrap
from functools import lru_cache
from html import escape

from pygments import lex  # type: ignore[import-untyped]  # ships no types
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]

_LEXER = PythonLexer(stripnl=False)

_AS_TEXT = frozenset({"", "n", "o", "p"})
"""Names, operators and punctuation are shown as text is. A page has thousands of them, and an element for each would
make up most of what a browser lays out at a step."""

_LONG_BEGIN = re.compile(r" *[\w.()]{16,}")

LONG_LINE = 30
"""So many characters have room beside the line numbers on a narrow phone."""


@lru_cache(maxsize=1024)
def highlighted_lines(text: str) -> tuple[str, ...]:
    """The lines of `text`, moved to the left margin, each as HTML without its line end."""
    html: list[str] = [""]
    for token, value in lex(textwrap.dedent(text), _LEXER):
        css_class = STANDARD_TYPES.get(token, "")
        for position, piece in enumerate(value.split("\n")):
            if position:
                html.append("")
            if piece:
                html[-1] += _coloured(piece, css_class)
    return tuple(html[: len(text.splitlines())])


def hang(line: str, *, is_text: bool = False) -> str | None:
    """The style that says how far in a line goes on if a phone has to break it; None for one that is short enough.

    Lines of a docstring (`is_text`) go on where they began, comments behind their `#`, code further in.
    """
    further = 0 if is_text else 2 if line.lstrip().startswith("#") else 4
    return f"--kt-hang:{len(line) - len(line.lstrip()) + further}" if len(line) > LONG_LINE else None


def breakable(html: str, line: str) -> str:
    """The HTML of a line that begins with a long dotted name or call: that can be broken, too."""
    if _LONG_BEGIN.match(line) is None:
        return html
    return html.replace(".", "<wbr>.").replace("(", "(<wbr>")  # a tag has neither


def _coloured(text: str, css_class: str) -> str:
    shown = escape(text, quote=False)
    return shown if css_class in _AS_TEXT or text.isspace() else f'<span class="{css_class}">{shown}</span>'
