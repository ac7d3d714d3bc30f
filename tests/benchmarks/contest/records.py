"""The records that are sent: text that compresses to a half or a third, the same in every run.

They are made before the clock starts, and handed out without a line of Python for each.
"""

import random
from collections.abc import Iterator
from itertools import cycle, islice, repeat

DIFFERENT_VALUES = 1_000
DIFFERENT_KEYS = 10_000
KEY_BYTES = 16
SEED = 7
WORDS = ("coffee", "tea", "water", "juice", "bread", "honey", "table", "terrace", "order", "paid", "open", "served")


class Records:
    """So many pairs of a value and a key."""

    def __init__(self, count: int, value_bytes: int, *, random_sizes: bool = False, keys: str = "none") -> None:
        chance = random.Random(SEED)
        self.count = count
        self._values = [text(chance, value_bytes, random_size=random_sizes) for _ in range(DIFFERENT_VALUES)]
        different = {"none": 0, "unique": count}.get(keys, DIFFERENT_KEYS)
        self._keys = [chance.randbytes(KEY_BYTES) for _ in range(different)]

    def __iter__(self) -> Iterator[tuple[bytes, bytes | None]]:
        keys: Iterator[bytes | None] = cycle(self._keys) if self._keys else repeat(None)
        return islice(zip(cycle(self._values), keys, strict=False), self.count)


def text(chance: random.Random, size: int, *, random_size: bool) -> bytes:
    """One value: fields with words and numbers, as in JSON, cut to its size."""
    if random_size:
        size = round(size * chance.uniform(0.6, 1.4))
    parts, length = ["{"], 1
    while length < size:
        parts.append(f'"{chance.choice(WORDS)}": {chance.randrange(10**7)}, ')
        length += len(parts[-1])
    return "".join(parts)[:size].encode()
