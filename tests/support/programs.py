"""The Python programs that a page shows, run as they stand but for the broker's address.

with programs_of(Path("README.md"), folder) as programs:
    cluster = programs.run("callback=told")     # the one program with these words in it
    values(cluster)                             # what it has sent
"""

import contextlib
import re
import ssl
from collections.abc import Iterator
from pathlib import Path

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.protocol.record_batch import Record
from tests.support.certificates import Authority

PLAIN, TLS, LOGIN = "localhost:9092", "localhost:9093", "localhost:9094"
"""The addresses that the programs write to, and how they are secured."""

PARTITIONS = 3
"""Of the topic orders."""


class Programs:
    """The programs of one page, and the clusters that they wrote to, which stay open until the `with` block ends."""

    def __init__(self, page: Path, folder: Path, clusters: contextlib.ExitStack) -> None:
        self._page = page
        self._folder = folder
        self._clusters = clusters
        self.all: list[str] = re.findall(r"^```python\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
        """Their texts."""

    def run(self, words: str) -> EmbeddedCluster:
        """Run the one program in which these words occur, and return the cluster that it wrote to."""
        (program,) = [program for program in self.all if words in program]
        (address,) = {address for address in (PLAIN, TLS, LOGIN) if address in program} or {PLAIN}
        cluster = self._clusters.enter_context(_new_cluster(address, self._folder))
        cluster.create_topic("orders", PARTITIONS)
        code = program.replace(address, cluster.bootstrap_servers)
        exec(compile(code, self._page.name, "exec"), {"__name__": "__main__"})
        return cluster


@contextlib.contextmanager
def programs_of(page: Path, folder: Path) -> Iterator[Programs]:
    """The programs of a page. Whoever runs them stands in `folder`, where their files are."""
    with contextlib.ExitStack() as clusters:
        yield Programs(page, folder, clusters)


def _new_cluster(address: str, folder: Path) -> EmbeddedCluster:
    if address == PLAIN:
        return EmbeddedCluster()
    authority = Authority(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(authority.issue_file("127.0.0.1"))
    return EmbeddedCluster(tls=context, sasl={"SCRAM-SHA-512": {"waiter": "a long one"}} if address == LOGIN else None)


def records(cluster: EmbeddedCluster, topic: str = "orders") -> list[Record]:
    """What has arrived, partition by partition."""
    partitions = range(PARTITIONS if topic == "orders" else 1)
    return [record for partition in partitions for record in cluster.log(topic, partition).records()]


def values(cluster: EmbeddedCluster, topic: str = "orders") -> list[bytes | None]:
    """The values of it."""
    return [record.value for record in records(cluster, topic)]
