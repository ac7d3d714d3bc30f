"""The style sheets and the script of the site, as text for a page that stands alone.

They lie in `docs/assets` of a checkout, where the site takes them from; an installed package has them in
`kafka_nio/book/assets`. On the site a switch in the head of each page chooses light or dark, here the system does.

Java: no counterpart.
"""

from pathlib import Path

from kafka_nio.book.problem import BookError

STYLES = ("kafka-trace.css", "kafka-strip.css", "gallery.css", "site.css", "standalone.css")
SCRIPT = "kafka-trace.js"

_PACKAGE = Path(__file__).parents[1]
FOLDERS = (_PACKAGE / "book" / "assets", _PACKAGE.parent / "docs" / "assets")

_SWITCHED = '@media screen {\n  [data-md-color-scheme="slate"] {'
_BY_SYSTEM = "@media screen and (prefers-color-scheme: dark) {\n  :root {"


def asset(name: str) -> str:
    """The text of a file of the site.

    Raises:
        BookError: if this is neither a checkout nor a whole installation.
    """
    for folder in FOLDERS:
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    raise BookError(f"{name} is in neither of {', '.join(map(str, FOLDERS))}: install kafka-nio again")


def style() -> str:
    """All style sheets, dark where the system is."""
    return "\n".join(map(asset, STYLES)).replace(_SWITCHED, _BY_SYSTEM)


def script() -> str:
    """The script of `<kafka-trace>`."""
    return asset(SCRIPT)
