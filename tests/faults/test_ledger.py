"""The comparison and the table: each thing that can go wrong is seen, or nothing is proved."""

import dataclasses
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.producer import KafkaProducer
from tests.faults.ledger import Comparison, Place, Sent, compare, value_of
from tests.faults.load import end_of_last_pause
from tests.faults.page import COMMAND, PAGE, page
from tests.faults.summary import keep
from tests.faults.table import Outcome, as_markdown, as_terminal_lines, from_dict, from_json

OUTCOME = Outcome(setting="Three nodes", fault="a leader killed", acknowledged=12_345)


@pytest.fixture(scope="module")
def sent() -> list[Sent]:
    """Ten records, all of them acknowledged, even and odd ones in a partition of their own."""
    with (
        EmbeddedCluster(partitions_per_topic=2) as cluster,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer,
    ):
        return [
            Sent(number, number % 2, producer.send("t", value_of(number), partition=number % 2)) for number in range(10)
        ]


def as_told() -> dict[Place, bytes | None]:
    return {(number % 2, number // 2): value_of(number) for number in range(10)}


def test_what_is_where_it_should_be_is_in_order(sent: list[Sent]) -> None:
    assert compare(sent, as_told()) == Comparison(10, 0, (), (), (), (), compared=10)


def test_what_is_missing_is_lost(sent: list[Sent]) -> None:
    read = as_told()
    del read[1, 4]
    assert compare(sent, read).lost == (9,)


def test_what_is_gone_with_its_topic_is_not_lost(sent: list[Sent]) -> None:
    read = as_told()
    del read[0, 0], read[1, 4]
    found = compare(sent, read, lost_from={0: 2, 1: 5})
    assert found.lost == (9,)
    assert (found.acknowledged, found.compared) == (10, 4 + 3)


def test_what_stands_elsewhere_than_was_said_is_lost(sent: list[Sent]) -> None:
    read = as_told()
    read[0, 9] = read.pop((0, 4))
    assert compare(sent, read).lost == (8,)


def test_a_copy_is_a_duplicate_and_not_out_of_order(sent: list[Sent]) -> None:
    found = compare(sent, as_told() | {(0, 5): value_of(2), (0, 6): value_of(2)})
    assert (found.lost, found.duplicated, found.reordered) == ((), (2, 2), ())


def test_what_stands_behind_a_later_one_is_out_of_order(sent: list[Sent]) -> None:
    read = as_told()
    read[1, 1], read[1, 2] = read[1, 2], read[1, 1]
    found = compare(sent, read)
    assert found.reordered == (3,)
    assert found.lost == (3, 5)


@pytest.mark.parametrize("value", [None, b"", value_of(3)[:-1], value_of(77), value_of(3)], ids=repr)
def test_what_nobody_sent_there_is_foreign(sent: list[Sent], value: bytes | None) -> None:
    assert compare(sent, as_told() | {(0, 7): value}).foreign == (value,)


def test_failures_are_counted_by_their_reasons_and_open_futures_are_not_forgiven() -> None:
    with EmbeddedCluster() as cluster:
        producer = KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, linger_ms=60_000)
        open_one = Sent(0, 0, producer.send("t", value_of(0), partition=0))
        assert compare([open_one], {}).unsaid == (0,)
        producer.close(0)
    found = compare([open_one], {})
    assert (found.acknowledged, found.failed, found.unsaid) == (0, 1, ())
    [reason] = found.reasons
    assert reason.partition(": ")[2]
    assert found.reasons_without(["no such words", reason[-5:]]) == []
    assert found.reasons_without(["no such words"]) == found.reasons_without([]) == [reason]


@pytest.mark.parametrize(
    ("times_s", "end_s"),
    [
        ([9.0, 9.9, 10.1, 11.0], None),
        ([8.0, 9.0, 12.0, 12.1], 12.0),
        ([9.9, 10.1, 12.0, 12.1, 14.0, 14.1], 14.0),
        ([5.0, 7.0, 9.9, 10.0], None),
    ],
)
def test_a_pause_is_counted_from_the_fault_on(times_s: list[float], end_s: float | None) -> None:
    assert end_of_last_pause(times_s, fault_s=10.0) == end_s


def test_a_pause_belongs_to_the_fault_that_it_began_with() -> None:
    times_s = [9.9, 12.0, 20.1, 23.0, 23.1]
    assert end_of_last_pause(times_s[:3], fault_s=10.0, next_s=12.0) == 12.0
    assert end_of_last_pause([9.9, 10.1, 20.1, 23.0], fault_s=20.0) == 23.0
    assert end_of_last_pause([9.9, 10.1, 20.0, 23.0], fault_s=10.05, next_s=10.06) is None


# The table...


def test_each_setting_has_its_table_and_an_empty_column_is_left_out() -> None:
    slow = dataclasses.replace(OUTCOME, setting="A slow network", fault="a modem", recovery_s=1.25, within_s=10)
    assert as_terminal_lines([OUTCOME, slow, OUTCOME]) == [
        "Three nodes",
        "  fault            acknowledged  failed  lost  duplicated  reordered  time to recover",
        "  a leader killed        12,345       0     0           0          0         no pause",
        "  a leader killed        12,345       0     0           0          0         no pause",
        "",
        "A slow network",
        "  fault    acknowledged  failed  lost  duplicated  reordered  time to recover  promised",
        "  a modem        12,345       0     0           0          0            1.2 s      10 s",
    ]
    assert as_markdown([slow]).splitlines()[:3] == [
        "## A slow network",
        "",
        "| fault | acknowledged | failed | lost | duplicated | reordered | time to recover | promised |",
    ]


def test_rows_are_kept_in_the_place_of_older_ones(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    second = dataclasses.replace(OUTCOME, fault="another")
    newer = dataclasses.replace(OUTCOME, acknowledged=7)
    keep([OUTCOME, second], path)
    keep([newer], path)
    assert from_json(path.read_text()) == [newer, second]


def test_a_row_that_fits_no_column_is_refused() -> None:
    with pytest.raises(ValueError, match="no column for bananas"):
        from_dict({**dataclasses.asdict(OUTCOME), "bananas": 1})
    with pytest.raises(ValueError, match="acknowledged"):
        from_dict({"setting": "x", "fault": "y"})


@pytest.mark.parametrize(("recovery_s", "in_time"), [(None, True), (4.9, True), (5.1, False)])
def test_who_recovers_later_than_promised_is_late(recovery_s: float | None, in_time: bool) -> None:
    assert dataclasses.replace(OUTCOME, recovery_s=recovery_s, within_s=5).in_time == in_time


def test_the_page_is_the_one_that_the_rows_make() -> None:
    assert PAGE.exists(), f"run: {COMMAND}"
    assert PAGE.read_text(encoding="utf-8") == page(), f"docs/reliability.md is out of date; run: {COMMAND}"
