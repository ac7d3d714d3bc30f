"""Recordings in the forms of other viewers, checked as far as can be without the viewers."""

import json
from collections import Counter
from typing import Any

import pytest
from opentelemetry.proto_json.trace.v1.trace import TracesData

from kafka_nio.tracing import Recording
from kafka_nio.tracing.export_jaeger import jaeger_text
from kafka_nio.tracing.export_perfetto import perfetto_text
from tests.demos.story import recording

NAMES = ["one-record", "thousand-wakeups", "bug-interest-from-wrong-thread"]


@pytest.fixture(params=NAMES)
def recorded(request: pytest.FixtureRequest) -> Recording:
    return recording(request.param)


# Jaeger...


def test_jaeger_is_given_one_valid_otlp_object_with_all_spans(recorded: Recording) -> None:
    document = json.loads(jaeger_text(recorded))
    assert TracesData.from_dict(document).to_dict() == document
    spans = [span for one in document["resourceSpans"] for scope in one["scopeSpans"] for span in scope["spans"]]
    assert sorted(int(span["spanId"], 16) for span in spans) == [step.seq for step in recorded.steps]
    assert len({span["traceId"] for span in spans}) == 1


def test_in_jaeger_each_thread_is_a_service(recorded: Recording) -> None:
    services = [
        attribute["value"]["stringValue"]
        for one in json.loads(jaeger_text(recorded))["resourceSpans"]
        for attribute in one["resource"]["attributes"]
        if attribute["key"] == "service.name"
    ]
    assert services == [f"kafka-nio {thread}" for thread in recorded.threads]


# Perfetto...


@pytest.fixture
def events(recorded: Recording) -> list[dict[str, Any]]:
    document = json.loads(perfetto_text(recorded))
    assert set(document) == {"traceEvents", "displayTimeUnit"}
    return document["traceEvents"]  # type: ignore[no-any-return]


def test_every_event_has_what_its_kind_demands(events: list[dict[str, Any]]) -> None:
    """As in Chrome's "Trace Event Format": phases M (metadata), X (complete), s and f (flow)."""
    demanded = {"M": {"args"}, "X": {"ts", "dur", "cat"}, "s": {"ts", "id", "cat"}, "f": {"ts", "id", "cat", "bp"}}
    for event in events:
        assert {"name", "pid", "tid", *demanded[event["ph"]]} <= set(event)
        assert all(isinstance(event[key], int | float) and event[key] >= 0 for key in ("ts", "dur") if key in event)


def test_every_thread_is_a_track_with_a_name(recorded: Recording, events: list[dict[str, Any]]) -> None:
    tracks = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    assert list(tracks.values()) == list(recorded.threads)
    slices = [event for event in events if event["ph"] == "X"]
    assert [tracks[event["tid"]] for event in slices] == [step.thread for step in recorded.steps]


def test_slices_of_a_track_nest(events: list[dict[str, Any]]) -> None:
    under_way: dict[int, list[float]] = {}
    for event in (event for event in events if event["ph"] == "X"):
        ends = under_way.setdefault(event["tid"], [])
        while ends and ends[-1] <= event["ts"]:
            ends.pop()
        end = event["ts"] + event["dur"]
        assert not ends or end <= ends[-1] + 1e-6
        ends.append(end)


def test_every_link_is_an_arrow_from_slice_to_slice(recorded: Recording, events: list[dict[str, Any]]) -> None:
    links = [link for step in recorded.steps for link in step.links]
    assert links
    slices = [event for event in events if event["ph"] == "X"]
    flows = [event for event in events if event["ph"] in "sf"]
    assert Counter(event["id"] for event in flows) == dict.fromkeys(range(1, len(links) + 1), 2)
    for begin, end in zip(flows[::2], flows[1::2], strict=True):
        assert (begin["ph"], end["ph"]) == ("s", "f")
        assert begin["ts"] <= end["ts"]
        assert (begin["name"], begin["cat"]) == (end["name"], end["cat"])
        for event in (begin, end):
            assert any(
                one["tid"] == event["tid"] and one["ts"] <= event["ts"] <= one["ts"] + one["dur"] for one in slices
            )
