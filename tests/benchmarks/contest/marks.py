"""What the marks cost when nobody watches: `send()` with `@span` and `@decision` as they are, and with them deleted.

Both ways run in one process, in turn, a fraction of a millisecond each, so that whatever slows the machine slows both.
The package is loaded twice, each time compiled from its sources by an import hook, which for one of the two takes the
decorators out before. Records go into one large batch that nobody sends, so it is `send()` that is measured and not
the network.
"""

import ast
import gc
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from statistics import median
from types import CodeType, ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.benchmarks.contest.job import Job

MARKS = {"span", "decision"}
PACKAGE = "kafka_nio"
VALUE = b"a record of some sixty bytes, as many are in this world..."
LARGE_BATCH_BYTES = 12 * 1024 * 1024
RECORDS_IN_TURN = 100


def measure(job: "Job") -> tuple[float, float]:
    """CPU seconds that `send` takes for all records, with the marks; and without them, as a part of that.

    The part is the median of all pairs of neighbours.
    """
    logging.disable(logging.WARNING)  # about the records that are given up when the producers are closed
    with_marks, without = Loaded(marked=True).opened(job), Loaded(marked=False).opened(job)
    with with_marks as send_marked, without as send_unmarked:
        pairs = list(in_turn(send_marked, send_unmarked, job["records"] // RECORDS_IN_TURN))
    return sum(marked_s for marked_s, _ in pairs), median(unmarked_s / marked_s for marked_s, unmarked_s in pairs)


def in_turn(first: Callable[[], None], second: Callable[[], None], times: int) -> Iterator[tuple[float, float]]:
    """What each took, in CPU seconds of this thread; the second goes first in every other pair.

    Garbage is not collected meanwhile: that comes when it likes.
    """
    gc.collect()
    gc.disable()
    try:
        for number in range(times):
            if number % 2:
                yield timed_s(first), timed_s(second)
            else:
                after, before = timed_s(second), timed_s(first)
                yield before, after
    finally:
        gc.enable()


def timed_s(send_some: Callable[[], None]) -> float:
    """CPU seconds of this thread."""
    began_s = time.thread_time()
    send_some()
    return time.thread_time() - began_s


class Loaded:
    """The package, loaded once more, with its marks or without them."""

    def __init__(self, *, marked: bool) -> None:
        self._modules: dict[str, ModuleType] = {}
        with self._in_place():
            finder = Compiled(AsItIs if marked else Unmarked)
            sys.meta_path.insert(0, finder)
            try:
                self._producer = import_module(f"{PACKAGE}.producer").KafkaProducer
                self.marks = len(import_module(f"{PACKAGE}.spans").SPANS)
            finally:
                sys.meta_path.remove(finder)
        assert bool(self.marks) is marked, f"{self.marks} functions are marked"

    @contextmanager
    def opened(self, job: "Job") -> Iterator[Callable[[], None]]:
        """A producer that has an open batch; gives a function that sends some records."""
        with self._in_place():
            producer = self._producer(
                bootstrap_servers=job["bootstrap_servers"],
                enable_idempotence=False,
                linger_ms=60_000,
                batch_size=LARGE_BATCH_BYTES,
            )
        send, topic = producer.send, job["topic"]

        def send_some() -> None:
            for _ in range(RECORDS_IN_TURN):
                send(topic, VALUE, partition=0)

        try:
            with self._in_place():
                send_some()
                time.sleep(0.05)  # the sender wakes up for the new batch, and goes to sleep again
            yield send_some
        finally:
            with self._in_place():
                producer.close(timeout=0)

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """Whoever imports from the package meanwhile gets this one."""
        others = taken_out()
        sys.modules.update(self._modules)
        try:
            yield
        finally:
            self._modules = taken_out()
            sys.modules.update(others)


def taken_out() -> dict[str, ModuleType]:
    """Make Python forget the package, and return its modules."""
    names = [name for name in sys.modules if name.partition(".")[0] == PACKAGE]
    return {name: sys.modules.pop(name) for name in names}


# The import hook...


class Compiled(MetaPathFinder):
    """Finds the package's modules as usual, and has them loaded by one of the loaders below."""

    def __init__(self, loader: "type[AsItIs]") -> None:
        self._loader = loader

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.partition(".")[0] != PACKAGE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = self._loader(spec.loader.name, spec.loader.path)
        return spec


class AsItIs(SourceFileLoader):
    """Compiles a module from its source, and leaves the cache of bytecode alone."""

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.tree(), self.path, "exec", dont_inherit=True)

    def tree(self) -> ast.Module:
        """What is compiled."""
        return ast.parse(self.get_data(self.path))


class Unmarked(AsItIs):
    """Takes the marks out before."""

    def tree(self) -> ast.Module:
        tree = super().tree()
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                node.decorator_list = [one for one in node.decorator_list if not is_mark(one)]
        return tree


def is_mark(decorator: ast.expr) -> bool:
    """Whether it is written as a call of one of `MARKS`."""
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id in MARKS
