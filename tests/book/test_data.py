"""The data inside an explorer is all of the recording, in a form that a script can read and a page cannot break."""

import json
import re

from kafka_nio.book import fence
from tests.book.office import Office
from tests.book.post import NAME, everything


def script_of(office: Office, *lines: str) -> str:
    html = fence.html("\n".join((f"recording: {NAME}", *lines)), office.project)
    found = re.search(r'<script type="application/json" class="kt-data">(.*?)</script>', html, re.DOTALL)
    return found[1] if found else ""


def test_only_an_explorer_carries_data(office: Office) -> None:
    everything(office)
    assert script_of(office, "code: all")
    assert not script_of(office, "steps: Office.post[1]")


def test_every_step_is_there_with_all_that_is_known_of_it(office: Office) -> None:
    everything(office)
    data = json.loads(script_of(office, "code: all"))
    first, second, third, *_, last = data["steps"]

    assert (data["name"], data["origin"], len(data["steps"])) == (NAME, "10", 5)
    assert (first["start"], first["end"], first["parent"], first["thread"], first["stage"]) == (
        0,
        50,
        None,
        "app",
        "send",
    )
    assert first["changes"][0] == [5, {"channel 0 interest": "read|write", "queue": "1 letter"}]
    assert (second["count"], second["parent"]) == (4, 1)
    assert third["links"] == [[1, "wakeup"]]
    assert third["moved"] == ["connection 0", "out", 100, 10]
    assert data["steps"][3]["changes"][0][1]["queue"] is None
    assert last["error"] == "no stamp left"
    assert {frozenset(step) for step in data["steps"]} == {frozenset(first)}  # no key is ever left out


def test_a_message_is_there_once_and_its_step_says_which(office: Office) -> None:
    everything(office)
    data = json.loads(script_of(office, "code: all"))
    assert [step["frame"] for step in data["steps"]] == [0, None, None, None, None]
    assert data["frames"][0]["hex"] == bytes(range(24)).hex()
    assert data["frames"][0]["fields"][1] == [4, 2, "head.key", 1, "kafka_nio.office.Office.post"]


def test_decisions_are_on_the_lines_of_today(office: Office) -> None:
    everything(office)
    office.file.write_text("\n\n" + office.file.read_text())
    first = json.loads(script_of(office, "code: all"))["steps"][0]
    assert first["decisions"][0] == {
        "name": "full",
        "line": 16,
        "operands": {"stamp": True, "weight": 3},
        "result": False,
        "function": "kafka_nio.office.Office.post",
    }


def test_the_state_of_the_first_step_is_there(office: Office) -> None:
    everything(office)
    assert json.loads(script_of(office, "code: all"))["states"]["1"]["pool"] == 9


def test_no_text_of_a_recording_can_end_the_element(office: Office) -> None:
    everything(office)
    script = script_of(office, "code: all")
    assert "<" not in script
    assert json.loads(script)["steps"][0]["shown"]["letters"] == "<two>"


def test_an_explorer_of_some_steps_has_the_data_of_all(office: Office) -> None:
    everything(office)
    data = json.loads(script_of(office, "code: all", "steps: Office.carry[1]"))
    assert len(data["steps"]) == 5
