"""Memory over the time of a run, as SVG: the samples, the straight line through them, the warm-up shaded.

It is part of the page, so that its text has the colour of the page's palette.
"""

from collections.abc import Iterator, Sequence
from html import escape
from math import ceil

from tests.endurance.hour import Sample
from tests.endurance.verdict import settled, trend

WIDTH, HEIGHT = 760, 250
LEFT, RIGHT, TOP, BOTTOM = 60, 12, 12, 36

SAMPLES, LINE = "#3a75bf", "#c2571a"

STEP_MIB = 10
ROOM = 1.1
"""So much above the highest sample."""
STEPS_OF_TIME = 6

KIB_PER_MIB = 1024


def chart(samples: Sequence[Sample]) -> str:
    """The picture; the axis of memory begins at 0."""
    return Chart(samples).drawn()


class Chart:
    """One picture."""

    def __init__(self, samples: Sequence[Sample]) -> None:
        self._samples = samples
        self._end_s = max(samples[-1].at_s, 1.0)
        most_mib = max(sample.rss_kib for sample in samples) / KIB_PER_MIB
        self._top_mib = STEP_MIB * ceil(most_mib * ROOM / STEP_MIB)

    def drawn(self) -> str:
        """As text."""
        title = "Memory of the process that sends, over the time of the run"
        parts = "\n".join([*self._warm_up(), *self._memory_axis(), *self._time_axis(), *self._lines(), *self._legend()])
        return (
            f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" style="max-width: 100%; height: auto" role="img"'
            f' aria-label="{escape(title)}" font-size="11" fill="currentColor" xmlns="http://www.w3.org/2000/svg">\n'
            f"{parts}\n</svg>"
        )

    def _x(self, at_s: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * at_s / self._end_s

    def _y(self, kib: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * kib / KIB_PER_MIB / self._top_mib

    def _warm_up(self) -> Iterator[str]:
        width, height = self._x(settled(self._samples)[0].at_s) - LEFT, HEIGHT - TOP - BOTTOM
        yield f'<rect x="{LEFT}" y="{TOP}" width="{width:.1f}" height="{height}" opacity="0.08"/>'
        yield f'<text x="{LEFT + 6}" y="{HEIGHT - BOTTOM - 8}">warm-up</text>'

    def _memory_axis(self) -> Iterator[str]:
        right = WIDTH - RIGHT
        for mib in range(0, self._top_mib + 1, STEP_MIB):
            y = self._y(mib * KIB_PER_MIB)
            yield (
                f'<line x1="{LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="currentColor" opacity="0.2"/>'
                f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{mib} MiB</text>'
            )

    def _time_axis(self) -> Iterator[str]:
        for step in range(STEPS_OF_TIME + 1):
            at_s = self._end_s * step / STEPS_OF_TIME
            anchor = "end" if step == STEPS_OF_TIME else "middle"
            yield f'<text x="{self._x(at_s):.1f}" y="{HEIGHT - 18}" text-anchor="{anchor}">{at_s / 60:.3g} min</text>'

    def _lines(self) -> Iterator[str]:
        points = " ".join(f"{self._x(sample.at_s):.1f},{self._y(sample.rss_kib):.1f}" for sample in self._samples)
        yield f'<polyline points="{points}" fill="none" stroke="{SAMPLES}" stroke-width="2"/>'
        line = trend(settled(self._samples), lambda sample: sample.rss_kib)
        begin_s = settled(self._samples)[0].at_s
        yield (
            f'<line x1="{self._x(begin_s):.1f}" y1="{self._y(line.at(begin_s)):.1f}" x2="{self._x(self._end_s):.1f}"'
            f' y2="{self._y(line.at(self._end_s)):.1f}" stroke="{LINE}" stroke-width="2" stroke-dasharray="6 5"/>'
        )

    @staticmethod
    def _legend() -> Iterator[str]:
        y = HEIGHT - 2
        yield (
            f'<rect x="{LEFT}" y="{y - 6}" width="18" height="3" fill="{SAMPLES}"/>'
            f'<text x="{LEFT + 24}" y="{y}">memory, every ten seconds</text>'
            f'<rect x="{LEFT + 200}" y="{y - 6}" width="7" height="3" fill="{LINE}"/>'
            f'<rect x="{LEFT + 211}" y="{y - 6}" width="7" height="3" fill="{LINE}"/>'
            f'<text x="{LEFT + 224}" y="{y}">the straight line through what comes after the warm-up</text>'
        )
