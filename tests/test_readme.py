"""Every program in the README runs, against a broker in this process, and does what it says."""

import contextlib
import re
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.protocol.record_batch import Record
from kafka_nio.tracing import Recording
from tests.support.certificates import Authority

README = (Path(__file__).parent.parent / "README.md").read_text()
PROGRAMS = re.findall(r"^```python\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)

PLAIN, TLS, LOGIN = "localhost:9092", "localhost:9093", "localhost:9094"
"""The addresses that the programs write to, and how they are secured."""

Run = Callable[[str], EmbeddedCluster]


def program_with(words: str) -> str:
    """The one program in which these words occur."""
    (program,) = [program for program in PROGRAMS if words in program]
    return program


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs the program with these words in it, and returns the cluster that it wrote to."""
    monkeypatch.chdir(tmp_path)
    with contextlib.ExitStack() as open_clusters:

        def run_program(words: str) -> EmbeddedCluster:
            program = program_with(words)
            (address,) = {address for address in (PLAIN, TLS, LOGIN) if address in program}
            cluster = open_clusters.enter_context(new_cluster(address, tmp_path))
            cluster.create_topic("orders", 3)
            code = program.replace(address, cluster.bootstrap_servers)
            exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
            return cluster

        yield run_program


def new_cluster(address: str, folder: Path) -> EmbeddedCluster:
    if address == PLAIN:
        return EmbeddedCluster()
    authority = Authority(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.issue_file("127.0.0.1"))
    return EmbeddedCluster(tls=context, sasl={"SCRAM-SHA-512": {"waiter": "a long one"}} if address == LOGIN else None)


def records(cluster: EmbeddedCluster, topic: str = "orders") -> list[Record]:
    partitions = range(3 if topic == "orders" else 1)
    return [record for partition in partitions for record in cluster.log(topic, partition).records()]


def values(cluster: EmbeddedCluster, topic: str = "orders") -> list[bytes | None]:
    return [record.value for record in records(cluster, topic)]


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


def test_no_program_is_left_out() -> None:
    """Besides those above there is none."""
    assert len(PROGRAMS) == 11
