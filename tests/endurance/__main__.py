"""The command: see the package."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from kafka_nio.errors import KafkaError
from tests.endurance.broker_process import BrokerProcess, BrokerProcessError
from tests.endurance.hour import Hour, Measured
from tests.endurance.producers import Left, ManyProducers
from tests.endurance.progress import Progress, Stop
from tests.endurance.results import KEPT, Results, Where, where
from tests.endurance.verdict import Findings, is_good, of_hour, of_producers, of_wide
from tests.endurance.wide import Wide, wide

INTERRUPTED = 130


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the user wants."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description="Long runs, and what they leave.")
    runs = parser.add_subparsers(dest="run", required=True)
    hour = runs.add_parser("hour", help="one producer at a steady rate")
    hour.add_argument("--minutes", type=float, default=60, metavar="N", help="how long (60)")
    hour.add_argument("--rate", type=int, default=1000, metavar="N", help="records in a second (1000)")
    hour.add_argument("--value-bytes", type=int, default=100, metavar="N", help="size of a record's value (100)")
    producers = runs.add_parser("producers", help="many producers, one after the other")
    producers.add_argument("--count", type=int, default=10_000, metavar="N", help="how many (10000)")
    wide = runs.add_parser("wide", help="one topic of many partitions, and many topics")
    wide.add_argument("--count", type=int, default=1000, metavar="N", help="how many of each (1000)")
    wide.add_argument("--records", type=int, default=5, metavar="N", help="to each partition (5)")
    for run in (hour, producers, wide):
        run.add_argument("--to", type=Path, default=KEPT, metavar="FILE", help="where the figures are kept")
    options = parser.parse_args(arguments)
    for name, value in vars(options).items():
        if isinstance(value, int | float) and value <= 0:
            parser.error(f"--{name.replace('_', '-')} {value}: more than 0")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it; return the exit status: 0 if all is flat, 1 if not or if it failed, 130 after Ctrl-C."""
    options = parse(arguments)
    run = {"hour": _hour, "producers": _producers, "wide": _wide}[options.run]
    try:
        findings, is_interrupted = run(options)
    except KeyboardInterrupt:
        print("interrupted; nothing of this run was kept", file=sys.stderr)
        return INTERRUPTED
    except (KafkaError, BrokerProcessError, OSError) as error:
        print(f"the run failed: {error}", file=sys.stderr)
        return 1
    for finding in findings:
        print(f"{finding.what}: {finding.text}")
    if is_interrupted:
        print("interrupted; what was measured is kept", file=sys.stderr)
        return INTERRUPTED
    return 0 if is_good(findings) else 1


def _hour(options: argparse.Namespace) -> tuple[Findings, bool]:
    at = where()
    with Progress() as progress, Stop() as stop:
        hour = Hour(options.minutes * 60, options.rate, options.value_bytes, progress.tell, stop)
        measured = hour.run()
    _keep(options.to, "hour", measured, at)
    return of_hour(measured), measured.interrupted


def _producers(options: argparse.Namespace) -> tuple[Findings, bool]:
    at = where()
    with Progress() as progress, Stop() as stop, BrokerProcess() as broker:

        def tell(done: int) -> None:
            progress.tell(f"{done:,} of {options.count:,} producers")

        left = ManyProducers(broker.bootstrap_servers, options.count, tell, stop).run()
    _keep(options.to, "producers", left, at)
    return of_producers(left), left.interrupted


def _wide(options: argparse.Namespace) -> tuple[Findings, bool]:
    at = where()
    count, records = options.count, options.records
    with Progress() as progress:
        with BrokerProcess(partitions=count) as broker:
            partitions = wide(broker.bootstrap_servers, ["orders"], count, records, progress.tell)
        with BrokerProcess() as broker:
            names = [f"orders-{number}" for number in range(count)]
            topics = wide(broker.bootstrap_servers, names, 1, records, progress.tell)
    runs = [partitions, topics]
    _keep(options.to, "wide", runs, at)
    return of_wide(runs), False


def _keep(path: Path, name: str, found: Measured | Left | list[Wide], at: Where) -> None:
    results = Results.read(path)
    results.add(name, found, at)
    results.keep(path)


if __name__ == "__main__":
    sys.exit(main())
