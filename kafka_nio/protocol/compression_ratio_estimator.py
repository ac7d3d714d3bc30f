"""How well the records of a topic compress, so that a batch knows when it is full before it is compressed.

An open batch is not compressed yet, and yet `batch.size` limits its compressed size. So that is estimated, from how
well the batches before it compressed: the size of the records, times `estimation`, and 5 % more.

Until then the records are kept as they are, while `buffer.memory` counts no more than `batch.size` for them. So that
the two cannot drift apart without bound, no batch relies on a ratio below `LEAST_RATIO`.

The estimation is cautious. A batch that compressed worse than expected makes it jump to what was observed, or by 0.05
if that is more; one that compressed better lowers it by 0.005. So it is wrong at times, and then a batch comes out
larger than `batch.size`, which is allowed; if it is larger than the broker takes, it is split.

Different from Java: there, all producers of a process share the estimations of a topic, and records are compressed
as they come, so there is no least ratio.

Java: org.apache.kafka.common.record.CompressionRatioEstimator
"""

INITIAL_RATIO = 1.0
"""Before anything was observed, a batch is taken not to compress at all."""

LEAST_RATIO = 0.05
"""An open batch holds at most twenty times `batch.size`, however well its records compress."""

IMPROVING_STEP = 0.005
DETERIORATE_STEP = 0.05

MARGIN = 1.05
"""By how much an estimated size exceeds what the ratio promises. Java: COMPRESSION_RATE_ESTIMATION_FACTOR"""


class CompressionRatioEstimator:
    """The estimation for one topic of one producer, and so for one codec.

    The sender's thread updates it, the application's threads read it; each is a single load or store.
    """

    __slots__ = ("estimation",)

    def __init__(self, estimation: float = INITIAL_RATIO) -> None:
        self.estimation = estimation
        """Compressed size by uncompressed size."""

    @property
    def expected_ratio(self) -> float:
        """What the next batch relies on: the estimation and a margin."""
        return max(self.estimation, LEAST_RATIO) * MARGIN

    def update(self, observed_ratio: float) -> None:
        """Learn from a batch that has been compressed."""
        if observed_ratio > self.estimation:
            self.estimation = max(self.estimation + DETERIORATE_STEP, observed_ratio)
        elif observed_ratio < self.estimation:
            self.estimation = max(self.estimation - IMPROVING_STEP, observed_ratio)

    def expect_at_least(self, ratio: float) -> None:
        """Begin anew after a batch that the broker found too large. Java: setEstimation, in Sender.completeBatch"""
        self.estimation = max(INITIAL_RATIO, ratio)

    def __repr__(self) -> str:
        return f"<CompressionRatioEstimator {self.estimation:.3f}>"
