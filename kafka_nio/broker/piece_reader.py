"""Reads bytes that come by the piece, such as those that are being unpacked, and forgets what lies behind.

Java: org.apache.kafka.common.utils.ChunkedBytesStream
"""

from codecs import getincrementaldecoder
from collections.abc import Iterator

from kafka_nio.protocol.record import varint_at


class EndOfPiecesError(Exception):
    """The bytes ended before what was to be read."""


class PieceReader:
    """Steps forward through `pieces`, of which it keeps one."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = filter(None, pieces)
        self._piece = b""
        self._at = 0
        self._gone = 0

    @property
    def position(self) -> int:
        """How many bytes it has stepped over."""
        return self._gone + self._at

    def varint(self, longest: int = 5) -> int:
        """The signed number that stands here, which has `longest` bytes at most.

        Raises:
            WireError: there is none.
        """
        if len(self._piece) - self._at < longest:
            self._join_next(longest)
        value, self._at = varint_at(self._piece, self._at, longest)
        return value

    def skip(self, size: int) -> None:
        """Step over `size` bytes.

        Raises:
            EndOfPiecesError: there are fewer.
        """
        while size > (here := len(self._piece) - self._at):
            size -= here
            self._take_next()
        self._at += size

    def skip_text(self, size: int) -> None:
        """Step over a text of `size` bytes.

        Raises:
            EndOfPiecesError: there are fewer.
            UnicodeDecodeError: it is not in UTF-8.
        """
        decoder = getincrementaldecoder("utf-8")()
        while size > (here := len(self._piece) - self._at):
            decoder.decode(self._piece[self._at :])
            size -= here
            self._take_next()
        decoder.decode(self._piece[self._at : self._at + size], final=True)
        self._at += size

    def rest(self) -> int:
        """Step over all that is left, and tell how many bytes it was."""
        start = self.position
        self._at = len(self._piece)
        for piece in self._pieces:
            self._gone += len(piece)
        return self.position - start

    def _take_next(self) -> None:
        self._gone += len(self._piece)
        self._piece, self._at = next(self._pieces, b""), 0
        if not self._piece:
            raise EndOfPiecesError

    def _join_next(self, size: int) -> None:
        """Have at least `size` bytes ahead, or all that there are."""
        ahead = self._piece[self._at :]
        while len(ahead) < size and (piece := next(self._pieces, b"")):
            ahead += piece
        self._gone += self._at
        self._piece, self._at = ahead, 0
