"""The page docs/staircase.md, from the results.

Run it by ``python -m tests.benchmarks.staircase --page``.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median

from tests.benchmarks.contest.brokers import ROOT
from tests.benchmarks.staircase.flame import flame, own_shares
from tests.benchmarks.staircase.results import Results
from tests.benchmarks.staircase.sender_parts import PARTS, REST, Part, apart
from tests.benchmarks.staircase.stacks import APPLICATION, RATE, SENDER, SMALLEST_SHARE, Stacks
from tests.benchmarks.staircase.stairs import LANDINGS, STAIRS, WHOLE, Stair

PAGE = ROOT / "docs" / "staircase.md"
COMMAND = "python -m tests.benchmarks.staircase"

MOST = 10
"""Functions in the list of a graph."""

HEAD = """\
# The staircase

What does it cost to send a record, and for what? This page begins with a `send` that does nothing, and adds what it
needs, one thing at a time, until it is the `send` that you call: {whole}, on the machine below. Then it does the same
for the other thread, the sender, which makes bytes of the records and brings them to a broker: {sender} a record, in
batches of {batch_records}.
{{ .lead }}
{trial}
The steps are not a model of the code, they are the code: `send` is compiled from its source as it stands, but
ended early, at one place after another. So each stair is the whole way up to there, and the last one is `send` itself.

A nanosecond is a billionth of a second; a thousand of them are a microsecond, in which this Python calls an empty
method some {calls} times.

## The application's thread

A record of 100 bytes, without a key, goes into a batch that is open already. The bold figure is what a stair adds, in
nanoseconds; below it is the whole way up to there; and in brackets, [how sure](#how-it-was-measured) that is. The bar
shows both, one as its length and one as its place.

{stairs}

What comes on top of that, depending on how you use the producer:

{landings}

## The sender's thread

It takes turns: look what may leave, take it out, make a request of it, write, read, tell. Nothing of this is done for
each record but the making of bytes, and that runs in C. So it is counted here for a **batch** of {batch_records}
records; divide by that for a record. In a busy producer one request carries the batches of several partitions, and
all that is done for a request, or for a turn, is shared by them: the bold figure, in microseconds, is for a batch
that shares its request with {others} others, the one below it for a batch that goes alone.

{turns}

"""

TRIAL = "\n**These figures are from a trial, with few repetitions.**\n"

FLAMES = """\
## Where the time goes, seen from outside

The stairs say what each step adds when it is alone on the machine. Now a program sends as fast as it can, with both
threads at work, and another one looks into it {rate} times a second and notes which function each thread is in. A box
is a function, as wide as the share of the looks at which it, or something that it had called, was running; the boxes
below it are what it calls. Python lets one thread run at a time; a look counts for the one that runs, so what a
thread waits for, and what it has the kernel do, is not here.

{sections}
"""

FLAME = """\
### {title}

<div class="flame-scroll" tabindex="0" role="region" aria-label="{title}, as a graph">
{svg}
</div>

The functions that took most, without what they call:

{table}
"""

LEGEND = """\
<p class="flame-legend">{entries}</p>
"""

LAYERS = {
    "load": "your program",
    "producer": "producer",
    "protocol": "protocol",
    "client": "client",
    "network": "network",
    "nio": "nio",
    "base": "clock, metrics, cluster",
}

TAIL = """\
## How it was measured

On {machine}. {versions}.

- CPU time of the one thread counts, by the kernel's clock for threads, so what else ran meanwhile does not, as far as
  it did not slow down the processor itself.
- Each stair runs in a process of its own, since Python adapts a function's code to what it met there before. A round is
  all stairs one after another; there were {rounds}. A round's figure is its fastest repetition. The figures above
  are of the fastest round; the percentage behind one says by how much the median of the rounds was above it.
  Where a stair costs less than that, its own figure means little, and one below zero means nothing.
- The garbage collector is off while the clock runs.
- For the stairs there is no second thread: the sender takes its turns when it is told to. The broker is librdkafka's
  mock cluster in another process.
- The sender's parts are timed one at a time, with a stopwatch inside the code, whose own cost is taken off. What is not
  in a part is in one of the two that begin with *the rest*.
- The functions of Python's library count for the function that calls them, and what was seen less than
  {smallest:.1%} of the time for its caller.

## Do it yourself

```sh
pip install -e ".[test]"
{command} --quick   # a minute, to see that it works
{command}           # some minutes; nothing else should run meanwhile
```

The second one keeps what it measured and writes this page anew. [`kafka-nio perf`](perf.md) measures a whole producer.
"""


def page(results: Results) -> str:
    """The text of the page as it should be."""
    whole_ns = min(results.stairs[WHOLE])
    empty_ns = min(results.stairs[STAIRS[0].name])
    most = max(results.turns, key=int)
    batch_ns = min(results.turns[most][REST.name])
    head = HEAD.format(
        whole=f"{whole_ns / 1000:.2f}\N{NO-BREAK SPACE}µs",
        sender=f"{batch_ns / results.batch_records / 1000:.2f}\N{NO-BREAK SPACE}µs",
        batch_records=results.batch_records,
        trial=TRIAL if results.quick else "",
        calls=f"{1000 / empty_ns:.0f}",
        stairs=stairs(results.stairs),
        others=int(most) - 1,
        landings=landings(results.stairs, whole_ns),
        turns=turns(results.turns),
    )
    return head + flames(results.flames) + tail(results)


def write(results: Results, target: Path = PAGE) -> None:
    """Write the page."""
    target.write_text(page(results), encoding="utf-8")


# The tables...


def stairs(measured: Mapping[str, Sequence[float]]) -> str:
    """A row for each stair, its bar where the one above ends."""
    names = [stair.name for stair in STAIRS]
    so_far = [min(measured[name]) for name in names]
    whole = max(so_far)
    rows = []
    for stair, before, now in zip(STAIRS, [0.0, *so_far], so_far, strict=False):
        bar = _bar(min(before, now) / whole, abs(now - before) / whole, "less" if now < before else "more")
        rows.append(_row(stair, bar, _figures(now - before, measured[stair.name])))
    return _table(("stair", "ns"), rows)


def landings(measured: Mapping[str, Sequence[float]], whole_ns: float) -> str:
    """A row for each, compared to the whole."""
    known = [(stair, min(measured[stair.name])) for stair in LANDINGS]
    largest = max(now for _, now in known)
    rows = [
        _row(
            stair,
            _bar(min(whole_ns, now) / largest, abs(now - whole_ns) / largest, "less" if now < whole_ns else "more"),
            _figures(now - whole_ns, measured[stair.name]),
        )
        for stair, now in known
    ]
    return _table(("with", "ns"), rows)


def turns(measured: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """A row for each part, a column for each number of batches in a request."""
    counts = sorted(measured, key=int)
    parts = (*PARTS, REST)
    own = {count: apart({name: min(times) for name, times in measured[count].items()}) for count in counts}
    ends = list(itertools.accumulate(max(own[counts[-1]][part.name], 0.0) for part in parts))
    rows = []
    for part, begin, end in zip(parts, [0.0, *ends], ends, strict=False):
        bar = _bar(begin / ends[-1], (end - begin) / ends[-1], "more")
        rows.append(_row(part, bar, _us(own[count][part.name] for count in counts)))
    rows.append(f"| **all of it** | {_us(sum(own[count].values()) for count in counts)} |")
    return _table(("part", "µs"), rows)


def _us(figures_ns: Iterable[float]) -> str:
    """The last first, and bold; the others below."""
    *others, last = (f"{figure / 1000:.1f}" for figure in figures_ns)
    return "<br>".join((f"**{last}**", *others))


def _table(heads: Sequence[str], rows: Iterable[str]) -> str:
    line = "".join(f" {head} |" for head in heads)
    return "\n".join([f"|{line}", "| --- |" + " --: |" * (len(heads) - 1), *rows])


def _row(one: Stair | Part, bar: str, figures: str) -> str:
    return f"| **{one.name}**<br>{one.said}{bar} | {figures} |"


def _bar(begin: float, length: float, kind: str) -> str:
    return f'<span class="stair {kind}" style="margin-left:{begin:.1%};width:{length:.1%}"></span>'


def _figures(more: float, times: Sequence[float]) -> str:
    """What a stair adds, what it comes to, and how sure that is."""
    least = min(times)
    return f"**{more:+.0f}**<br>{least:.0f}<br>({median(times) / least - 1:.0%})"


# The graphs...


def flames(found: Mapping[str, Stacks]) -> str:
    """Both graphs, each with its list."""
    if not found:
        return ""
    titles = {APPLICATION: "In the application's thread", SENDER: "In the sender's thread"}
    sections = "\n".join(_flame(title, found[side]) for side, title in titles.items())
    return FLAMES.format(rate=RATE, sections=legend() + "\n" + sections)


def legend() -> str:
    """What the colours mean."""
    entries = " ".join(f'<span class="flame-key flame-{layer}">{said}</span>' for layer, said in LAYERS.items())
    return LEGEND.format(entries=entries)


def _flame(title: str, stacks: Stacks) -> str:
    rows = [
        f"| `{name.partition('/')[2]}` | {share:.1%} |"
        for name, share in itertools.islice(own_shares(stacks).items(), 10)
    ]
    samples = f"{sum(stacks.values()):,} looks"
    table = _table(("function", f"share of {samples}"), rows)
    return FLAME.format(title=title, svg=flame(title, stacks), table=table)


def tail(results: Results) -> str:
    """How, where, and how to do it again."""
    return TAIL.format(
        machine=results.machine,
        versions=", ".join(f"{name} {version}" for name, version in results.versions.items()),
        rounds=len(results.stairs[WHOLE]),
        smallest=SMALLEST_SHARE,
        command=COMMAND,
    )
