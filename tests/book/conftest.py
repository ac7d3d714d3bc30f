"""The fixture of the book's tests."""

from pathlib import Path

import pytest

from tests.book.office import Office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A project with one recording, `two-letters`."""
    office = Office(tmp_path)
    office.record()
    return office
