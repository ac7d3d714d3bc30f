"""The tests with each Python, those of Apache Kafka against each release, and the audit: `nox -f tests/noxfile.py`.

    nox -f tests/noxfile.py -s tests-3.12                            all tests with one Python
    nox -f tests/noxfile.py -s kafka                                 the tests of Apache Kafka, all releases
    nox -f tests/noxfile.py -s "kafka(release='2.8.2')" -- -x        one release; what follows -- is for pytest
    nox -f tests/noxfile.py -s audit                                 what is installed, among the known vulnerabilities

A Python that is not installed is left out, or where CI=true a failure. Each session has an environment of its own in
the folder .nox; `-R` takes it as it is, which saves a minute.
"""

import shutil
import sys
from pathlib import Path

import nox

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from tests.support.kafka_versions import VARIABLE, VERSIONS  # noqa: E402  # the line above says where it is

PYTHONS = ("3.11", "3.12", "3.13")

AUDITED = {"users": "crc,codecs,oauth,opentelemetry,cli,tracing", "tests and site": "test"}
"""What users install, and what only the tests and the site need."""

nox.needs_version = ">=2026.2"
nox.options.default_venv_backend = "venv"
nox.options.envdir = str(ROOT / ".nox")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Every test, with one Python."""
    install(session)
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS[-1])
@nox.parametrize("release", VERSIONS)
def kafka(session: nox.Session, release: str) -> None:
    """The tests that need Apache Kafka, against one release; one process, because they all share one node."""
    install(session)
    selected = ("-n", "0", "-m", "apache_kafka and not slow")
    session.run("pytest", *selected, *session.posargs, env={VARIABLE: release})


@nox.session(python=PYTHONS[-1])
@nox.parametrize("extras", list(AUDITED.values()), ids=list(AUDITED))
def audit(session: nox.Session, extras: str) -> None:
    """Look up everything that these extras bring; what cannot be looked up is a failure too."""
    session.chdir(ROOT)
    session.install("pip-audit>=2.9,<3")
    brought = Path(session.create_tmp()) / "brought"
    shutil.rmtree(brought, ignore_errors=True)
    session.run("python", "-m", "pip", "install", "--quiet", "--target", str(brought), f".[{extras}]")
    for about_us in brought.glob("kafka_nio-*"):
        shutil.rmtree(about_us)  # no list of vulnerabilities has us
    session.run("pip-audit", "--strict", "--desc", "--path", str(brought))


def install(session: nox.Session) -> None:
    """Put the package, as it stands in this folder, and all that the tests use into the session's environment."""
    session.chdir(ROOT)
    session.install("-e", ".[test]")
