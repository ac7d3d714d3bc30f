"""A flame graph as SVG: a box for each function, as wide as its share, above the functions that it calls.

It needs no script: a box has its figures as a tooltip. Its colours are those of the site, in either palette, by the
layer of the package that a function belongs to; `docs/assets/site.css` says which.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape

from tests.benchmarks.staircase.stacks import Stacks

WIDTH, ROW, LETTER, MARGIN = 1000, 19, 6.3, 4
THINNEST = 1.5
"""A thinner box is left out."""


@dataclass
class Box:
    """A function, where it was called from there."""

    name: str
    samples: int = 0
    """With those of the functions that it calls."""
    own: int = 0
    calls: "dict[str, Box]" = field(default_factory=dict)

    @property
    def depth(self) -> int:
        """How many rows it takes."""
        return 1 + max((box.depth for box in self.calls.values()), default=0)

    @property
    def label(self) -> str:
        """Its name, without the layer."""
        return self.name.partition("/")[2]


def tree(stacks: Stacks) -> Box:
    """All stacks begin with the same function; its box."""
    top = Box("")
    for stack, count in stacks.items():
        box = top
        for name in stack.split(";"):
            box = box.calls.setdefault(name, Box(name))
            box.samples += count
        box.own += count
    (root,) = top.calls.values()
    return root


def own_shares(stacks: Stacks) -> dict[str, float]:
    """The part of all samples in which a function itself ran, the largest first."""
    total = sum(stacks.values())
    found: dict[str, int] = {}
    for stack, count in stacks.items():
        name = stack.rpartition(";")[2]
        found[name] = found.get(name, 0) + count
    return {name: count / total for name, count in sorted(found.items(), key=lambda one: (-one[1], one[0]))}


def flame(title: str, stacks: Stacks) -> str:
    """The picture."""
    root = tree(stacks)
    boxes = "\n".join(_boxes(root, 0.0, 0, WIDTH / root.samples, root.samples))
    height = root.depth * ROW
    return (
        f'<svg class="flame" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img"'
        f' aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg">\n{boxes}\n</svg>'
    )


def _boxes(box: Box, x: float, row: int, scale: float, total: int) -> Iterator[str]:
    width = box.samples * scale
    if width < THINNEST:
        return
    said = f"{box.label}: {box.samples / total:.1%}, itself {box.own / total:.1%}"
    layer = box.name.partition("/")[0]
    yield (
        f'<g class="flame-{layer}"><title>{escape(said)}</title>'
        f'<rect x="{x:.1f}" y="{row * ROW}" width="{max(width - 1, 0.5):.1f}" height="{ROW - 1}" rx="2"/>'
        f"{_text(box, x, row, width)}</g>"
    )
    for called in _widest_first(box.calls):
        yield from _boxes(called, x, row + 1, scale, total)
        x += called.samples * scale


def _text(box: Box, x: float, row: int, width: float) -> str:
    """The name, or as much of it as fits; the last part is what tells functions apart."""
    room = int((width - 2 * MARGIN) / LETTER)
    for name in (box.label, box.label.rpartition(".")[2]):
        if len(name) <= room:
            return f'<text x="{x + MARGIN:.1f}" y="{row * ROW + 13}">{escape(name)}</text>'
    return ""


def _widest_first(calls: Mapping[str, Box]) -> list[Box]:
    return sorted(calls.values(), key=lambda box: (-box.samples, box.name))
