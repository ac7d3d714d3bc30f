"""Every program in the README runs, against a broker in this process, and does what it says."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.tracing import Recording
from tests.support.programs import Programs, programs_of, records, values

README = Path(__file__).parent.parent / "README.md"

Run = Callable[[str], EmbeddedCluster]


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Programs]:
    """Those of the README."""
    monkeypatch.chdir(tmp_path)
    with programs_of(README, tmp_path) as programs:
        yield programs


@pytest.fixture
def run(programs: Programs) -> Run:
    """Runs the program with these words in it, and returns the cluster that it wrote to."""
    return programs.run


def test_send(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    cluster = run("linger_ms=5")
    assert values(cluster) == [b"coffee 0", b"coffee 1", b"coffee 2"]
    assert re.fullmatch(r"(orders-\d@\d\n){3}", capsys.readouterr().out)


def test_a_callback(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert values(run("callback=told")) == [b"one coffee"]
    assert re.fullmatch(r"written to orders-\d@0\n", capsys.readouterr().out)


def test_in_an_event_loop(run: Run) -> None:
    assert len(values(run("AsyncKafkaProducer"))) == 101


def test_a_transaction(run: Run) -> None:
    cluster = run("transactional_id")
    assert b"one coffee" in values(cluster)
    assert b"one bean less" in values(cluster, "stock")


def test_tls(run: Run) -> None:
    assert values(run('security_protocol="SSL"')) == [b"one coffee"]


def test_a_login(run: Run) -> None:
    assert values(run("SCRAM-SHA-512")) == [b"one coffee"]


def test_everything_that_a_record_has(run: Run) -> None:
    (record,) = records(run("key_serializer"))
    assert record.value == b'{"drink": "coffee"}'
    assert record.key == b"table 4"
    assert record.timestamp_ms == 1_700_000_000_000
    assert record.headers == (("waiter", b"Ada"), ("paid", None))


def test_your_own_partitioner(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("last_partition_for_vips")
    assert capsys.readouterr().out == "orders-2@0\n"


def test_an_interceptor(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    (record,) = records(run("ProducerInterceptor"))
    assert record.headers == (("from", b"till 3"),)
    assert re.fullmatch(r"answered: orders-\d@0 None\n", capsys.readouterr().out)


def test_errors(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("RecordTooLargeError")
    assert "max_request_size" in capsys.readouterr().out


def test_watching(run: Run) -> None:
    assert values(run("coffee.otlp.jsonl")) == [b"one coffee"]
    assert set(Recording.load(Path("coffee.otlp.jsonl")).threads) == {"app", "sender"}


def test_no_program_is_left_out(programs: Programs) -> None:
    """Besides those above there is none."""
    assert len(programs.all) == 11
