"""Every program of the library guide runs, against a broker in this process, and does what the page says."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.config import OPTIONS
from kafka_nio.metric_names import METRICS
from kafka_nio.tracing import Recording
from tests.support.programs import Programs, programs_of, records, values

PAGE = Path(__file__).parent.parent / "docs" / "library.md"
SENT = [b"coffee %d" % number for number in range(100)]

Run = Callable[[str], EmbeddedCluster]
Output = pytest.CaptureFixture[str]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Programs]:
    """Those of the guide."""
    monkeypatch.chdir(tmp_path)
    with programs_of(PAGE, tmp_path) as programs:
        yield programs


@pytest.fixture
def run(programs: Programs) -> Run:
    """Runs the program with these words in it, and returns the cluster that it wrote to."""
    return programs.run


def test_the_first_program(run: Run, capsys: Output) -> None:
    (record,) = records(run("print(future.result())"))
    assert (record.key, record.value) == (b"table 4", b"one coffee")
    assert re.fullmatch(r"orders-\d@0\n", capsys.readouterr().out)


def test_options_in_both_spellings(run: Run) -> None:
    assert values(run("properties")) == [b"one coffee"]


def test_an_option_that_is_not_there(run: Run, capsys: Output) -> None:
    run("linger=20")
    assert "linger.ms" in capsys.readouterr().out


def test_serializers_and_records(run: Run) -> None:
    coffee, tea = records(run("ProducerRecord("))
    assert (coffee.value, tea.value) == (b'{"drink": "coffee"}', b'{"drink": "tea"}')
    assert coffee.headers == (("waiter", b"Ada"),)


def test_a_partitioner(run: Run, capsys: Output) -> None:
    cluster = run("RoundRobinPartitioner()")
    assert capsys.readouterr().out == "3 partitions\n"
    assert [len(list(cluster.log("orders", partition).records())) for partition in range(3)] == [1, 1, 1]


def test_futures(run: Run, capsys: Output) -> None:
    assert sorted(values(run("failed = [")), key=str) == sorted(SENT, key=str)
    assert capsys.readouterr().out == "0 failed\n"


def test_a_callback(run: Run, capsys: Output) -> None:
    assert len(values(run("callback=told"))) == 100
    assert capsys.readouterr().out == "0 lost\n"


def test_an_event_loop(run: Run, capsys: Output) -> None:
    assert len(values(run("asyncio.run"))) == 100
    assert capsys.readouterr().out == "orders\n"


def test_errors(run: Run, capsys: Output) -> None:
    assert values(run("except ApiError")) == []
    assert capsys.readouterr().out.startswith("RecordTooLargeError, final: ")


def test_flush(run: Run, capsys: Output) -> None:
    assert values(run("producer.flush(timeout=30)")) == [b"one coffee"]
    assert capsys.readouterr().out == "1 waiting\n0 waiting\n"


def test_a_transaction(run: Run) -> None:
    cluster = run("transactional_id")
    assert b"one coffee" in values(cluster)
    assert b"one bean less" in values(cluster, "stock")


def test_a_login_over_tls(run: Run) -> None:
    assert values(run("SASL_SSL")) == [b"one coffee"]


def test_metrics(run: Run, capsys: Output) -> None:
    run("record-send-total")
    assert capsys.readouterr().out == "1.0 True 33554432\n"


def test_a_recording(run: Run) -> None:
    assert values(run("coffee.otlp.jsonl")) == [b"one coffee"]
    assert set(Recording.load(Path("coffee.otlp.jsonl")).threads) == {"app", "sender"}


def test_a_broker_in_the_same_process(run: Run, capsys: Output) -> None:
    run("EmbeddedCluster")
    assert capsys.readouterr().out == "[b'one coffee']\n"


def test_many_records_in_large_batches(run: Run, capsys: Output) -> None:
    assert len(values(run("batch_size=131_072"))) == 10_000
    assert capsys.readouterr().out == "True\n"


def test_no_program_is_left_out(programs: Programs) -> None:
    """Besides those above there is none."""
    assert len(programs.all) == 16


def test_the_options_and_metrics_that_the_prose_names_exist() -> None:
    page = PAGE.read_text(encoding="utf-8")
    names = {option.attribute for option in OPTIONS} | {option.name for option in OPTIONS}
    ours = set(re.findall(r"\| `([\w.]+)=?[^`|]*`[^|]*\|$", page, re.MULTILINE))
    assert {name for name in ours if "_" in name and "(" not in name} - names <= {"partitions_for", "timestamp_ms"}
    metrics = set(re.findall(r"`([a-z]+-[a-z-]+)`", page)) - {"kafka-nio"}
    assert metrics <= {metric.name for metric in METRICS}
