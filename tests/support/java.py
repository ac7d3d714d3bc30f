"""Programs for Java's virtual machine: which java runs them, from which jars, and who ends them.

Maven fetches the jars that pom.xml names, once for each release of Apache Kafka, into a cache folder:
`KAFKA_NIO_CACHE`, or ~/.cache/kafka-nio.
"""

import hashlib
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from tests.support.kafka_versions import kafka_version
from tests.support.unavailable import Unavailable

POM = Path(__file__).with_name("pom.xml")
OLDEST_JAVA = 17

# A node must not outlive the tests, not even tests that are killed. So a second process holds the other end of a
# pipe; when nobody holds ours any more, it reads the end of the file and kills the node.
LIFELINE = 'exec 3<&0; (cat <&3 >/dev/null; kill -9 $$ 2>/dev/null) & exec "$@" 3<&- </dev/null'

_given_out: set[int] = set()


def java(memory: str = "384m") -> list[str]:
    """The command that runs a class of the release that the tests are for; small and soon there."""
    small = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", f"-Xmx{memory}"]
    return [find_java(), *small, "-cp", f"{find_jars(kafka_version())}/*"]


def launch(command: list[str], output: Path) -> subprocess.Popen[bytes]:
    """Start a program that ends with the tests. What it prints goes to the end of a file."""
    with output.open("ab") as file:
        return subprocess.Popen(
            ["sh", "-c", LIFELINE, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def let_go(process: subprocess.Popen[bytes]) -> None:
    """Give up our end of its lifeline. Whoever ends the process must."""
    assert process.stdin is not None
    process.stdin.close()


def kill(process: subprocess.Popen[bytes]) -> None:
    """`kill -9`, and wait until it is gone."""
    process.kill()
    process.wait()
    let_go(process)


def last_words(output: Path) -> str:
    """The end of what a program printed."""
    return output.read_text(errors="replace")[-2000:]


# What it takes...


def find_java() -> str:
    """The path of a java that is new enough."""
    home = os.environ.get("JAVA_HOME")
    java = shutil.which("java", path=f"{home}/bin" if home else None)
    if java is None:
        raise Unavailable(f"Apache Kafka needs Java {OLDEST_JAVA}: apt-get install default-jre-headless")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=True).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise Unavailable(f"Apache Kafka needs Java {OLDEST_JAVA} or newer; {java} says: {said.splitlines()[0]}")
    return java


def find_jars(version: str) -> Path:
    """The folder with the jars of a release of Apache Kafka; fetched first if they are not there."""
    cache = Path(os.environ.get("KAFKA_NIO_CACHE") or Path.home() / ".cache" / "kafka-nio")
    jars = cache / f"apache-kafka-{version}-{hashlib.sha256(POM.read_bytes()).hexdigest()[:12]}"
    if not jars.is_dir():
        fetch_jars(version, jars)
    return jars


def fetch_jars(version: str, jars: Path, patience_s: float = 480) -> None:
    """Let Maven fetch the jars to a folder beside `jars`, then rename it: whoever sees `jars` sees all of them."""
    maven = shutil.which("mvn")
    if maven is None:
        raise Unavailable("Apache Kafka is fetched by Maven: apt-get install maven, or set KAFKA_NIO_BOOTSTRAP")
    jars.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=jars.parent, prefix="fetching-") as folder:
        fetched = Path(folder) / "jars"
        command = [maven, "--batch-mode", "--quiet", "--file", str(POM), f"-Dkafka.version={version}"]
        goal = ["dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={fetched}"]
        try:
            done = subprocess.run([*command, *goal], capture_output=True, text=True, timeout=patience_s)
        except subprocess.TimeoutExpired:
            raise Unavailable(f"Maven did not fetch Apache Kafka {version} in {patience_s:.0f} s") from None
        if done.returncode != 0:
            said = f"{done.stdout[-1000:]}{done.stderr[-1000:]}"
            raise Unavailable(f"Maven could not fetch Apache Kafka {version}:\n{said}")
        if not jars.is_dir():
            fetched.rename(jars)


def free_ports(number: int) -> list[int]:
    """Ports nobody listens on. They lie below those that the kernel gives to connections, so none takes them later."""
    ports: list[int] = []
    while len(ports) < number:
        port = random.randrange(20_000, 32_000)
        if port not in _given_out and not is_listening(port):
            _given_out.add(port)
            ports.append(port)
    return ports


def is_listening(port: int) -> bool:
    """Whether somebody accepts connections on this port of ours."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
