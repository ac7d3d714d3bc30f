"""A chart of bars as SVG: a group for each cell, a bar for each contestant.

It is part of the page, so that its text has the colour of the page's palette.
"""

from collections.abc import Iterator, Mapping, Sequence
from html import escape

WIDTH, LABELS, VALUES = 760, 190, 60
BAR, GAP, BETWEEN_GROUPS, LEGEND = 9, 2, 10, 26
LEGEND_STEP = 150

COLOURS = ("#3a75bf", "#c2571a", "#7a8794", "#2e8b57", "#9a5fb5")

Group = Mapping[str, float]
"""A value by contestant."""


def chart(title: str, groups: Mapping[str, Group], contestants: Sequence[str]) -> str:
    """The picture; lengths are in proportion to the values.

    Args:
        groups: by the label of the group.
        contestants: in the order of their bars.
    """
    largest = max((value for group in groups.values() for value in group.values()), default=1.0)
    bars = "\n".join(_bars(groups, contestants, (WIDTH - LABELS - VALUES) / largest))
    height = LEGEND + sum(_height(group) for group in groups.values())
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" style="max-width: 100%; height: auto"'
        f' role="img" aria-label="{escape(title)}" font-size="10"'
        f' fill="currentColor" xmlns="http://www.w3.org/2000/svg">\n{_legend(contestants)}\n{bars}\n</svg>'
    )


def _legend(contestants: Sequence[str]) -> str:
    return "\n".join(
        f'<rect x="{place * LEGEND_STEP}" y="2" width="10" height="10" fill="{COLOURS[place]}"/>'
        f'<text x="{place * LEGEND_STEP + 14}" y="11">{escape(name)}</text>'
        for place, name in enumerate(contestants)
    )


def _bars(groups: Mapping[str, Group], contestants: Sequence[str], scale: float) -> Iterator[str]:
    top = LEGEND
    for label, group in groups.items():
        middle = top + (_height(group) - BETWEEN_GROUPS) / 2 + 3
        yield f'<text x="{LABELS - 8}" y="{middle:g}" text-anchor="end">{escape(label)}</text>'
        for row, name in enumerate(name for name in contestants if name in group):
            y, length = top + row * (BAR + GAP), group[name] * scale
            yield (
                f'<rect x="{LABELS}" y="{y}" width="{length:.1f}" height="{BAR}"'
                f' fill="{COLOURS[contestants.index(name)]}"/>'
                f'<text x="{LABELS + length + 4:.1f}" y="{y + BAR - 1}" font-size="9">{thousands(group[name])}</text>'
            )
        top += _height(group)


def _height(group: Group) -> int:
    return len(group) * (BAR + GAP) + BETWEEN_GROUPS


def thousands(value: float) -> str:
    """834k; below ten thousand with one decimal."""
    return f"{value / 1e3:,.0f}k" if value >= 10_000 else f"{value / 1e3:.1f}k"
