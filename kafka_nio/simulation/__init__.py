"""Short histories of a whole producer, made from a number: what it does, what its cluster does, what goes wrong.

`simulate(seed)` lives through one, in some milliseconds, and says which of the producer's promises were broken.
`record_history` lives through the same one and writes a recording.

Bottom up:

- `clock`, `network`: virtual time, and a network in memory under the real selectors.
- `plan`, `weather`: what a seed says before a history begins, and on its way.
- `brokers`: the embedded broker's handlers and logs.
- `application`: sends, waits, flushes, commits, closes.
- `promises`: what must hold at the end.
- `run`: all of it together.

Java: no counterpart.
"""

from kafka_nio.simulation.plan import Plan, plan
from kafka_nio.simulation.run import Verdict, record_history, simulate

__all__ = ["Plan", "Verdict", "plan", "record_history", "simulate"]
