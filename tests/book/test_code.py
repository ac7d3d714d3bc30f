"""Functions are found by name, as their file has them now, and cut into statements."""

from pathlib import Path
from textwrap import dedent

import pytest

import kafka_nio.broker
import kafka_nio.producer  # noqa: F401  # importing them fills SPANS
from kafka_nio.book.code import Library
from kafka_nio.book.problem import BookError
from kafka_nio.spans import SPANS
from kafka_nio.tracing.source import source_of
from tests.book.office import Office

ROOT = Path(__file__).parents[2]


def test_a_function_is_found_with_its_decorator_and_its_docstring(office: Office) -> None:
    function = office.project.library.find("Office.post")

    assert (function.file, function.first, function.line, function.last) == ("kafka_nio/office.py", 5, 6, 21)
    assert function.sentence == "Post every letter."
    assert list(function.docstring) == [7, 8, 9, 10]


def test_a_function_can_be_asked_for_by_its_dotted_name(office: Office) -> None:
    assert office.project.library.find("kafka_nio.office.Office.carry").name == "Office.carry"


def test_an_unknown_name_is_answered_with_near_ones(office: Office) -> None:
    with pytest.raises(BookError, match=r"no function Office.pots .*nearest: Office.post"):
        office.project.library.find("Office.pots")


def test_a_name_that_fits_two_functions_is_answered_with_both(office: Office) -> None:
    (office.file.parent / "other.py").write_text(office.file.read_text())
    with pytest.raises(BookError, match=r"kafka_nio.office.Office.post, kafka_nio.other.Office.post"):
        office.project.library.find("Office.post")


def test_an_edited_file_is_read_again(office: Office) -> None:
    assert office.project.library.find("Office.post").line == 6
    office.file.write_text("# One line more.\n" + office.file.read_text())
    assert office.project.library.find("Office.post").line == 7


def test_a_statement_over_many_lines_is_one_and_a_block_has_a_head(office: Office) -> None:
    function = office.project.library.find("Office.post")

    assert [(part.first, part.last) for part in function.statements if part.is_head] == [(12, 12), (14, 14)]
    assert [(part.first, part.last) for part in function.statements if not part.is_head] == [
        (11, 11),
        (15, 15),
        (16, 19),
        (20, 20),
        (21, 21),
    ]


def test_every_kind_of_block_has_a_head(tmp_path: Path) -> None:
    text = """\
    def all_kinds(x):
        global y
        z: int
        with (
            open(x) as a,
        ):
            try:
                match x:
                    case 1 if x:
                        "only text"
                        y = 1
                    case _:
                        def inner():
                            return 1
            except (
                OSError
            ) as error:
                raise
            else:
                y = 2
            finally:
                y = 3
    """
    (tmp_path / "kafka_nio").mkdir()
    (tmp_path / "kafka_nio" / "kinds.py").write_text(dedent(text))
    function = Library(tmp_path).find("all_kinds")

    assert [(part.first, part.last) for part in function.statements if part.is_head] == [
        (4, 5),
        (7, 7),
        (8, 8),
        (9, 9),
        (12, 12),
        (15, 16),
    ]
    assert [part.first for part in function.statements if not part.is_head] == [11, 13, 18, 20, 22]


def test_calls_are_found_by_the_last_part_of_a_name(office: Office) -> None:
    library = office.project.library
    assert library.lines_calling(library.find("Office.post"), "Office.carry") == [16]
    assert library.lines_calling(library.find("Office.post"), "Office.post") == []


def test_a_call_through_a_helper_counts_as_the_callers_own(office: Office) -> None:
    text = office.file.read_text().replace("self.carry(\n", "self._help(\n")
    office.file.write_text(text + "\n    def _help(self, letter, how):\n        self.carry(letter, how)\n")
    library = office.project.library

    assert library.lines_calling(library.find("Office.post"), "Office.carry") == [16]
    assert library.lines_calling(library.find("Office.carry"), "Office.post") == []


@pytest.mark.parametrize("name", sorted(SPANS))
def test_every_marked_function_is_found_as_the_interpreter_knows_it(name: str) -> None:
    function = Library(ROOT).find(name)
    assert function.digest == source_of(SPANS[name].function).digest
    assert function.sentence == SPANS[name].sentence
