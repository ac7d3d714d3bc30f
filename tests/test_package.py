"""What `import kafka_nio` offers, and what it leaves for later."""

import subprocess
import sys
from importlib import metadata

import pytest

import kafka_nio
from kafka_nio.version import VERSION


@pytest.mark.parametrize("name", kafka_nio.__all__)
def test_every_name_it_offers_is_there(name: str) -> None:
    assert getattr(kafka_nio, name).__name__ == name
    assert name in dir(kafka_nio)


def test_a_name_it_does_not_offer() -> None:
    with pytest.raises(AttributeError, match="module 'kafka_nio' has no attribute 'KafkaConsumer'"):
        kafka_nio.KafkaConsumer  # type: ignore[attr-defined]  # noqa: B018  # that there is none is the point


def test_the_producer_is_loaded_when_it_is_asked_for() -> None:
    program = """
import sys, kafka_nio.cli
assert not {"typing", "kafka_nio.producer"} & set(sys.modules), "Ctrl-C would find no guard while these are loaded"
from kafka_nio import KafkaProducer
assert KafkaProducer is sys.modules["kafka_nio.producer"].KafkaProducer
"""
    subprocess.run([sys.executable, "-S", "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_what_few_producers_need_is_left_for_later() -> None:
    """Loading all of it would take longer than the rest."""
    program = """
import sys
from kafka_nio import KafkaProducer
rarely_needed = {
    "asyncio",
    "difflib",
    "http.client",
    "importlib.metadata",
    "kafka_nio.client.sasl.client_authenticator",
    "kafka_nio.network.ssl_transport",
    "kafka_nio.producer.async_producer",
    "kafka_nio.protocol.messages.fetch",
    "ssl",
    "urllib.request",
}
print(*sorted(rarely_needed & set(sys.modules)))
"""
    loaded = subprocess.run(
        [sys.executable, "-S", "-c", program],
        check=True,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert loaded.stdout.split() == []


def test_the_version_is_the_one_that_is_installed() -> None:
    assert metadata.version("kafka-nio") == VERSION
