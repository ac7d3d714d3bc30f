"""`kafka-nio broker` and `kafka-nio produce`, one against the other."""

import io
import logging
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.cli.produce import Tally, records
from kafka_nio.cli.serve import QuietHandler, Server
from kafka_nio.cli.waiting import first_failure_told
from kafka_nio.producer import RecordMetadata
from tests.cli.conftest import KafkaNio
from tests.cli.processes import interrupt, running_command


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster() as cluster:
        yield cluster


def type_in(monkeypatch: pytest.MonkeyPatch, text: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))


def test_lines_become_records(kafka_nio: KafkaNio, cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, b"one\ntwo\nthree\n")
    result = kafka_nio("produce", "orders", "--bootstrap-servers", cluster.bootstrap_servers)
    assert (result.status, result.out) == (0, "3 records written to orders, last offset 2\n")
    assert [(record.key, record.value) for record in cluster.log("orders").records()] == [
        (None, b"one"),
        (None, b"two"),
        (None, b"three"),
    ]


def test_last_offsets_are_told_for_each_partition(kafka_nio: KafkaNio, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, b"".join(b"key-%d:value\n" % number for number in range(20)))
    with EmbeddedCluster(partitions_per_topic=2) as cluster:
        result = kafka_nio("produce", "t", "--key-separator", ":", "--bootstrap-servers", cluster.bootstrap_servers)
        sizes = [len(list(cluster.log("t", partition).records())) for partition in (0, 1)]
    assert sum(sizes) == 20
    assert result.out == (
        f"20 records written to t, last offsets {sizes[0] - 1} in partition 0, {sizes[1] - 1} in partition 1\n"
    )


def test_a_connection_that_ends_later_is_nothing_to_wait_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = logging.getLogger("kafka_nio.client.disconnector")
    tally = Tally("orders")
    with first_failure_told(unless=tally.is_begun):
        tally.add(RecordMetadata("orders", 0, 0), None)
        log.info("Node %s: %s", 0, "connection to localhost:9092 failed: it was closed")
    assert capsys.readouterr().err == ""


def test_no_lines_are_no_records(
    kafka_nio: KafkaNio, cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    type_in(monkeypatch, b"")
    result = kafka_nio("produce", "orders", "--bootstrap-servers", cluster.bootstrap_servers)
    assert (result.status, result.out) == (0, "0 records written to orders\n")


def test_nobody_there_is_one_line(kafka_nio: KafkaNio, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, b"one\ntwo\n")
    result = kafka_nio("produce", "orders", "--bootstrap-servers", "127.0.0.1:1", "--timeout", "0.5")
    assert (result.status, result.out) == (1, "")
    first, last = result.err.splitlines()
    assert first == "kafka-nio: still trying: connect to 127.0.0.1:1 failed: Connection refused"
    assert last.startswith("kafka-nio: 0 records written to orders, then: ")
    assert "connect to 127.0.0.1:1 failed: Connection refused" in last


def test_what_is_no_broker_is_told_at_once(kafka_nio: KafkaNio, monkeypatch: pytest.MonkeyPatch) -> None:
    type_in(monkeypatch, b"one\n")
    with Server(("127.0.0.1", 0), QuietHandler) as web:
        serving = threading.Thread(target=web.serve_forever)
        serving.start()
        address = f"127.0.0.1:{web.server_address[1]}"
        result = kafka_nio("produce", "orders", "--bootstrap-servers", address, "--timeout", "0.5")
        web.shutdown()
        serving.join()
    first, _ = result.err.splitlines()
    assert first.startswith(f"kafka-nio: still trying: ApiVersions to {address} failed: ")
    assert first.endswith("perhaps it does not speak Kafka")


def test_ctrl_c_tells_what_has_been_written(
    kafka_nio: KafkaNio, cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lines() -> Iterator[bytes]:
        yield b"one\n"
        yield b"two\n"
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=lines()))
    result = kafka_nio("produce", "orders", "--bootstrap-servers", cluster.bootstrap_servers)
    assert (result.status, result.err) == (130, "kafka-nio: interrupted\n")
    assert result.out == "2 records written to orders, last offset 1\n"
    assert len(list(cluster.log("orders").records())) == 2


@pytest.mark.parametrize(
    ("line", "separator", "record"),
    [
        (b"plain\n", None, (None, b"plain")),
        (b"windows\r\n", None, (None, b"windows")),
        (b"no end", None, (None, b"no end")),
        (b"\n", None, (None, b"")),
        (b"a:b:c\n", ":", (b"a", b"b:c")),
        (b"no key\n", ":", (None, b"no key")),
        (b":empty key\n", ":", (b"", b"empty key")),
        (b"k => v\n", " => ", (b"k", b"v")),
        (b"\xff\xfe\n", None, (None, b"\xff\xfe")),
    ],
)
def test_a_line_is_split_at_the_first_separator(
    line: bytes, separator: str | None, record: tuple[bytes | None, bytes]
) -> None:
    assert list(records([line], separator)) == [record]


def test_a_port_in_use_is_one_line(kafka_nio: KafkaNio, cluster: EmbeddedCluster) -> None:
    ((_, port),) = cluster.addresses
    result = kafka_nio("broker", "--port", str(port))
    assert (result.status, result.err) == (
        1,
        f"kafka-nio: cannot listen on 127.0.0.1:{port}: Address already in use; try --port 0\n",
    )


def test_a_broker_serves_until_ctrl_c(kafka_nio: KafkaNio, monkeypatch: pytest.MonkeyPatch) -> None:
    with running_command("broker", "--port", "0", cwd=Path(__file__).parents[2]) as broker:
        assert broker.stdout is not None
        address = broker.stdout.readline().removeprefix("Kafka broker at ").partition(". ")[0]
        type_in(monkeypatch, b"hello\n")
        result = kafka_nio("produce", "orders", "--bootstrap-servers", address)
        ended = interrupt(broker)
    assert result.out == "1 record written to orders, last offset 0\n"
    assert ended == (130, "kafka-nio: interrupted\n")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_broker_that_a_script_starts_in_the_background_can_be_stopped(number: signal.Signals) -> None:
    with running_command("broker", "--port", "0", cwd=Path(__file__).parents[2], in_background=True) as broker:
        assert broker.stdout is not None
        assert broker.stdout.readline().startswith("Kafka broker at ")
        ended = interrupt(broker, number)
    assert ended == (130, "kafka-nio: interrupted\n")
