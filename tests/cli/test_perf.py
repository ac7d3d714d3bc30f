"""`kafka-nio perf`: what it sends, how it counts, what it says, how it stops."""

import io
import json
import re
import signal
import socket
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest
from rich.console import Console

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.faults import FOR_EVER, Ending, Fault
from kafka_nio.broker.partition_log import LogAppendInfo, PartitionLog
from kafka_nio.cli import properties
from kafka_nio.cli.perf import producer_options
from kafka_nio.cli.perf_figures import BUCKETS, Figures, Latencies, bucket_of, largest_of
from kafka_nio.cli.perf_load import Load, Pace, keys, random_values, sizes, values_of_file
from kafka_nio.cli.perf_progress import PIPE_MS, TERMINAL_MS, Progress
from kafka_nio.cli.perf_report import cpu_line, live_line, metrics_json, summary_line, window_line
from kafka_nio.cli.perf_run import Run, Tally
from kafka_nio.cli.problem import Problem
from kafka_nio.clock import MockClock, SystemClock
from kafka_nio.errors import RecordTooLargeError
from kafka_nio.producer import KafkaProducer, RecordMetadata
from kafka_nio.protocol.api import ApiKey
from kafka_nio.protocol.record_batch import RecordBatch
from tests.cli.conftest import KafkaNio
from tests.cli.processes import running_command
from tests.cli.terminal import Open, terminals

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "perf.md"

SUMMARY = re.compile(
    r"^(?P<records>\d+)(?P<steady> steady state)? records sent, [\d.]+ records/sec \([\d.]+ MB/sec\), "
    r"(?P<avg>[\d.]+) ms avg latency, (?P<max>[\d.]+) ms max latency, "
    r"(?P<p50>[\d.]+) ms 50th, (?P<p95>[\d.]+) ms 95th, (?P<p99>[\d.]+) ms 99th, (?P<p999>[\d.]+) ms 99\.9th\.$",
    re.MULTILINE,
)


@pytest.fixture
def cluster() -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster() as cluster:
        yield cluster


@pytest.fixture
def terminal() -> Iterator[Open]:
    with terminals() as start:
        yield start


def latencies(*in_us: int) -> Latencies:
    counts = [0] * BUCKETS
    for latency_us in in_us:
        counts[bucket_of(latency_us)] += 1
    return Latencies(counts)


def load(*, num_records: int = 10, warmup_records: int = 0, throughput: float = -1) -> Load:
    return Load("t", num_records, warmup_records, [b"value"], "5 bytes", keys("none"), throughput, seed=1)


# Counting latencies...


def test_a_bucket_is_exact_up_to_two_milliseconds_and_to_a_thousandth_above() -> None:
    seed = Random().getrandbits(32)
    print(f"seed {seed}")
    random = Random(seed)
    for latency_us in [*range(5000), *(random.getrandbits(random.randint(1, 42)) for _ in range(5000))]:
        told = largest_of(bucket_of(latency_us))
        assert told == latency_us if latency_us < 2048 else latency_us <= told <= latency_us * 1.001


def test_buckets_follow_each_other_without_a_gap() -> None:
    assert [bucket_of(largest_of(bucket)) for bucket in range(BUCKETS)] == list(range(BUCKETS))
    assert all(bucket_of(largest_of(bucket) + 1) == bucket + 1 for bucket in range(BUCKETS - 1))


def test_percentiles_are_those_of_the_sorted_latencies() -> None:
    thousand = latencies(*range(1000, 2000))
    assert thousand.count == 1000
    assert (thousand.average_ms, thousand.max_ms) == (1.4995, 1.999)
    assert [thousand.percentile_ms(part) for part in (0.5, 0.95, 0.99, 0.999)] == [1.499, 1.949, 1.989, 1.998]


def test_one_latency_is_every_percentile() -> None:
    assert {latencies(700).percentile_ms(part) for part in (0.5, 0.999, 1)} == {0.7}


def test_a_window_is_what_was_counted_between_two_looks() -> None:
    earlier, later = latencies(1, 1, 9), latencies(1, 1, 9, 2, 3)
    assert (later - earlier).counts == latencies(2, 3).counts


# The schedule...


def test_records_leave_by_a_schedule_that_stands() -> None:
    clock = MockClock()
    pace = Pace(250, clock)
    left_ms = []
    for number in range(5):
        pace.wait_for(number)
        left_ms.append(clock.now_ms())
        clock.sleep(3)  # to send takes its time, and the schedule does not care
    assert left_ms == [0, 4, 8, 12, 16]


def test_what_is_late_goes_at_once_and_the_delay_is_made_up_for() -> None:
    clock = MockClock()
    pace = Pace(1000, clock)
    clock.sleep(5)
    left_ms = []
    for number in range(8):
        pace.wait_for(number)
        left_ms.append(clock.now_ms())
    assert left_ms == [5, 5, 5, 5, 5, 5, 6, 7]


def test_a_long_sleep_ends_when_it_is_over() -> None:
    clock = MockClock()
    pace = Pace(0.001, clock, is_over=lambda: clock.now_ms() >= 300)
    pace.wait_for(1)
    assert clock.now_ms() == 300


def test_a_run_takes_as_long_as_its_throughput_says(cluster: EmbeddedCluster) -> None:
    clock = MockClock()
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        run = Run(producer, load(num_records=50, throughput=10), clock)
        run.run(1000, lambda: None)
    assert run.figures().records == 50
    assert run.figures().seconds == pytest.approx(4.9)
    assert run.figures().rates[0] == pytest.approx(50 / 4.9)


# What is sent...


@pytest.mark.parametrize(("text", "bounds"), [("100", (100, 100)), ("50-150", (50, 150)), ("1", (1, 1))])
def test_sizes(text: str, bounds: tuple[int, int]) -> None:
    assert sizes(text) == bounds


@pytest.mark.parametrize("text", ["0", "-5", "many", "150-50", "10-x", ""])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(Problem, match="give bytes"):
        sizes(text)


def test_values_are_letters_of_the_sizes_asked_for_and_the_same_for_the_same_seed() -> None:
    values = random_values((50, 150), Random(7))
    assert values == random_values((50, 150), Random(7)) != random_values((50, 150), Random(8))
    assert {len(value) for value in values} == set(range(50, 151))
    assert b"".join(values).isupper()
    assert len(set(values)) == len(values) == 10_000


def test_large_values_are_fewer() -> None:
    assert len(random_values((1_000_000, 1_000_000), Random(7))) == 4
    assert len(random_values((10_000_000, 10_000_000), Random(7))) == 1


def test_values_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "payloads"
    file.write_bytes(b"tea\ncoffee\n")
    assert set(values_of_file(file, "\\n", Random(7))) == {b"tea", b"coffee"}
    file.write_bytes(b"tea;cof\nfee")
    assert set(values_of_file(file, ";", Random(7))) == {b"tea", b"cof\nfee"}
    file.write_bytes(b"")
    with pytest.raises(Problem, match="there is no payload in it"):
        values_of_file(file, "\\n", Random(7))
    with pytest.raises(Problem, match="--payload-delimiter is empty"):
        values_of_file(file, "", Random(7))


def test_keys() -> None:
    assert list(islice(keys("none"), 2)) == [None, None]
    assert list(islice(keys("2"), 3)) == [b"0000000000000000", b"0000000000000001", b"0000000000000000"]
    assert list(islice(keys("unique"), 2)) == [b"0000000000000000", b"0000000000000001"]
    for kind in ("0", "-1", "some"):
        with pytest.raises(Problem, match="give none, unique"):
            keys(kind)


# The producer's options...


def test_a_properties_file_is_read_as_java_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "producer.properties"
    file.write_text(
        "# a comment \\\n! another\n\nacks=1\n linger.ms : 5\nclient.id\ttill 3  \n"
        "bootstrap.servers=a:1,\\\n    b:2\nempty=\nodd\\ name=a\\=b\\\\\nletter=\\u0041\\t"
    )
    assert properties.from_file(file) == {
        "acks": "1",
        "linger.ms": "5",
        "client.id": "till 3  ",
        "bootstrap.servers": "a:1,b:2",
        "empty": "",
        "odd name": "a=b\\",
        "letter": "A\t",
    }


def test_words_win_over_the_file_and_serializers_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "producer.properties"
    file.write_text("acks=1\nlinger.ms=5\nkey.serializer=org.apache.kafka.common.serialization.StringSerializer\n")
    assert producer_options("a:1", ["linger_ms=7", "sasl.password=a=b"], file) == {
        "client.id": "perf-producer-client",
        "bootstrap.servers": "a:1",
        "acks": "1",
        "linger.ms": "7",
        "sasl.password": "a=b",
    }


# What it says...

FIGURES = Figures(latencies(1000, 1500, 20_000, 1200), value_bytes=4 * 1024 * 1024, seconds=2.0, cpu_seconds=0.5)
NOTHING = Figures(latencies(), value_bytes=0, seconds=0.0)


def test_lines_are_those_of_kafkas_tool() -> None:
    assert window_line(FIGURES) == (
        "4 records sent, 2.0 records/sec (2.00 MB/sec), 5.9 ms avg latency, 20.0 ms max latency."
    )
    assert summary_line(FIGURES, "steady state") == (
        "4 steady state records sent, 2.000000 records/sec (2.00 MB/sec), 5.93 ms avg latency, 20.02 ms max latency, "
        "1.20 ms 50th, 20.02 ms 95th, 20.02 ms 99th, 20.02 ms 99.9th."
    )
    assert cpu_line(FIGURES) == "0.50 s of CPU time, 125000.00 s per million records."
    assert live_line(4, 1000, FIGURES) == (
        "4 of 1,000 records, 2 records/sec, 2.00 MB/sec, 5.9 ms avg, 20.0 ms max latency"
    )


def test_lines_about_nothing() -> None:
    assert window_line(NOTHING) == "0 records sent, 0.0 records/sec (0.00 MB/sec)."
    assert summary_line(NOTHING) == "0 records sent."
    assert cpu_line(NOTHING) == "0.00 s of CPU time."
    assert live_line(0, 10, NOTHING) == "0 of 10 records, 0 records/sec, 0.00 MB/sec"


def test_json_has_no_number_for_the_average_of_nothing() -> None:
    assert metrics_json({"a": 1.5, "b": float("nan")}) == {"a": 1.5, "b": None}


def answer(tally: Tally, clock: MockClock, after_ms: float, size: int = 5) -> None:
    callback = tally.callback(clock.now_ns())
    clock.sleep(after_ms)
    callback(RecordMetadata("t", 0, 0, serialized_value_size=size), None)


def test_answers_are_counted_with_their_latency_and_failures_by_reason() -> None:
    clock = MockClock()
    tally = Tally(5, clock)
    answer(tally, clock, 2)
    answer(tally, clock, 700)
    for size in (10, 11):
        tally.callback(0)(RecordMetadata("t", 0), RecordTooLargeError(f"{size} bytes"))
    assert (tally.latencies.count, tally.value_bytes) == (2, 10)
    assert tally.latencies.percentile_ms(0.5) == 2.0
    assert tally.latencies.max_ms == pytest.approx(700, rel=0.001)
    assert dict(tally.failures) == {"RecordTooLargeError": 2}
    assert tally.first_failure == {"RecordTooLargeError": "10 bytes"}


def test_progress_is_told_by_what_came_since_it_was_told_last(cluster: EmbeddedCluster) -> None:
    clock, out = MockClock(), io.StringIO()
    with KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer:
        run = Run(producer, load(), clock)
        progress = Progress(Console(file=out), run, 10)
        for after_ms in (500, 1500):
            answer(run.steady, clock, after_ms)
            progress.tell()
        clock.sleep(1000)
        progress.tell()
    assert out.getvalue().splitlines() == [
        "1 records sent, 2.0 records/sec (0.00 MB/sec), 500.2 ms avg latency, 500.2 ms max latency.",
        "1 records sent, 0.7 records/sec (0.00 MB/sec), 1500.2 ms avg latency, 1500.2 ms max latency.",
        "0 records sent, 0.0 records/sec (0.00 MB/sec).",
    ]
    assert progress.every_ms == PIPE_MS == 5000
    assert Progress(Console(force_terminal=True), run, 10).every_ms == TERMINAL_MS


def test_after_ctrl_c_it_waits_for_what_is_under_way_but_not_for_ever(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press_ctrl_c() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kafka_nio.cli.perf_run.GRACE_S", 0.3)
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE, times=FOR_EVER))
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers)
    run = Run(producer, load(num_records=1), SystemClock())
    with pytest.raises(KeyboardInterrupt):
        run.run(100, press_ctrl_c)
    run.stop()
    assert run.is_interrupted
    assert run.figures().records == 0
    assert run.failures.total() == 1


def test_a_send_that_waits_for_memory_does_not_outlive_ctrl_c(
    cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press_ctrl_c() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("kafka_nio.cli.perf_run.GRACE_S", 0.3)
    cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE, times=FOR_EVER))
    producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, buffer_memory=1000, batch_size=1000)
    run = Run(producer, load(num_records=10_000), SystemClock())
    with pytest.raises(KeyboardInterrupt):
        run.run(100, press_ctrl_c)
    run.stop()
    assert not run._thread.is_alive()
    assert 0 < run.failures.total() < 10_000


# The page...


def shape(text: str) -> list[str]:
    """The lines with 0 for each number."""
    return [re.sub(r"\d[\d.]*\d|\d", "0", line) for line in text.splitlines()]


def test_the_page_shows_what_the_command_prints() -> None:
    page = PAGE.read_text(encoding="utf-8")
    (printed,) = re.findall(r"```text\n(.*?)```", page, re.DOTALL)
    window, summary, steady = window_line(FIGURES), summary_line(FIGURES), summary_line(FIGURES, "steady state")
    assert shape(printed)[2:] == shape("\n".join([window, window, summary, steady, cpu_line(FIGURES)]))


def test_the_page_has_a_row_for_each_option(kafka_nio: KafkaNio) -> None:
    rows = re.findall(r"^\| (`--[^|]+)\|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    told = set(re.findall(r"--[a-z-]+", " ".join(rows)))
    assert told | {"--help"} == set(re.findall(r"^  (--[a-z-]+)", kafka_nio("perf", "--help").out, re.MULTILINE))


# The command...


def test_it_sends_what_was_asked_for(kafka_nio: KafkaNio, cluster: EmbeddedCluster) -> None:
    result = kafka_nio(
        *("perf", "--bootstrap-servers", cluster.bootstrap_servers, "--topic", "orders", "--num-records", "300"),
        *("--record-size", "20-40", "--keys", "unique", "--seed", "7", "--producer-props", "acks=1", "linger.ms=1"),
    )
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[0] == (
        f"Sending 300 records of 20-40 bytes to orders at {cluster.bootstrap_servers}. Seed 7."
    )
    summary = SUMMARY.search(result.out)
    assert summary is not None
    assert summary["records"] == "300"
    assert float(summary["p50"]) <= float(summary["p99"]) <= float(summary["max"])
    records = list(cluster.log("orders").records())
    assert [record.value for record in records] == random_values((20, 40), Random(7))[:300]
    assert len({record.key for record in records}) == 300


def test_without_a_cluster_it_starts_a_broker_and_says_so(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("perf", "--num-records", "200", "--warmup-records", "50", "--partitions", "3", "--print-metrics")
    assert result.status == 0
    assert "an embedded broker in a process of its own. Seed " in result.out
    assert [found["records"] for found in SUMMARY.finditer(result.out)] == ["200", "150"]
    assert re.search(r"^[\d.]+ s of CPU time, [\d.]+ s per million records\.$", result.out, re.MULTILINE)
    assert re.search(r"^record-send-total +: 200\.000$", result.out, re.MULTILINE)


def test_json_alone_goes_to_standard_output(kafka_nio: KafkaNio, cluster: EmbeddedCluster) -> None:
    result = kafka_nio(
        *("perf", "--bootstrap-servers", cluster.bootstrap_servers, "--num-records", "100", "--warmup-records", "10"),
        *("--json", "--print-metrics", "--seed", "7"),
    )
    said = json.loads(result.out)
    assert (said["seed"], said["num_records"], said["is_interrupted"], said["failed"]) == (7, 100, False, {})
    assert (said["all"]["records"], said["all"]["value_bytes"], said["steady_state"]["records"]) == (100, 10_000, 90)
    assert set(said["all"]["latency_ms"]) == {"avg", "max", "p50", "p95", "p99", "p99.9"}
    assert said["metrics"]["record-send-total"] == 100
    assert "Seed 7." in result.err


def test_a_dead_port_is_a_sentence(kafka_nio: KafkaNio) -> None:
    result = kafka_nio("perf", "--bootstrap-servers", "127.0.0.1:1", "--timeout", "0.3")
    assert (result.status, result.out) == (1, "")
    first, last = result.err.splitlines()
    assert first == "kafka-nio: still trying: connect to 127.0.0.1:1 failed: Connection refused"
    assert last == (
        "kafka-nio: Topic perf not present in metadata after 300 ms: connect to 127.0.0.1:1 failed: Connection refused"
    )


def test_records_that_fail_are_told_by_reason(kafka_nio: KafkaNio, cluster: EmbeddedCluster) -> None:
    arguments = ("--num-records", "4", "--record-size", "2000", "--producer-props", "max.request.size=1000")
    result = kafka_nio("perf", "--bootstrap-servers", cluster.bootstrap_servers, *arguments)
    assert result.status == 1
    assert "\n0 records sent.\n" in result.out
    assert "\n4 failed by RecordTooLargeError, the first: the record takes up to 20" in result.out
    assert result.err.startswith("kafka-nio: 4 of 4 records failed, most of them by RecordTooLargeError: the record")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--throughput", "0"], 2, "--throughput 0: give records per second, or -1 for no limit"),
        (["--record-size", "x"], 2, "--record-size x: give bytes, as in 100, or two bounds, as in 50-150"),
        (["--keys", "x"], 2, "--keys x: give none, unique, or how many different ones"),
        (["--num-records", "5", "--warmup-records", "5"], 2, "--warmup-records 5 leaves none of --num-records 5"),
        (["--record-size", "5", "--payload-file", "x"], 2, "--record-size and --payload-file: give one of them"),
        (["--payload-file", "/no/such"], 1, "/no/such: No such file or directory"),
        (["--producer-config", "/no/such"], 1, "/no/such: No such file or directory"),
        (["--producer-props", "acks"], 2, "acks is no option of a producer's: write name=value, as in linger.ms=5"),
        (["--producer-props", "linger=5"], 1, "linger='5': there is no such option; did you mean linger.ms?"),
        (["transactional.id=t"], 2, "transactional.id is set, and perf sends outside transactions: leave it out"),
        (
            ["--bootstrap-servers", "a:1", "bootstrap.servers=b:2"],
            2,
            "--bootstrap-servers a:1 and bootstrap.servers=b:2: give one of them",
        ),
        (
            ["--bootstrap-servers", "a:1", "--partitions", "2"],
            2,
            "--partitions is for the embedded broker: a cluster's topic has those it has",
        ),
        (
            ["--num-records", "100000000"],
            2,
            "10,000,000,000 bytes are too many for the embedded broker, which keeps them in memory: send less than "
            "1,073,741,824, or name a cluster with --bootstrap-servers",
        ),
    ],
)
def test_what_makes_no_sense_is_a_sentence(kafka_nio: KafkaNio, arguments: list[str], status: int, said: str) -> None:
    result = kafka_nio("perf", *arguments)
    assert (result.status, result.out, result.err) == (status, "", f"kafka-nio: {said}\n")


def test_ctrl_c_tells_what_was_done(cluster: EmbeddedCluster, monkeypatch: pytest.MonkeyPatch) -> None:
    is_under_way, append = threading.Event(), PartitionLog.append

    def look_and_append(log: PartitionLog, batch: RecordBatch, leader_epoch: int) -> LogAppendInfo:
        if len(log) >= 100:
            is_under_way.set()
        return append(log, batch, leader_epoch)

    monkeypatch.setattr(PartitionLog, "append", look_and_append)
    arguments = ("--num-records", "1000000", "--throughput", "1000", "--bootstrap-servers", cluster.bootstrap_servers)
    with running_command("perf", *arguments, cwd=ROOT) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Sending 1000000 records")
        assert is_under_way.wait(30)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "kafka-nio: interrupted\n")
    assert "Nothing more is sent. Waiting for what is under way, 10 s at most.\n" in out
    summary = SUMMARY.search(out)
    assert summary is not None
    assert int(summary["records"]) == len(list(cluster.log("perf").records())) >= 100


def test_a_terminal_shows_one_line_that_changes(terminal: Open, cluster: EmbeddedCluster) -> None:
    arguments = ("--num-records", "1000000", "--throughput", "1000", "--bootstrap-servers", cluster.bootstrap_servers)
    screen = terminal("perf", *arguments, cwd=ROOT)
    screen.shows(" of 1,000,000 records, ")
    screen.shows(" of 1,000,000 records, ")
    screen.press_ctrl_c()
    screen.shows("records sent, ")
    screen.shows("kafka-nio: interrupted")
    assert screen.ends_with() == 130


def test_its_broker_outlives_ctrl_c_and_not_the_command(terminal: Open) -> None:
    screen = terminal("perf", "--num-records", "1000000", "--throughput", "1000", cwd=ROOT)
    screen.shows("at 127.0.0.1:")
    port = int(screen.shows(", an embedded broker"))
    screen.shows(" of 1,000,000 records, ")
    screen.press_ctrl_c()  # in a terminal, every process that was started from it gets it
    assert "failed" not in screen.shows("kafka-nio: interrupted")
    assert screen.ends_with() == 130
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
