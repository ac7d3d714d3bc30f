"""The command `python -m tests.benchmarks.staircase`."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.contest.brokers import BROKERS, ROOT, NewTopic
from tests.benchmarks.contest.results import ResultsError
from tests.benchmarks.contest.surroundings import machine
from tests.benchmarks.staircase import report
from tests.benchmarks.staircase.results import KEPT, Results
from tests.benchmarks.staircase.sender_parts import REST
from tests.benchmarks.staircase.stacks import look_into_a_sender
from tests.benchmarks.staircase.stairs import BY_NAME
from tests.benchmarks.staircase.surroundings import versions
from tests.support.unavailable import Unavailable

DESCRIPTION = """\
Measures what each step of a send costs, and what the sender's thread does with a batch; looks into a program that
sends; and writes docs/staircase.md. Nothing else should run on the machine meanwhile.
"""

INTERRUPTED = 130

PARTITIONS = 6
BATCHES = (1, PARTITIONS)
"""In a request of the sender's."""


class Failed(Exception):
    """A process that should have measured something, did not."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and write the page, or only write the page; return the exit status."""
    options = parse(arguments)
    try:
        results = Results.read(options.results) if options.page else measure(options)
    except (ResultsError, Unavailable, Failed) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nStopped; nothing is kept.", file=sys.stderr)
        return INTERRUPTED
    if not options.page and options.results is not None:
        results.keep(options.results)
    if options.page or options.results == KEPT:
        report.write(results)
        print(f"{report.PAGE.relative_to(ROOT)}: written")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, checked."""
    parser = argparse.ArgumentParser(prog=report.COMMAND, description=DESCRIPTION)
    parser.add_argument("--rounds", type=int, default=7, help="How often everything is measured. The default is 7.")
    parser.add_argument(
        "--quick",
        action="store_true",
        help="Measure a little, to try the staircase rather than the producer.",
    )
    parser.add_argument("--seconds", type=int, help="How long to look into the program that sends; 60, or 3 if quick.")
    parser.add_argument("--no-flames", action="store_true", help="Do not look into it, for which py-spy is needed.")
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="Keep the results in this JSON file. The default is the file that the page is made from; with --quick "
        "nothing is kept unless a file is named.",
    )
    parser.add_argument("--page", action="store_true", help="Measure nothing; write the page from the results.")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds must be 1 at least")
    options.seconds = options.seconds or (3 if options.quick else 60)
    if options.results is None and (options.page or not options.quick):
        options.results = KEPT
    return options


def measure(options: argparse.Namespace) -> Results:
    """Everything."""
    rounds, repetitions = (2, 10) if options.quick else (options.rounds, 60)
    results = Results(machine(), versions(), options.quick)
    with BROKERS["mock"]() as new_topic:
        if not options.no_flames:  # first, because it is what may be unavailable
            print(f"looking into a program that sends, for {options.seconds} s", flush=True)
            with new_topic("flames", PARTITIONS) as topic:
                results.flames = look_into_a_sender(topic, options.seconds)
        for number in range(1, rounds + 1):
            for done, said in enumerate(one_round(results, new_topic, repetitions), start=1):
                print(f"round {number} of {rounds}, {done} of {len(BY_NAME) + len(BATCHES)}: {said}", flush=True)
    return results


def one_round(results: Results, new_topic: NewTopic, repetitions: int) -> Iterator[str]:
    """All stairs, then the sender's turns; says after each what came out."""
    with new_topic("staircase", PARTITIONS) as topic:
        place = {"bootstrap_servers": topic.bootstrap_servers, "topic": topic.name, "repetitions": repetitions}
        for name in BY_NAME:
            took_ns = in_a_process("climb", {"stair": name, **place})
            results.stairs.setdefault(name, []).append(took_ns)
            yield f"{name}, {took_ns:.0f} ns a record"
        for batches in BATCHES:
            outcome = in_a_process("turns", {"batches": batches, **place})
            results.batch_records = outcome["records"]
            parts = results.turns.setdefault(str(batches), {})
            for part, batch_ns in outcome["batch_ns"].items():
                parts.setdefault(part, []).append(batch_ns)
            yield f"{batches} in a request, {outcome['batch_ns'][REST.name] / 1000:.0f} µs a batch"


def in_a_process(module: str, assignment: dict[str, object]) -> Any:
    """What a module of this package prints, as JSON.

    Raises:
        Failed: it did not get so far.
    """
    command = [sys.executable, "-m", f"tests.benchmarks.staircase.{module}", json.dumps(assignment)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[-1]
        raise Failed(f"{module} {assignment} failed: {said}")
    return json.loads(done.stdout)


if __name__ == "__main__":
    sys.exit(main())
