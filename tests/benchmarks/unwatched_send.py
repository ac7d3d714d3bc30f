"""What the marks cost when nobody watches: `send()` with `@span` and `@decision` as they are, and with them deleted.

    python tests/benchmarks/unwatched_send.py [--rounds N]

Each round is a process of its own, in turn one with the marks and one without: there an import hook takes the
decorators out of the source before it is compiled. Records go into one large batch that nobody sends, so it is
`send()` that is measured and not the network. The fastest round of each counts, and their ratio is printed; also
between which values that of two neighbouring rounds was, which says how busy the machine is.
"""

import argparse
import ast
import logging
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

MARKS = {"span", "decision"}
PACKAGE = "kafka_nio"
RECORDS = 4000
REPETITIONS = 8


def main() -> None:
    """Print how long a send takes with and without the marks, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--one", choices=["with", "without"], help="one round, in this process")
    arguments = parser.parse_args()
    if arguments.one:
        print(fastest_send_us(marked=arguments.one == "with"))
        return
    pairs = [(in_a_process("with"), in_a_process("without")) for _ in range(arguments.rounds)]
    marked_us, unmarked_us = (min(times) for times in zip(*pairs, strict=True))
    print(f"with the marks     {marked_us:.3f} µs a send")
    print(f"without the marks  {unmarked_us:.3f} µs a send")
    ratios = sorted(marked / unmarked for marked, unmarked in pairs)
    print(f"ratio {marked_us / unmarked_us:.3f} (of neighbours: {ratios[0]:.3f} to {ratios[-1]:.3f})")


def in_a_process(way: str) -> float:
    """One round in a process of its own."""
    done = subprocess.run([sys.executable, __file__, "--one", way], check=True, capture_output=True, text=True)
    return float(done.stdout)


def fastest_send_us(*, marked: bool) -> float:
    """How long one `send()` takes, in microseconds, in the fastest of some repetitions."""
    logging.disable(logging.WARNING)  # about the records that are given up when the producer is closed
    if not marked:
        sys.meta_path.insert(0, Unmarked())
    from kafka_nio.broker import EmbeddedCluster
    from kafka_nio.producer import KafkaProducer

    fastest_s = float("inf")
    for _ in range(REPETITIONS):
        with EmbeddedCluster() as cluster:
            producer = KafkaProducer(
                bootstrap_servers=cluster.bootstrap_servers,
                enable_idempotence=False,
                linger_ms=60_000,
                batch_size=8 * 1024 * 1024,
            )
            producer.partitions_for("orders")
            producer.send("orders", b"the first one opens the batch")
            time.sleep(0.01)  # the sender wakes up for it, and goes to sleep again
            began_s = time.thread_time()
            for _ in range(RECORDS):
                producer.send("orders", b"a record of some sixty bytes, as many are in this world...")
            fastest_s = min(fastest_s, time.thread_time() - began_s)
            producer.close(timeout=0)
    return fastest_s / RECORDS * 1e6


# The import hook...


class Unmarked(MetaPathFinder):
    """Finds the package's modules as usual, and has them loaded without marks."""

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name.partition(".")[0] != PACKAGE:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = UnmarkedLoader(spec.loader.name, spec.loader.path)
        return spec


class UnmarkedLoader(SourceFileLoader, Loader):
    """Compiles a module from its source without the marks, and leaves the cache of bytecode alone."""

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path)
        return compile(WithoutMarks().visit(ast.parse(source)), self.path, "exec", dont_inherit=True)


class WithoutMarks(ast.NodeTransformer):
    """Takes the decorators out of a module."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self.generic_visit(node)
        node.decorator_list = [one for one in node.decorator_list if not _is_mark(one)]
        return node


def _is_mark(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id in MARKS


if __name__ == "__main__":
    main()
