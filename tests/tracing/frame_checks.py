"""What is wrong with the bytes of a recording, in sentences."""

from collections import defaultdict
from collections.abc import Iterator

from kafka_nio.tracing.recording import Frame, Recording


def frames_of(recording: Recording) -> list[Frame]:
    """All messages of a recording, in order."""
    return [step.frame for step in recording.steps if step.frame is not None]


def complaints(recording: Recording) -> list[str]:
    """Bytes without a field or with two, fields without a function, bytes that nobody moved."""
    moved = _moved(recording)
    return [
        f"{frame.api} on {frame.connection}: {complaint}"
        for frame in frames_of(recording)
        for complaint in (*_of_fields(frame), *_of_moves(frame, moved.get((frame.connection, frame.direction), [])))
    ]


def _of_fields(frame: Frame) -> Iterator[str]:
    at = 0
    for field in frame.fields:
        if field.offset != at:
            yield f"{field.name} begins at {field.offset}, and the field before it ends at {at}"
        if not field.writer.startswith("kafka_nio."):
            yield f"nobody wrote {field.name}"
        at = field.offset + field.length
    if at != len(frame.data):
        yield f"the fields end at {at}, the bytes at {len(frame.data)}"


Ranges = list[tuple[int, int]]


def _moved(recording: Recording) -> dict[tuple[str, str], Ranges]:
    streams: dict[tuple[str, str], Ranges] = defaultdict(list)
    for step in recording.steps:
        if step.moved is not None:
            moved = step.moved
            streams[moved.connection, moved.direction].append((moved.start, moved.start + moved.length))
    return streams


def _of_moves(frame: Frame, ranges: Ranges) -> Iterator[str]:
    """What was moved before the window began or after it ended cannot be known."""
    if not ranges:
        return
    first, last = min(start for start, _ in ranges), max(end for _, end in ranges)
    for at in range(max(first, frame.start), min(last, frame.start + len(frame.data))):
        movers = sum(start <= at < end for start, end in ranges)
        if movers != 1:
            yield f"byte {at - frame.start} was moved {movers} times"
