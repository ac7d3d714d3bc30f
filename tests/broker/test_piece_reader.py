"""However the bytes are cut into pieces, the same is read, and no more than one piece is kept."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.broker.piece_reader import EndOfPiecesError, PieceReader
from kafka_nio.protocol.reader import WireError
from kafka_nio.protocol.types import varint

numbers = st.integers(-(2**31), 2**31 - 1)
cuts = st.lists(st.integers(0, 4), min_size=1)


def cut(data: bytes, sizes: list[int]) -> Iterator[bytes]:
    """Pieces of these sizes, among them empty ones, and the rest."""
    at = 0
    for size in sizes:
        yield data[at : at + size]
        at += size
    yield data[at:]


@given(st.lists(numbers, max_size=10), cuts)
def test_numbers_are_read_over_the_edges_of_pieces(written: list[int], sizes: list[int]) -> None:
    data = b"".join(map(varint, written))
    reader = PieceReader(cut(data, sizes))
    assert [reader.varint() for _ in written] == written
    assert reader.position == len(data)


@given(cuts, st.integers(0, 30))
def test_what_is_stepped_over_is_counted(sizes: list[int], size: int) -> None:
    reader = PieceReader(cut(bytes(30) + varint(7), sizes))
    reader.skip(size)
    assert reader.position == size
    reader.skip(30 - size)
    assert (reader.varint(), reader.position, reader.rest()) == (7, 31, 0)


@given(cuts)
def test_a_text_may_be_cut_within_a_letter(sizes: list[int]) -> None:
    text = "größer 日本".encode()
    reader = PieceReader(cut(text + varint(1), sizes))
    reader.skip_text(len(text))
    assert reader.varint() == 1


@pytest.mark.parametrize("sizes", [[0], [1], [2, 1]])
def test_a_text_that_ends_within_a_letter_is_none(sizes: list[int]) -> None:
    with pytest.raises(UnicodeDecodeError):
        PieceReader(cut("ö".encode() * 2, sizes)).skip_text(3)


@given(cuts)
def test_nothing_can_be_read_behind_the_end(sizes: list[int]) -> None:
    with pytest.raises(EndOfPiecesError):
        PieceReader(cut(bytes(10), sizes)).skip(11)
    with pytest.raises(EndOfPiecesError):
        PieceReader(cut(bytes(10), sizes)).skip_text(11)
    with pytest.raises(WireError):
        PieceReader(cut(b"\xff\xff", sizes)).varint()


def test_the_rest_is_counted_and_gone() -> None:
    reader = PieceReader(iter((b"abc", b"", b"defg")))
    reader.skip(1)
    assert (reader.rest(), reader.position, reader.rest()) == (6, 7, 0)
