"""Spans for each client's records."""

import pytest

from tests.benchmarks.contest.brokers import mock
from tests.benchmarks.contest.cells import BY_NAME as CELLS
from tests.benchmarks.contest.clients.tracing import INSTRUMENTORS
from tests.benchmarks.contest.contestants import BY_NAME, CONTESTANTS, OURS, WITH_CALLBACK
from tests.benchmarks.contest.one_run import run_once
from tests.benchmarks.contest.schedule import Planned
from tests.support.unavailable import Unavailable


def test_there_is_an_instrumentation_for_each_client_but_ours() -> None:
    assert set(INSTRUMENTORS) == {one.driver for one in CONTESTANTS} - {BY_NAME[OURS].driver}


@pytest.mark.parametrize("contestant", [OURS, WITH_CALLBACK, "kafka-python", "aiokafka"])
def test_each_record_of_a_client_has_a_span(contestant: str) -> None:
    """The number of spans is compared with that of the records, so a run that does not fail has them all."""
    if contestant != OURS:
        pytest.importorskip(f"opentelemetry.instrumentation.{INSTRUMENTORS[BY_NAME[contestant].driver][0]}")
    try:
        with mock() as new_topic:
            run = run_once(new_topic, Planned(1, "mock", CELLS["traced"].quick(), BY_NAME[contestant]))
    except Unavailable as missing:
        pytest.skip(str(missing))
    assert run.failure is None
    assert run.received == run.sent > 0
