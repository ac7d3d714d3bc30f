"""Small fenced blocks: a few lines `name: value` in a page, a piece of HTML on the site.

    @block("kafka-lint", needed=("recording",), known=("explorer",))
    def kafka_lint(asked: Mapping[str, str], project: Project) -> str: ...

makes of a function that writes HTML one that pymdownx.superfences calls.

Java: no counterpart.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps

from pymdownx.superfences import SuperFencesException  # type: ignore[import-untyped]  # ships no types

from kafka_nio.book.problem import BookError, nearest
from kafka_nio.book.project import Project

Write = Callable[[Mapping[str, str], Project], str]
Format = Callable[..., str]


def block(name: str, needed: Sequence[str], known: Sequence[str] = ()) -> Callable[[Write], Format]:
    """A decorator: the function is given what the block says, `known` lines that it leaves out as empty text.

    Whatever is wrong is raised as SuperFencesException, the one exception that the Markdown extension does not swallow.
    """

    def decorated(write: Write) -> Format:
        @wraps(write)  # Zensical pickles the function, which needs its name
        def formatted(source: str, language: str, css_class: str, options: object, md: object, **_: object) -> str:
            try:
                return write(parse(source, needed, known), Project.here())
            except BookError as error:
                said = " | ".join(source.strip().splitlines())
                raise SuperFencesException(f"{name} ({said}): {error}") from error

        return formatted

    return decorated


def parse(source: str, needed: Sequence[str], known: Sequence[str] = ()) -> dict[str, str]:
    """The lines of a block.

    Raises:
        BookError: if a line cannot be read, or one is missing.
    """
    asked = dict.fromkeys((*needed, *known), "")
    for line in filter(str.strip, source.splitlines()):
        name, colon, value = line.partition(":")
        name = name.strip()
        if not colon or name not in asked:
            raise BookError(f"cannot read {line.strip()!r}; {nearest(name, asked)}")
        asked[name] = value.strip()
    for name in needed:
        if not asked[name]:
            raise BookError(f"the block does not say which {name}: add a line `{name}: …`")
    return asked
