"""The strip shows when which bit of a channel's key was on, who turned it on and off, and which bytes moved."""

import re
from pathlib import Path

import pytest

from kafka_nio.book import fence
from kafka_nio.book.bits import Run, channels_of
from kafka_nio.book.problem import BookError
from kafka_nio.tracing.recording import Recording
from tests.book.office import Office
from tests.book.post import NAME, everything

ROOT = Path(__file__).parents[2]


def strip(office: Office, *lines: str) -> str:
    everything(office)
    return fence.html("\n".join((f"recording: {NAME}", "show: strip steps", "id: x", *lines)), office.project)


def words_of(html: str) -> list[str]:
    return re.findall(r"<li>(.*?)</li>", re.findall(r"<details.*?</details>", html, re.DOTALL)[0])


def test_a_bit_is_on_from_the_step_that_set_it_to_the_one_that_took_it_away(office: Office) -> None:
    (channel,) = channels_of(everything(office))
    assert list(channel.runs) == [
        Run("write", "interest", 15, 54, 1, 4),
        Run("read", "interest", 10, 80, None, None),
        Run("write", "ready", 30, 80, 1, None),
    ]


def test_a_bar_tells_its_bit_and_its_steps(office: Office) -> None:
    html = strip(office)
    assert '<g data-bit="write" data-row="interest" data-seq="1">' in html
    assert "<title>interest write, since step 1 Office.post, until step 4 Office.carry</title>" in html
    assert "<title>interest read, from the beginning, to the end</title>" in html


def test_the_same_is_told_in_words_with_links_to_the_steps(office: Office) -> None:
    words = words_of(strip(office))
    assert words[0] == '<a href="#x&amp;s=1">1</a> <code>Office.post</code> interest read → read write'
    assert len(words) == 3  # step 3 found nothing to change


def test_without_a_list_there_is_nothing_to_link_to(office: Office) -> None:
    everything(office)
    assert "<a " not in fence.html(f"recording: {NAME}\nshow: strip wire", office.project)


def test_bytes_stand_where_they_moved(office: Office) -> None:
    html = strip(office)
    assert ">↑10</text>" in html
    assert "<title>step 4 Office.carry: 14 bytes out</title>" in html


def test_a_compact_strip_has_no_numbers(office: Office) -> None:
    html = strip(office, "strip: compact")
    assert "kt-strip kt-compact" in html
    assert "<text" not in html
    assert 'data-row="ready"' in html


def test_a_window_shows_the_time_of_its_steps_alone(office: Office) -> None:
    html = strip(office, "strip: window", "steps: Office.carry[3]")
    assert words_of(html) == ['<a href="#x&amp;s=4">4</a> <code>Office.carry</code> interest read write → read']
    whole = float(
        re.findall(r'data-row="interest"[^>]*><title>[^<]*to the end</title><rect[^>]* width="([\d.]+)%"', html)[0]
    )
    assert whole == 100


def test_channels_are_chosen_by_their_names(office: Office) -> None:
    assert 'data-channel="channel 0"' in strip(office, "channels: 0")
    with pytest.raises(BookError, match=r"no channel 7 in all-there; known: 0"):
        strip(office, "channels: 7")


def test_an_explorer_has_the_strip_if_there_is_one(office: Office) -> None:
    everything(office)
    assert "kt-strip" in fence.html(f"recording: {NAME}\ncode: all", office.project)
    assert "kt-strip" not in fence.html("recording: two-letters\ncode: all", office.project)


def test_in_the_real_recording_write_interest_ends_when_all_is_written() -> None:
    recording = Recording.load(ROOT / "traces/one-record.otlp.jsonl")
    (channel,) = (one for one in channels_of(recording) if one.changes)
    name = {step.seq: step.name for step in recording.steps}
    told = [(run.bit, name[run.begun or 0]) for run in channel.runs if run.row == "interest"]

    assert channel.name == "channel 0"
    assert channel.operations == ["connect", "read", "write"]
    assert told.count(("write", "KafkaChannel.set_send")) == 2
    assert ("connect", "Selector.connect") in told
    assert {name[run.ended or 0] for run in channel.runs if run.bit == "write" and run.row == "interest"} == {
        "KafkaChannel.write"
    }
    assert {name[step.seq] for step in channel.moved} == {"nio.SocketChannel.read", "nio.SocketChannel.write"}


def test_both_ends_of_a_connection_are_channels_of_their_own() -> None:
    recording = Recording.load(ROOT / "traces/connect-at-once.otlp.jsonl")
    by_name = {channel.name: channel for channel in channels_of(recording)}
    assert by_name["broker-0 channel 1"].thread == "broker-0 processor"
    client = {step.moved.length for step in by_name["channel 0"].moved if step.moved and step.moved.direction == "out"}
    broker = [step.moved for step in by_name["broker-0 channel 1"].moved if step.moved and step.moved.direction == "in"]
    assert sum(client) == sum(moved.length for moved in broker)
