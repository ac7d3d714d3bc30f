"""HTML from Python: an element is its name, its attributes, and what stands in it.

    element("a", {"href": "#x"}, escape("a < b"))     # <a href="#x">a &lt; b</a>

Java: no counterpart.
"""

from collections.abc import Mapping
from html import escape

Attributes = Mapping[str, str | int | bool | None]

_WITHOUT_END = frozenset({"br", "circle", "path", "rect"})


def element(name: str, attributes: Attributes | None = None, *content: str) -> str:
    """One element. An attribute that is None or False is left out; one that is True has no value.

    `content` is HTML already: whoever puts text in escapes it.
    """
    start = name + "".join(_attribute(key, value) for key, value in (attributes or {}).items())
    if name in _WITHOUT_END:
        return f"<{start}/>"
    return f"<{start}>{''.join(content)}</{name}>"


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
