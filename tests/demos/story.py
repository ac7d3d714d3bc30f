"""The recordings of the demos, each made once in a test run, and ways to ask them what happened."""

from collections.abc import Iterable
from functools import cache

from kafka_nio.demos import DEMOS, Outcome, record_demo
from kafka_nio.tracing import Recording, Step
from kafka_nio.tracing.step import Decision


@cache
def outcome(name: str) -> Outcome:
    """A demo, recorded under the virtual clock."""
    return record_demo(DEMOS[name])


def recording(name: str) -> Recording:
    """What a demo's recording holds."""
    return outcome(name).recording


def steps(name: str, *called: str, thread: str | None = None) -> list[Step]:
    """The steps of a demo's recording that are called so, in their order."""
    return [step for step in recording(name).steps if step.name in called and thread in (None, step.thread)]


def shown(found: Iterable[Step], what: str) -> list[object]:
    """What each of these steps shows under this name."""
    return [step.shown.get(what) for step in found]


def requests(name: str) -> list[str]:
    """The requests of the client, in the order in which it made them: `Produce #4 to 0`."""
    return [str(step.shown["request"]) for step in steps(name, "NetworkClient.do_send")]


def produce_requests(name: str) -> list[str]:
    """Those of them that carry records."""
    return [request for request in requests(name) if request.startswith("Produce ")]


def decisions(name: str, decision: str, within: str | None = None) -> list[Decision]:
    """How a question was decided, each time, in the steps called `within` or in all."""
    return [
        decided
        for step in recording(name).steps
        if within in (None, step.name)
        for decided in step.decisions
        if decided.name == decision
    ]


def selects(name: str) -> list[Step]:
    """Each time the client looked or slept, at the level of java.nio."""
    return steps(name, "nio.Selector.select", "nio.Selector.select_now", thread="sender")


def polls(name: str) -> list[Step]:
    """The turns of the client's selector."""
    return steps(name, "Selector.poll", thread="sender")


def inside(name: str, outer: Step, *called: str) -> list[Step]:
    """The steps called so that ran inside this one, at whatever depth."""
    by_seq = {step.seq: step for step in recording(name).steps}

    def is_inside(step: Step) -> bool:
        while step.parent is not None:
            step = by_seq[step.parent]
            if step is outer:
                return True
        return False

    return [step for step in steps(name, *called) if is_inside(step)]


def milliseconds(step: Step) -> int:
    """When a step began, from the beginning of its recording."""
    return step.start_ns // 1_000_000


def offsets(name: str) -> list[object]:
    """Where the demo's records are, in the order in which they were sent."""
    return [getattr(result, "offset", result) for result in outcome(name).results]


def values(name: str, path: str) -> list[object]:
    """What a path of the watched state became, each time it changed."""
    return [change.values[path] for step in recording(name).steps for change in step.changes if path in change.values]
