"""One run, in a process of its own: takes a job as JSON, prints the outcome as JSON.

    python -m tests.benchmarks.contest.driver '{"driver": "kafka_nio_driver", …}'

The clock runs from the first `send` until `flush` is done. CPU seconds are those of the whole process, so of both
threads. It imports little before the client, whose import is measured in the cell of start-up.
"""

import json
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.benchmarks.contest.clients.tracing import Tracing
    from tests.benchmarks.contest.job import Driver, Job, Outcome


def main() -> None:
    """Measure, and say what came out."""
    job: Job = json.loads(sys.argv[1])
    measure = {"start-up": start_up, "marks": send_alone}.get(job["measure"], steady_state)
    print(json.dumps(measure(job)))


def start_up(job: "Job") -> "Outcome":
    """From before the client's import until its first record is acknowledged."""
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    driver_type = load(job["driver"])
    imported_s = time.perf_counter()
    driver = driver_type(job)
    driver.send_all([(b"x" * job["value_bytes"], None)])
    driver.flush()
    ended_s = time.perf_counter()
    outcome = measured(driver, ended_s - began_s, time.process_time() - began_cpu_s)
    driver.close()
    return outcome | {"import_s": imported_s - began_s, "first_ack_s": ended_s - began_s}


def steady_state(job: "Job") -> "Outcome":
    """After a warm-up, all records: at once, or at a pace."""
    from tests.benchmarks.contest.records import Records

    tracing = begin_tracing(job["driver"]) if job["measure"] == "traced" else None
    warm_up, records = (
        Records(count, job["value_bytes"], random_sizes=job["random_sizes"], keys=job["keys"])
        for count in (job["warm_up"], job["records"])
    )
    driver = load(job["driver"])(job)
    driver.send_all(warm_up)
    driver.flush()
    driver.acknowledged = 0

    latencies_s: list[float] = []
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    if job["measure"] == "latency":
        latencies_s = driver.send_paced(records, 1 / job["a_second"])
    else:
        driver.send_all(records)
    driver.flush()
    if tracing is not None:
        tracing.finish()
    outcome = measured(driver, time.perf_counter() - began_s, time.process_time() - began_cpu_s)
    driver.close()

    if tracing is not None:
        outcome["spans"] = tracing.spans
    if not job["callback"]:
        outcome["acknowledged"] = None
    elif latencies_s:
        outcome["p50_ms"], outcome["p99_ms"] = percentile(latencies_s, 50) * 1e3, percentile(latencies_s, 99) * 1e3
    return outcome


def send_alone(job: "Job") -> "Outcome":
    """What the marks take from `send`."""
    from tests.benchmarks.contest.marks import measure

    seconds, left = measure(job)
    return {
        "seconds": seconds,
        "cpu_s": seconds,
        "peak_bytes": peak_bytes(),
        "acknowledged": None,
        "left_by_marks": left,
    }


def begin_tracing(driver: str) -> "Tracing":
    """A span for each record from now on."""
    from tests.benchmarks.contest.clients.tracing import Tracing

    return Tracing(driver)


def load(module: str) -> "type[Driver]":
    """The driver, and by it the client."""
    driver: type[Driver] = __import__(f"tests.benchmarks.contest.clients.{module}", fromlist=["Driver"]).Driver
    return driver


def measured(driver: "Driver", seconds: float, cpu_s: float) -> "Outcome":
    """The figures of every run."""
    return {
        "seconds": seconds,
        "cpu_s": cpu_s,
        "peak_bytes": peak_bytes(),
        "acknowledged": driver.acknowledged,
    }


def percentile(values: list[float], percent: float) -> float:
    """The value that so many per cent do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]


def peak_bytes() -> int:
    """The most memory this process has had.

    Linux hands `ru_maxrss` down from the parent to a program that it starts, so there the process's own mark is read.
    """
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
