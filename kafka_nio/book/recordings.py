"""The pages about the recordings: one for each, and one that lists them all. Written from the demos, never by hand.

    python -m kafka_nio.book

writes them into `docs/`; a test says so when they are out of date. Whatever depends on a recording is a fenced block of
these pages, so it is looked up when the site is built.

Java: no counterpart.
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from types import ModuleType
from typing import Any

from kafka_nio.demos import DEMOS, Demo

FOLDER = "recordings"

EXPLORER_PAGE = """\
# All recordings

Each of these runs is kept in `traces/` and can be stepped through, forward and back: the code, the steps, what each
changed, what it decided and why, and every byte on the wire. Begin with [one record](recordings/one-record.md); two
with the same number are to be compared. At the end there is a place to [open your own](#open-your-own).
{ .lead }

## The sixteen scenarios

Each ends a belief about the producer; [which, and how](scenarios.md).

"""

OWN = """\

## Open your own

Drop the file on the explorer below, or choose it with *Open a recording…*. It is read in this page and sent nowhere.
The lints look it over, and it can be compared with the one that is shown here. In a terminal, these do the same, also
without JavaScript:

```sh
kafka-nio show mine.otlp.jsonl
kafka-nio lint mine.otlp.jsonl
kafka-nio diff traces/one-record.otlp.jsonl mine.otlp.jsonl
```

```kafka-own
recording: one-record
id: own
```

How to [make a recording of your own program](index.md#record-your-own-program): three lines.
"""

BUGS_INTRODUCTION = """\

## The seven bugs

Here the real producer has one mistake at a time, the kind that select loops invite. The [bug gallery](bugs.md) shows
each beside the code that does it right.

"""


def pages() -> dict[str, Callable[[], str]]:
    """What writes each page, by its name in `docs/`."""
    named = {f"{FOLDER}/{demo.name}.md": partial(recording_page, demo) for demo in DEMOS.values()}
    return {"explorer.md": explorer_page, **named}


def explorer_page() -> str:
    """The list of all recordings, and the place to open one's own."""
    scenarios = (_row(demo) for demo in DEMOS.values() if demo.bug is None)
    bugs = (_row(demo) for demo in DEMOS.values() if demo.bug is not None)
    return EXPLORER_PAGE + "\n".join(scenarios) + "\n" + BUGS_INTRODUCTION + "\n".join(bugs) + "\n" + OWN


def _row(demo: Demo) -> str:
    return f"- [{_title(demo)}]({FOLDER}/{demo.name}.md) `{demo.id}`<br>{demo.sentence}"


def _title(demo: Demo) -> str:
    text = demo.title.removeprefix("Bug: ")
    return text[0].upper() + text[1:]


# One recording...


def recording_page(demo: Demo) -> str:
    """Everything about one recording: what it is, what to look for, the recording, and how to make it."""
    return "\n".join(_page(demo))


def _page(demo: Demo) -> Iterator[str]:
    yield f"# {demo.title}\n\n{demo.sentence}\n{{ .lead }}\n"
    yield "**Watch for**\n"
    yield from _bullets(demo.watch_for)
    yield f"\n## What happens\n\n{_introduction(demo)}\n"
    if demo.bug is not None:
        yield _block("kafka-bug", bug=demo.bug.name)
    yield "## Step by step\n"
    beside = {"beside": _other(demo).name} if demo.pair else {}
    yield _block("kafka-trace", recording=demo.name, code="all", id="explorer", **beside)
    if demo.pair:
        yield _comparison(demo)
    yield "## What the lints say\n"
    yield _block("kafka-lint", recording=demo.name)
    yield _run_it_yourself(demo)
    yield f"[All recordings](../explorer.md) · {_index(demo)}\n"


def _bullets(texts: Iterable[str]) -> Iterator[str]:
    return (f"- {text}" for text in texts)


def _block(name: str, **lines: str) -> str:
    return "\n".join([f"```{name}", *(f"{key}: {value}" for key, value in lines.items()), "```", ""])


def _introduction(demo: Demo) -> str:
    """The docstring of the demo's module, without its last line and with links to the recordings that it names."""
    text = inspect.getdoc(_module(demo)) or ""
    text = text.partition("\nJava: ")[0].strip()
    others = "|".join(sorted((re.escape(name) for name in DEMOS if "-" in name and name != demo.name), key=len))
    return re.sub(rf"(?<![`\w-])({others})(?![`\w-])", r"[\1](\1.md)", text)


def _module(demo: Demo) -> ModuleType:
    return sys.modules[demo.run.__module__]


def _comparison(demo: Demo) -> str:
    other = _other(demo)
    before, after = demo.pair
    return (
        f"## Compare\n\nThe same program under another setting: [{_title(other)}]({other.name}.md).\n"
        f"{other.sentence}\n\n" + _block("kafka-trace", recording=f"{before}, {after}", show="compare")
    )


def _other(demo: Demo) -> Demo:
    """The demo that this one is to be compared with."""
    (other,) = (DEMOS[name] for name in demo.pair if name != demo.name)
    return other


def _run_it_yourself(demo: Demo) -> str:
    needs = f" It brings its own broker: {demo.own_broker}." if demo.own_broker else ""
    compared = f"\nkafka-nio diff {' '.join(f'traces/{name}.otlp.jsonl' for name in demo.pair)}" if demo.pair else ""
    return f"""\
## Run it yourself

The program, from `{_module(demo).__name__.replace(".", "/")}.py`:

```python
{_program(demo)}
```

On real threads and the wall clock, so no two runs are quite the same:

```sh
kafka-nio demo {demo.name}
```
{needs}
The recording above was made with threads that take turns under a virtual clock. To make it again, byte for byte, and to
print it{", and what differs" if demo.pair else ""}:

```sh
kafka-nio record {demo.name}
kafka-nio show traces/{demo.name}.otlp.jsonl{compared}
```
"""


def _program(demo: Demo) -> str:
    """The source of what runs: the function, or the one around it that knows the setting."""
    run: Any = demo.run
    outermost = vars(_module(demo))[run.__qualname__.partition(".")[0]]
    return inspect.getsource(outermost).rstrip()


def _index(demo: Demo) -> str:
    if demo.bug is not None:
        return f"[{_title(demo)} in the bug gallery](../bugs.md#{demo.bug.name})"
    return f"[{demo.id} among the scenarios](../scenarios.md#{demo.id})"
