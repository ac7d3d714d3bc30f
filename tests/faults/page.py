"""Writes `docs/reliability.md` from the rows in `results.json`.

Run it by ``python -m tests.faults.page``.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.faults.load import PAUSE_S
from tests.faults.summary import RESULTS
from tests.faults.table import Outcome, as_markdown, from_json

PAGE = Path(__file__).parents[2] / "docs" / "reliability.md"

NETWORK = "A network that misbehaves"

COMMAND = "python -m tests.faults.page"

HEAD = """\
# Reliability

What this producer promises, and what was seen when it was put to the test.

- A record whose future succeeded is on the broker exactly once, or, with `enable.idempotence=false`, at least once.
- The records of a partition stand there in the order in which they were sent, if idempotence is on, as it is by
  default.
- A record whose future failed says why.
- No future stays open after `close()`.

In each of these runs a producer sends records, each with a number, at a steady rate over several partitions, while
something goes wrong. A test that finds that it did not go wrong fails. Afterwards everything that the topic contains is
read back by another client, librdkafka's consumer, which checks each batch's checksum, and is compared with what the
futures said:

- *lost*: acknowledged, and not where the acknowledgement said;
- *duplicated*: copies beyond the first;
- *reordered*: records that stand behind a later one of their partition;
- *time to recover*: from the fault until the last partition that had paused was acknowledged again, where a pause is
  {pause:g} s without an acknowledgement in that partition.

Three nodes of Apache Kafka are three processes on one machine, each broker and controller; what is written stands on
all three (`replication.factor=3`), and two must have it before it is acknowledged (`min.insync.replicas=2`,
`acks=all`). They take a node for dead after three seconds of silence (`broker.session.timeout.ms=3000`; by default it
is nine), so that most of a time to recover from a killed node is theirs.

Where it is the network that misbehaves, a proxy stands between the producer and two brokers of this project, which are
as strict as Apache Kafka about what they are sent, and begin at once. Where nothing can move, nothing is there to be
compared: it counts that each record fails in time, and that the loop neither spins nor blocks meanwhile.

All of it is run again by one command, which prints these tables; it takes some minutes and needs Java:

```bash
pytest -m faults
```

A short form is a part of every run of the tests: a leader killed, a program killed in its transactions, and most of
what a network that delays and cuts can do. The page is written by `{command}`.

{measured}
"""


def page() -> str:
    """The text of the page as it should be."""
    outcomes = from_json(RESULTS.read_text(encoding="utf-8"))
    outcomes.sort(key=lambda outcome: outcome.setting.startswith(NETWORK))  # what happens to brokers comes first
    head = HEAD.format(pause=PAUSE_S, command=COMMAND, measured=measured(outcomes))
    return f"{head}\n{as_markdown(outcomes)}"


def measured(outcomes: Sequence[Outcome]) -> str:
    """With what, and how many rows of how many runs."""
    runs = Counter(outcome.measured for outcome in outcomes)
    if len(runs) == 1:
        return f"All {len(outcomes)} rows are of one run, with {outcomes[0].measured}. None was left out."
    return "The rows are of several runs:\n\n" + "\n".join(f"- {count}: {run}" for run, count in runs.items())


def main(target: Path = PAGE) -> None:
    """Write the page."""
    target.write_text(page(), encoding="utf-8")
    print(f"{target.relative_to(PAGE.parents[1])}: written")


if __name__ == "__main__":
    main()
