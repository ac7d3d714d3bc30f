"""The pages about the exercises: one for each, and one that lists them. Written from the catalogue, never by hand.

    python -m kafka_nio.book

writes them into `docs/exercises/`; a test says so when they are out of date. Hints and the solution are folded: whoever
reads a page sees the task, and the rest only when asked for.

Java: no counterpart.
"""

import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from functools import partial

from kafka_nio.book.project import Project
from kafka_nio.exercises.catalogue import EXERCISES
from kafka_nio.exercises.exercise import Exercise, Kind
from kafka_nio.exercises.text import HINTS, solution_code, start_code

FOLDER = "exercises"

INTRODUCTION = """\
# Exercises

You have read the producer; now write its hard parts. In each exercise a function of yours takes the place of the real
one while its tests run, in a whole producer where that tells most. When a test fails you see your run beside the right
one, where they first part.
{ .lead }

```shell
pip install "kafka-nio[learn]"
kafka-nio learn start
cd kafka-nio-exercises
kafka-nio learn
```

The last command runs an exercise and, whenever you save it, runs it again. It needs no network, and it never touches
the installed package. Plain `pytest` in that folder does the same without watching.

| command | what it does |
|---|---|
| `kafka-nio learn` | runs the current exercise, and again whenever it is saved |
| `kafka-nio learn e07` | the same with another one |
| `kafka-nio learn list` | all exercises, and which are done |
| `kafka-nio learn hint` | a hint: first a question, then the place, then the shape of the answer |
| `kafka-nio learn next` | goes on to the next one that is not done |
| `kafka-nio learn solution` | the solution, once yours passes, or when you ask twice |
| `kafka-nio learn reset` | a fresh file; the old one is kept |
| `kafka-nio learn --open` | when a test fails, opens both runs in a browser, side by side |

The order is a suggestion, and nothing is locked. Who teaches a course finds more
[in the notes for instructors](../instructors.md).

"""

KINDS = {
    Kind.BUILD: "Write the function.",
    Kind.FIX: "The function has a bug. Find it and mend it.",
    Kind.PREDICT: "Answer before you see what happens.",
    Kind.DIAGNOSE: "Tell from the recordings alone.",
}


def pages() -> dict[str, Callable[[], str]]:
    """What writes each page, by its name in `docs/`."""
    return {f"{FOLDER}/index.md": index} | {page_of(one): partial(exercise_page, one) for one in EXERCISES}


def page_of(exercise: Exercise) -> str:
    """The page of an exercise, by its name in `docs/`."""
    return f"{FOLDER}/{exercise.id}.md"


def index() -> str:
    """All exercises, with the commands to do them."""
    rows = "\n".join(
        f"| {one.id} | [{one.title}]({one.id}.md) | {one.kind} | [{chapter_title(one)}](../{one.chapter}) |"
        for one in EXERCISES
    )
    return f"{INTRODUCTION}## All of them\n\n| | task | kind | chapter |\n|---|---|---|---|\n{rows}\n"


def chapter_title(exercise: Exercise) -> str:
    """What its chapter is called: the first heading of the page."""
    page = Project.here().root / "docs" / exercise.chapter
    heading = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert heading is not None, f"{exercise.chapter} has no heading"
    return heading[1].replace("`", "")


def exercise_page(exercise: Exercise) -> str:
    """Everything about one exercise."""
    return "\n".join(_page(exercise))


def _page(exercise: Exercise) -> Iterator[str]:
    yield f"# {exercise.id}. {exercise.title}\n"
    yield f"**{exercise.kind.capitalize()}.** {KINDS[exercise.kind]} It belongs to the chapter"
    yield f"[{chapter_title(exercise)}](../{exercise.chapter}).\n{{ .lead }}\n"
    yield f"{inspect.cleandoc(exercise.story)}\n"
    yield f"```shell\nkafka-nio learn {exercise.id}\n```\n"
    yield f"## What you begin with\n\n{_python(start_code(exercise))}\n"
    yield "## Beliefs that it ends\n"
    yield from (f"- {belief}" for belief in _beliefs(exercise))
    yield "\n## Hints\n"
    for name, hint in zip(HINTS, exercise.hints, strict=True):
        yield _folded(name, hint)
    yield "## The solution\n"
    yield _folded("Show the solution", _python(solution_code(exercise)))
    yield _folded("Show what many write instead", "\n".join(_wrong(exercise)))
    yield f"[All exercises](index.md){_neighbours(exercise)}\n"


def _beliefs(exercise: Exercise) -> list[str]:
    """Each once."""
    return [_sentence(name) for name in dict.fromkeys(wrong.misconception for wrong in exercise.wrong)]


def _wrong(exercise: Exercise) -> Iterator[str]:
    """Each wrong solution, after the belief behind it."""
    for wrong in exercise.wrong:
        yield f"- *{_sentence(wrong.misconception)}* {wrong.what}"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:].rstrip(".") + "."


def _python(code: str) -> str:
    return f"```python\n{code.strip()}\n```"


def _folded(title: str, content: str) -> str:
    """A part that is shown when it is asked for; without JavaScript, too."""
    return f'??? note "{title}"\n\n{textwrap.indent(content, "    ")}\n'


def _neighbours(exercise: Exercise) -> str:
    number = EXERCISES.index(exercise)
    before = EXERCISES[number - 1] if number else None
    after = EXERCISES[number + 1] if number + 1 < len(EXERCISES) else None
    return "".join(
        f" · [{label} {one.id}]({one.id}.md)" for label, one in (("Back:", before), ("Next:", after)) if one is not None
    )
