"""A prepared transaction as text and back."""

import pytest

from kafka_nio.producer import PreparedTxnState


@pytest.mark.parametrize(
    ("state", "text"), [(PreparedTxnState(7, 3), "7:3"), (PreparedTxnState(0, 0), "0:0"), (PreparedTxnState(), "")]
)
def test_its_text_says_all_of_it(state: PreparedTxnState, text: str) -> None:
    assert str(state) == text
    assert PreparedTxnState.parse(text) == state
    assert state.has_transaction is bool(text)


@pytest.mark.parametrize("text", [None, "", "-1:-1"])
def test_no_transaction_has_several_spellings(text: str | None) -> None:
    assert not PreparedTxnState.parse(text).has_transaction


@pytest.mark.parametrize("text", ["7", "7:3:1", "seven:3", "7:", "-1:3", "7:-1", "7:32768"])
def test_what_is_no_prepared_transaction_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no prepared transaction"):
        PreparedTxnState.parse(text)
