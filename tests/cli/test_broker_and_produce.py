"""`kafka-nio broker` and `kafka-nio produce`, one against the other."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.cli.produce import records
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
    assert result.err.startswith("kafka-nio: 0 records written to orders, then: ")
    assert "connect to 127.0.0.1:1 failed: Connection refused" in result.err
    assert result.err.count("\n") == 1


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
