"""Which aborted transactions a part of the log has to do with."""

import pytest

from kafka_nio.broker.producer_state import CompletedTransaction
from kafka_nio.broker.transaction_index import TransactionIndex

EARLY = CompletedTransaction(7, 0, 4)
LONG = CompletedTransaction(8, 2, 9)
LATE = CompletedTransaction(7, 6, 12)


@pytest.mark.parametrize(
    ("first_offset", "end_offset", "expected"),
    [
        (0, 13, [EARLY, LONG, LATE]),
        (0, 2, [EARLY]),
        (4, 6, [EARLY, LONG]),
        (5, 6, [LONG]),
        (10, 13, [LATE]),
        (13, 20, []),
        (0, 0, []),
    ],
)
def test_those_that_reach_into_the_part(
    first_offset: int, end_offset: int, expected: list[CompletedTransaction]
) -> None:
    index = TransactionIndex()
    for aborted in (EARLY, LONG, LATE):
        index.append(aborted)
    assert index.between(first_offset, end_offset) == expected
