"""What a recorded step costs: microseconds a step, for the steps alone, with lines, with everything.

    python tests/benchmarks/recording_cost.py [--rounds N]

The steps are those of a real selector that polls a connection on which nothing happens. The rounds of the four ways
alternate, so that a machine that becomes slower becomes slower for all of them, and the fastest round of each counts.
"""

import argparse
import socket
import time
from collections.abc import Callable

from kafka_nio.network import Selector
from kafka_nio.nio import ServerSocketChannel, SocketAddress
from kafka_nio.tracing import Recording, record

POLLS = 300
MOST_POLLS_TO_CONNECT = 1000

NOTHING_MORE = {"lines": False, "state": False, "bytes": False, "links": False}
WAYS: dict[str, dict[str, bool] | None] = {
    "nobody watches": None,
    "steps alone": NOTHING_MORE,
    "with lines and decisions": NOTHING_MORE | {"lines": True},
    "with state": NOTHING_MORE | {"state": True},
    "with everything": {},
}


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    fastest_s = dict.fromkeys(WAYS, float("inf"))
    steps = 0
    for _ in range(rounds):
        for name, options in WAYS.items():
            seconds, noted = one_round(options)
            fastest_s[name] = min(fastest_s[name], seconds)
            steps = max(steps, noted)
    plain_s = fastest_s.pop("nobody watches")
    for name, seconds in fastest_s.items():
        print(f"{name:26} {(seconds - plain_s) / steps * 1e6:6.2f} µs a step ({steps} steps in {POLLS} polls)")


def one_round(options: dict[str, bool] | None) -> tuple[float, int]:
    """How long the polls take, in seconds, and how many steps they are."""
    if options is None:
        return polls(lambda: None, lambda: None), 0
    with record(begin=False, **options) as watch:  # type: ignore[arg-type]  # none of the options is a path
        seconds = polls(watch.begin, watch.end)
    return seconds, number_of_steps(watch.recording)


def polls(begin: Callable[[], None], end: Callable[[], None]) -> float:
    """So many polls that find nothing, with one connection."""
    listener = ServerSocketChannel.open(SocketAddress(socket.AF_INET, ("127.0.0.1", 0)))
    selector = Selector()
    selector.connect("0", listener.local_address)
    for _ in range(MOST_POLLS_TO_CONNECT):
        selector.poll(1)
        if selector.connected:
            break
    begin()
    began_s = time.thread_time()
    for _ in range(POLLS):
        selector.poll(0)
    seconds = time.thread_time() - began_s
    end()
    selector.close()
    listener.close()
    return seconds


def number_of_steps(recording: Recording) -> int:
    """All steps, those that are kept once for many included."""
    numbers: dict[int | None, int] = {None: 1}
    for step in recording.steps:
        numbers[step.seq] = step.count * numbers[step.parent]
    return sum(numbers.values()) - 1


if __name__ == "__main__":
    main()
