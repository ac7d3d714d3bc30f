"""Each behaviour has a test, or a reason why it has none; and the page says so."""

from tests.behaviours.catalogue import behaviours
from tests.behaviours.page import COMMAND, PAGE, page
from tests.behaviours.pins import TESTS, pins


def test_the_numbers_have_no_gap() -> None:
    assert [behaviour.number for behaviour in behaviours()] == list(range(1, 202))


def test_no_behaviour_is_without_a_test_or_a_reason() -> None:
    tests = pins()
    open_rows = [row for row in behaviours() if not row.instead and row.number not in tests]
    assert not open_rows, "nothing pins:\n" + "\n".join(f"{row.number} ({row.module}) {row.text}" for row in open_rows)


def test_every_mark_names_a_behaviour() -> None:
    known = {behaviour.number for behaviour in behaviours()}
    unknown = {number: list(map(str, tests)) for number, tests in pins().items() if number not in known}
    assert not unknown


def test_every_module_is_there() -> None:
    modules = {behaviour.module for behaviour in behaviours()}
    missing = sorted(module for module in modules if not (TESTS.parent / "kafka_nio" / module).exists())
    assert not missing


def test_the_page_is_the_one_that_the_marks_make() -> None:
    assert PAGE.exists(), f"run: {COMMAND}"
    assert PAGE.read_text(encoding="utf-8") == page(), f"docs/behaviours.md is out of date; run: {COMMAND}"
