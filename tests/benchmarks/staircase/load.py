"""A program that sends as fast as it can, for `stacks` to look into, until its standard input ends.

    python -m tests.benchmarks.staircase.load BOOTSTRAP_SERVERS TOPIC

It prints a line when it is warm.
"""

import sys
import threading

from kafka_nio.producer import KafkaProducer
from tests.benchmarks.staircase.stepped import OPTIONS, VALUE

WARM_UP = 100_000


def main() -> None:
    """Warm up, say so, send."""
    bootstrap_servers, topic = sys.argv[1:]
    with KafkaProducer({"bootstrap.servers": bootstrap_servers, **OPTIONS}, linger_ms=5) as producer:
        for _ in range(WARM_UP):
            producer.send(topic, VALUE)
        told_to_stop = threading.Event()
        threading.Thread(target=wait_for_the_end, args=(told_to_stop,), daemon=True).start()
        print("warm", flush=True)
        application(producer, topic, told_to_stop)


def wait_for_the_end(told_to_stop: threading.Event) -> None:
    """Of the standard input."""
    sys.stdin.read()
    told_to_stop.set()


def application(producer: KafkaProducer, topic: str, told_to_stop: threading.Event) -> None:
    """What an application would do, as far as the producer knows."""
    while not told_to_stop.is_set():
        for _ in range(1000):
            producer.send(topic, VALUE)


if __name__ == "__main__":
    main()
