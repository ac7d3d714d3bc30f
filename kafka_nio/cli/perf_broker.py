"""The broker that `kafka-nio perf` writes to if none is named: in a process of its own, to leave the producer alone.

The process prints its address and serves until its standard input ends. That happens when `perf` is done, and also
when `perf` is killed, so no broker is left over. It belongs to a session of its own, and Ctrl-C does not reach it: what
is under way then must still be answered.

Java: no counterpart.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from kafka_nio.cli.problem import Problem

PATIENCE_S = 10


@contextmanager
def broker_process(partitions: int) -> Iterator[str]:
    """Runs while the block does; yields where it listens."""
    command = [sys.executable, "-m", __name__, str(partitions)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            address = process.stdout.readline().strip()
            if not address:
                raise Problem(f"the broker's process ended with status {process.wait()} before it listened")
            yield address
            process.stdin.close()
            process.wait(PATIENCE_S)
        finally:
            process.kill()


def _serve(partitions: int) -> None:
    from kafka_nio.broker import EmbeddedCluster

    with EmbeddedCluster(partitions_per_topic=partitions) as cluster:
        print(cluster.bootstrap_servers, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    _serve(int(sys.argv[1]))
