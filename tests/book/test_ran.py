"""What ran is said of statements, not of the lines that the interpreter reported."""

from dataclasses import replace

from kafka_nio.book.ran import Ran
from kafka_nio.tracing.recording import format_lines
from tests.book.office import Office


def test_a_call_over_four_lines_ran_as_often_as_its_rarest_line(office: Office) -> None:
    function = office.project.library.find("Office.post")
    step = replace(office.record().steps[0], lines={16: 4, 17: 2, 18: 2})

    assert Ran.of(step, function).hits == {16: 2}
    assert Ran.of(step, function).packed() == "16-19*2"


def test_the_head_of_a_block_ran_as_often_as_it_was_entered(office: Office) -> None:
    function = office.project.library.find("Office.post")
    step = replace(office.record().steps[0], lines={12: 3, 14: 2})

    assert Ran.of(step, function).packed() == format_lines({12: 3, 14: 2})


def test_lines_follow_a_function_that_has_moved(office: Office) -> None:
    step = replace(office.record().steps[2], lines={26: 2, 27: 1})
    office.file.write_text("\n\n\n" + office.file.read_text())
    function = office.project.library.find("Office.carry")

    assert Ran.of(step, function).packed() == "29*2,30"


def test_several_steps_add_up_and_others_are_left_out(office: Office) -> None:
    post, first, second = office.record().steps
    function = office.project.library.find("Office.carry")
    first, second = replace(first, lines={26: 1}), replace(second, lines={26: 2, 27: 1})

    assert Ran.together([post, first, second], function).hits == {26: 3, 27: 1}
