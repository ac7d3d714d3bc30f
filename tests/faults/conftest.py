"""How a test of a fault tells what came of it."""

from dataclasses import asdict

import pytest

from tests.faults.table import PROPERTY, Note, Outcome


@pytest.fixture
def note(request: pytest.FixtureRequest) -> Note:
    """Put a row into the table that stands at the end of the run."""

    def put(outcome: Outcome) -> None:
        request.node.user_properties.append((PROPERTY, asdict(outcome)))

    return put
