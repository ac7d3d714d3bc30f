"""A recording of five steps in which everything is there: decisions, state, causes, a message and its system call."""

from kafka_nio.spans import Stage
from kafka_nio.tracing import otlp
from kafka_nio.tracing.recording import Change, Decision, Field, Frame, Link, Moved, Recording
from tests.book.office import Office

NAME = "all-there"

FRAME = Frame(
    "connection 0",
    "out",
    "Letter v1 request #7",
    100,
    bytes(range(24)),
    (
        Field(0, 4, "size", 20, "kafka_nio.office.Office.post"),
        Field(4, 2, "head.key", 1, "kafka_nio.office.Office.post"),
        Field(6, 18, "head.text", None, "kafka_nio.office.Office.carry"),
    ),
)


def everything(office: Office) -> Recording:
    """Write the recording into the office's `traces/`, and return it.

    1 post   ............  app       hands over the letter, waits for writing
    2  carry      ......   app       4 times
    3             carry    sender    woken by 1; moves ten bytes of the letter
    4              carry   sender    goes on with 1; moves the others, wants to read
    5                post  app       waits for 4; fails
    """
    ready = Change(30, {"channel 0 ready": "write", "pool": 7})
    full = Decision("full", 14, {"stamp": True, "weight": 3}, False)
    light = Decision("light", 26, {"weight": 3}, True, "kafka_nio.office.Office.carry")
    step = office.step
    steps = (
        step(
            1,
            "Office.post",
            Stage.SEND,
            10,
            60,
            lines={11: 1, 12: 3, 14: 2, 16: 1},
            shown={"letters": "<two>"},
            state={"channel 0": "ready", "channel 0 interest": "read", "channel 0 ready": "-", "pool": 9},
            changes=(Change(15, {"channel 0 interest": "read|write", "queue": "1 letter"}), ready),
            decisions=(full, full, Decision("full", 14, {"stamp": True, "weight": 9}, True), light),
            frame=FRAME,
            about=("record 1",),
        ),
        step(2, "Office.carry", Stage.WRITE, 20, 40, parent=1, depth=1, lines={26: 1}, count=4),
        step(
            3,
            "Office.carry",
            Stage.WRITE,
            45,
            50,
            thread="sender",
            lines={26: 1},
            links=(Link(1, "wakeup"),),
            moved=Moved("connection 0", "out", 100, 10),
            changes=(Change(47, {"channel 0 interest": "read|write"}),),
        ),
        step(
            4,
            "Office.carry",
            Stage.WRITE,
            52,
            55,
            thread="sender",
            lines={26: 1},
            links=(Link(1, "request"), Link(3, "request")),
            moved=Moved("connection 0", "out", 110, 14),
            changes=(Change(54, {"channel 0 interest": "read", "queue": None}),),
        ),
        step(
            5,
            "Office.post",
            Stage.SEND,
            70,
            80,
            lines={11: 1},
            links=(Link(4, "callback"),),
            error="no stamp left",
            error_type="LetterError",
        ),
    )
    recording = Recording(NAME, steps)
    otlp.write(recording, office.traces / f"{NAME}.otlp.jsonl")
    return recording
