"""The command. See the package."""

import argparse
import logging
import sys
from pathlib import Path

from tests.fuzz.all_targets import TARGETS, Target
from tests.fuzz.corpus import folder_of, keep, load, minimised, name_of
from tests.fuzz.judge import judge
from tests.fuzz.search import Search, search
from tests.support.cost import KIB

INTERRUPTED = 130


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """What the user wants."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Give hostile bytes to a target.")
    parser.add_argument("target", nargs="?", metavar="TARGET", help="which one, or `all` for one after the other")
    parser.add_argument("--list", action="store_true", help="tell which targets there are")
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="how long to look for inputs (60)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the search's randomness (1)")
    parser.add_argument("--replay", type=Path, metavar="FILE", help="give the target this input, and judge it")
    parser.add_argument("--keep", action="store_true", help="add what was found to the corpus, and cut that down")
    options = parser.parse_args(arguments)
    if options.seconds < 1:
        parser.error(f"--seconds {options.seconds}: one second or more")
    if not options.list and options.target not in (*TARGETS, "all"):
        parser.error(f"there is no target {options.target}; --list tells which there are")
    if options.replay is not None and options.target == "all":
        parser.error("--replay takes one target")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Do it; return the exit status: 0 without a fault, 1 with one, 130 after Ctrl-C."""
    options = parse(arguments)
    if options.list:
        return _list()
    if options.replay is not None:
        return _replay(TARGETS[options.target], options.replay)
    status = 0
    for target in TARGETS.values() if options.target == "all" else [TARGETS[options.target]]:
        try:
            status |= _look(target, options)
        except KeyboardInterrupt:
            print(f"\n{target.name}: interrupted; nothing of this search was kept", file=sys.stderr)
            return INTERRUPTED
    return status


def _list() -> int:
    for target in TARGETS.values():
        print(f"{target.name:18} {len(load(target)):3} inputs kept   {target.sentence}")
    return 0


def _replay(target: Target, path: Path) -> int:
    try:
        data = path.read_bytes()
    except OSError as error:
        print(f"{path} cannot be read: {error.strerror}", file=sys.stderr)
        return 2
    verdict = judge(target, data)
    outcome = verdict.fault or (f"refused: {verdict.refusal}" if verdict.refusal else "accepted")
    print(f"{target.name}, {len(data)} bytes: {outcome}")
    print(f"{verdict.peak_bytes / KIB:.0f} KiB of memory, {verdict.lines} lines")
    return 1 if verdict.fault else 0


def _look(target: Target, options: argparse.Namespace) -> int:
    try:
        result = search(target, options.seconds, seed=options.seed, tell=_tell)
    except ModuleNotFoundError as missing:
        print(f"{missing}; pip install 'kafka-nio[fuzz]' brings it", file=sys.stderr)
        return 2
    _clear()
    if result.trouble:
        print(f"{target.name}: the search did not work:\n{result.trouble}", file=sys.stderr)
        return 2
    print(f"{target.name}: {result.inputs:,} inputs tried, {len(result.found)} kept apart, {len(result.faults)} faults")
    for data, reason in result.faults:
        _write_down(target, data, reason)
    if options.keep:
        _keep(target, result)
    return 1 if result.faults else 0


def _write_down(target: Target, data: bytes, reason: str) -> None:
    path = folder_of(target) / f"fault-{name_of(data)}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    print(f"  {reason}\n  the input is kept: python -m tests.fuzz {target.name} --replay {path}")


def _keep(target: Target, result: Search) -> None:
    faulty = {data for data, _ in result.faults}
    kept = minimised(target, {*load(target).values(), *result.found} - faulty)
    keep(target, kept)
    print(f"  the corpus has {len(kept)} inputs of {sum(map(len, kept)):,} bytes together")


def _tell(result: Search, pace: int) -> None:
    if sys.stderr.isatty():
        line = f"{result.target.name}: {result.inputs:,} inputs, {pace:,} a second, coverage {result.coverage:,}"
        print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    sys.exit(main())
