"""One run: a fresh topic, a fresh process, and then the question how many records the broker has."""

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from confluent_kafka import KafkaException

from tests.benchmarks.contest.brokers import ROOT, NewTopic, Topic
from tests.benchmarks.contest.cells import RECORDS_A_SECOND, Measure
from tests.benchmarks.contest.results import Run
from tests.benchmarks.contest.schedule import Planned

if TYPE_CHECKING:
    from tests.benchmarks.contest.job import Job, Outcome

WARM_UP = 500

LONGEST_RUN_S = 300


class RunFailed(Exception):
    """Why a run does not count."""


def run_once(new_topic: NewTopic, planned: Planned) -> Run:
    """The run's figures, or why it has none."""
    try:
        with new_topic("contest", planned.cell.partitions) as topic:
            return _measure(topic, planned)
    except (RunFailed, KafkaException, OSError) as failure:
        return _run(planned, failure=str(failure) or repr(failure))


def _measure(topic: Topic, planned: Planned) -> Run:
    job = make_job(topic, planned)
    cpu_before_s = topic.broker_cpu_s()
    outcome = drive(job)
    cpu_after_s = topic.broker_cpu_s()
    broker_cpu_s = None if cpu_before_s is None or cpu_after_s is None else cpu_after_s - cpu_before_s
    acknowledged = outcome["acknowledged"]
    spans = outcome.get("spans")
    figures = {name: figure for name, figure in outcome.items() if name not in ("acknowledged", "spans")}
    if acknowledged is not None and acknowledged != job["records"]:
        raise RunFailed(f"sent {job['records']:,} records, {acknowledged:,} callbacks reported success")
    in_all = job["warm_up"] + job["records"]
    if spans is not None and spans != in_all:
        raise RunFailed(f"sent {in_all:,} records, there were {spans:,} spans for them")
    if planned.cell.measure is Measure.MARKS:
        in_all = 0  # they wait in a batch until they are given up
    received = topic.count(in_all)
    if received != in_all:
        raise RunFailed(f"sent {in_all:,} records, the broker has {received:,}")
    return _run(
        planned, sent=job["records"], received=max(0, received - job["warm_up"]), broker_cpu_s=broker_cpu_s, **figures
    )


def _run(planned: Planned, **figures: object) -> Run:
    number, broker, cell, contestant = planned.key
    return Run(round=number, broker=broker, cell=cell, contestant=contestant, **figures)  # type: ignore[arg-type]


def make_job(topic: Topic, planned: Planned) -> "Job":
    """What the driver is told."""
    cell, contestant = planned.cell, planned.contestant
    return {
        "driver": contestant.driver,
        "measure": cell.measure.value,
        "bootstrap_servers": topic.bootstrap_servers,
        "broker": planned.broker,
        "topic": topic.name,
        "records": contestant.records_of(cell),
        "warm_up": 0 if cell.measure in (Measure.START_UP, Measure.MARKS) else WARM_UP,
        "a_second": RECORDS_A_SECOND,
        "value_bytes": cell.value_bytes,
        "random_sizes": cell.random_sizes,
        "keys": cell.keys.value,
        "batch_bytes": cell.batch_bytes,
        "linger_ms": cell.linger_ms,
        "idempotent": cell.idempotent,
        "compression": cell.compression,
        "callback": cell.callback or contestant.always_has_callbacks,
    }


def drive(job: "Job") -> "Outcome":
    """Run the driver in a process of its own.

    Raises:
        RunFailed: it ended with an error, or not in time; with its last words.
    """
    command = [sys.executable, "-m", "tests.benchmarks.contest.driver", json.dumps(job)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_RUN_S)
    except subprocess.TimeoutExpired:
        raise RunFailed(f"not done after {LONGEST_RUN_S} s") from None
    if done.returncode != 0:
        raise RunFailed(f"ended with status {done.returncode}: {done.stderr.strip()[-500:]}")
    outcome: Outcome = json.loads(done.stdout.splitlines()[-1])
    return outcome
