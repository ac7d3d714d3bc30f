"""Where the contest is run: the machine, and the version of everything that matters."""

import compileall
import hashlib
import os
import platform
import sys
import zlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import confluent_kafka

import kafka_nio
from tests.benchmarks.contest.brokers import version_of_apache
from tests.benchmarks.contest.contestants import CONTESTANTS, OURS

HELPERS = ("google-crc32c", "crc32c", "lz4", "cramjam", "zstandard")
"""What the clients use for checksums and compression where it is installed."""

TRACING = (
    "opentelemetry-sdk",
    "opentelemetry-instrumentation-kafka-python",
    "opentelemetry-instrumentation-aiokafka",
    "opentelemetry-instrumentation-confluent-kafka",
)
"""What makes the spans."""


def machine() -> str:
    """Processor, cores, memory, system."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    system = f"{platform.system()} {platform.release().split('-')[0]}"
    return f"{os.cpu_count()} cores of {processor()}, {memory_gib:.0f} GiB, {system}"


def processor() -> str:
    """Its name, where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def python() -> str:
    """Its version, and whose build it is if it came with the system: how it was compiled makes a difference."""
    if sys.base_prefix != "/usr":
        return platform.python_version()
    return f"{platform.python_version()} as {platform.freedesktop_os_release()['NAME']} builds it"


def versions(broker: str) -> dict[str, str]:
    """By name."""
    found = {"Python": python()}
    for name in (*dict.fromkeys(contestant.distribution for contestant in CONTESTANTS), *HELPERS, *TRACING):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    found[OURS] = version_of_ours()
    found["librdkafka"] = confluent_kafka.libversion()[0]
    found["zlib"] = zlib.ZLIB_RUNTIME_VERSION
    if broker == "apache":
        found["Apache Kafka"] = version_of_apache()
    return found


def compile_ours() -> None:
    """Have the package's bytecode ready, as pip does when it installs one; the others' is."""
    compileall.compile_dir(Path(kafka_nio.__file__).parent, quiet=2)


def version_of_ours() -> str:
    """The release, and what its sources are just now."""
    return f"{version(OURS)} (sources {digest_of_sources()})"


def digest_of_sources() -> str:
    """Eight digits that change with any of the package's modules."""
    digest = hashlib.sha256()
    for path in sorted(Path(kafka_nio.__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:8]
