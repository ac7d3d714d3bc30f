"""`kafka-nio simulate`: short histories of a whole producer with random faults, each made from a number, its seed.

Java: no counterpart.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom
from typing import Annotated

import typer
from rich.console import Console

from kafka_nio.cli import INTERRUPTED
from kafka_nio.cli.demo import make_sure_it_can_be_kept
from kafka_nio.cli.problem import Problem
from kafka_nio.cli.waiting import stopped_by_signals
from kafka_nio.clock import SystemClock
from kafka_nio.simulation import Verdict, record_history
from kafka_nio.simulation import simulate as simulate_one
from kafka_nio.tracing.recording import SUFFIX

SEED_BITS = 32

HISTORIES = 1_000

TOLD_EVERY_MS = 1_000

TIDIED_EVERY = 200
"""After so many histories the garbage is collected: what one leaves behind refers to itself in many circles."""

Seed = Annotated[int | None, typer.Option(help="Live through this history alone, and write a recording of it.", min=0)]
Histories = Annotated[int | None, typer.Option(help=f"How many.  [default: {HISTORIES:,}]", min=1)]
From = Annotated[int | None, typer.Option("--from", help="The first seed. Without it, any; it is printed.", min=0)]
Record = Annotated[Path | None, typer.Option(help=f"Where the recording goes.  [default: simulation-SEED{SUFFIX}]")]


def simulate(seed: Seed = None, histories: Histories = None, from_: From = None, record: Record = None) -> None:
    """Let random faults try whether a producer keeps its promises.

    Time is virtual and the network is in memory, so a history takes some milliseconds. It follows from its seed alone:
    the same seed gives the same history. The first one in which a promise is broken ends the run, with status 1.
    """
    if seed is None and record is not None:
        raise Problem("--record needs --seed: which history is to be recorded?", status=2)
    if seed is not None and (histories is not None or from_ is not None):
        raise Problem("--seed is one history, --histories and --from are many: give either", status=2)
    with stopped_by_signals():
        if seed is not None:
            replay(seed, record or Path(f"simulation-{seed}{SUFFIX}"))
        else:
            first = SystemRandom().getrandbits(SEED_BITS) if from_ is None else from_
            search(first, HISTORIES if histories is None else histories)


# One history...


def replay(seed: int, path: Path) -> None:
    """Record one history, and say what became of it."""
    make_sure_it_can_be_kept(path)
    try:
        verdict = record_history(seed, path)
    except ModuleNotFoundError as missing:
        raise Problem("recordings need OpenTelemetry's SDK: pip install 'kafka-nio[tracing]'") from missing
    say = _printer()
    say(f"Seed {seed}: {verdict.plan}.")
    say(f"{_counts(verdict)} in {verdict.duration_ms:,} virtual ms, {verdict.selects:,} selects.")
    say(f"Recorded in {path}; kafka-nio show {path} prints it, and the explorer opens it.")
    if verdict.broken:
        raise Problem(f"seed {seed}: {_broken(verdict)}")
    say("Every promise was kept.")


def _counts(verdict: Verdict) -> str:
    return f"{verdict.records} records handed in, {verdict.acknowledged} acknowledged"


def _broken(verdict: Verdict) -> str:
    more = len(verdict.broken) - 1
    return verdict.broken[0] + (f" (and {more} more)" if more else "")


# Many of them...


def search(first: int, histories: int) -> None:
    """Live through histories one after the other until a promise is broken."""
    say = _printer()
    say(f"{histories:,} histories from seed {first} on.")
    records = acknowledged = done = 0
    clock = SystemClock()
    told_ms = began_ms = clock.now_ms()
    try:
        with _garbage_kept():
            for seed in range(first, first + histories):
                verdict = simulate_one(seed)
                if verdict.broken:
                    raise Problem(f"seed {seed}: {_broken(verdict)}. Replay it: kafka-nio simulate --seed {seed}")
                done, records = done + 1, records + verdict.records
                acknowledged += verdict.acknowledged
                if done % TIDIED_EVERY == 0:
                    gc.collect()
                if clock.now_ms() - told_ms >= TOLD_EVERY_MS:
                    told_ms = clock.now_ms()
                    say(f"{done:,} of {histories:,} histories, {records:,} records", is_progress=True)
    except KeyboardInterrupt:
        say(f"{done:,} histories from seed {first} on, no promise broken. Go on with: --from {first + done}")
        raise typer.Exit(INTERRUPTED) from None
    seconds = (clock.now_ms() - began_ms) / 1000
    say(
        f"{done:,} histories in {seconds:.1f} s: {records:,} records, {acknowledged:,} acknowledged, none of them lost."
    )
    say("Every promise was kept.")


@contextmanager
def _garbage_kept() -> Iterator[None]:
    """Collect no garbage but by hand: the collector would look through everything many times for each history."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _printer() -> Callable[..., None]:
    """Prints lines; progress overwrites itself in a terminal."""
    console = Console(highlight=False)

    def say(sentence: str, *, is_progress: bool = False) -> None:
        is_terminal = console.is_terminal
        if is_progress and is_terminal:
            console.print(f"{sentence} …", end="\r", soft_wrap=True, markup=False)
        else:
            console.print(sentence, soft_wrap=True, markup=False)

    return say
