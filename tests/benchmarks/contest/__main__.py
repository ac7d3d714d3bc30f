"""The command `python -m tests.benchmarks.contest`."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.contest import cells, contestants, report
from tests.benchmarks.contest.brokers import BROKERS
from tests.benchmarks.contest.one_run import run_once
from tests.benchmarks.contest.results import KEPT, Results, ResultsError
from tests.benchmarks.contest.schedule import Planned, schedule
from tests.benchmarks.contest.surroundings import compile_ours, machine, version_of_ours, versions
from tests.support.unavailable import Unavailable

DESCRIPTION = """\
Runs kafka-nio, kafka-python, aiokafka and confluent-kafka side by side, each run in a process of its own, and counts
what the broker has received. Nothing else should run on the machine meanwhile.
"""

INTERRUPTED = 130

EPILOG = f"""\
The cells: {", ".join(cells.BY_NAME)}.
The clients: {", ".join(f'"{name}"' for name in contestants.BY_NAME)}.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the contest, or write the page; return the exit status."""
    options = parse(arguments)
    try:
        if options.page:
            return write_page(Results.read(options.results))
        return run(options)
    except (ResultsError, Unavailable) as error:
        print(error, file=sys.stderr)
        return 2


def write_page(results: Results) -> int:
    """Write it, and name the aims that are missed without a word why."""
    report.write(results)
    print(f"{report.PAGE.name}: written")
    for aim in report.unexplained(results):
        print(f"missed, and aims.py does not say why: {aim.what}, against {aim.against}")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, checked."""
    parser = argparse.ArgumentParser(prog=report.COMMAND, description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("--rounds", type=int, default=5, help="How often everything is run. The default is 5.")
    parser.add_argument("--cells", nargs="+", metavar="NAME", choices=cells.BY_NAME, help="Run only these cells.")
    parser.add_argument(
        "--clients", nargs="+", metavar="NAME", choices=contestants.BY_NAME, help="Run only these clients."
    )
    parser.add_argument(
        "--broker",
        choices=BROKERS,
        default="mock",
        help="Send to librdkafka's mock cluster, which is the default, or to Apache Kafka. Both may be in one file.",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="Send a hundredth of the records, to try the contest rather than the clients.",
    )
    parser.add_argument(
        "--results",
        type=Path,
        metavar="FILE",
        help="Keep the results in this JSON file, after each run. The default is the file that the page is made from; "
        "with --quick nothing is kept unless a file is named.",
    )
    parser.add_argument(
        "--resume", action="store_true", help="Go on with the file, and leave out the runs that it has."
    )
    parser.add_argument("--page", action="store_true", help="Run nothing; write docs/performance.md from the results.")
    options = parser.parse_args(arguments)
    if options.results is None and (options.page or not options.quick):
        options.results = KEPT
    return options


def run(options: argparse.Namespace) -> int:
    """All runs that are wanted and not there yet."""
    results = begin(options)
    compile_ours()
    there = {one.key for one in results.runs}
    planned = [one for one in wanted(options) if one.key not in there]
    began_with = len(results.runs)
    stopped = False
    try:
        with BROKERS[options.broker]() as new_topic:
            began_s = time.monotonic()
            for done, planned_run in enumerate(planned, start=1):
                results.runs.append(run_once(new_topic, planned_run))
                refuse_changed_sources(results)
                if options.results is not None:
                    results.keep(options.results)
                print(progress(planned_run, report.said_of(results.runs[-1]), done, len(planned), began_s), flush=True)
    except KeyboardInterrupt:
        stopped = True
        where = f", kept in {options.results}; --resume goes on" if options.results else ""
        print(f"\nStopped after {len(results.runs) - began_with} of {len(planned)} runs{where}.")
    print("", *report.lines(results, options.broker), sep="\n")
    for one in results.failed:
        print(f"FAILED: round {one.round}, {one.cell}, {one.contestant}: {one.failure}", file=sys.stderr)
    return INTERRUPTED if stopped else bool(results.failed)


def begin(options: argparse.Namespace) -> Results:
    """Empty results, or those of the file.

    Raises:
        ResultsError: there is such a file already, or it does not fit.
    """
    now = Results(machine(), versions(options.broker), options.quick)
    if options.results is None or not options.results.exists():
        return now
    if not options.resume:
        raise ResultsError(f"{options.results} is there already: go on with --resume, or name another by --results")
    kept = Results.read(options.results)
    kept.go_on_as(now)
    return kept


def refuse_changed_sources(results: Results) -> None:
    """Raises ResultsError if somebody has edited kafka-nio since the contest began; the last run may be of either."""
    if version_of_ours() != results.versions[contestants.OURS]:
        raise ResultsError("the sources of kafka-nio have changed meanwhile: begin anew")


def wanted(options: argparse.Namespace) -> list[Planned]:
    """The runs that the options ask for, in order."""
    chosen = [cell for cell in cells.CELLS if not options.cells or cell.name in options.cells]
    taking_part = [one for one in contestants.CONTESTANTS if not options.clients or one.name in options.clients]
    if options.quick:
        chosen = [cell.quick() for cell in chosen]
    return list(schedule(options.rounds, options.broker, chosen, taking_part))


def progress(one: Planned, said: str, done: int, planned: int, began_s: float) -> str:
    """What the last run brought, and what is left if the others take as long on average."""
    left_s = (time.monotonic() - began_s) / done * (planned - done)
    left = f"{planned - done} left, about {left_s / 60:.1f} min" if planned > done else "done"
    return f"round {one.round}, {one.cell.name}, {one.contestant.name}: {said}; {left}"


if __name__ == "__main__":
    sys.exit(main())
