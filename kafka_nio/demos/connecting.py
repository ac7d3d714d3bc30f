"""Connecting twice: over TCP, where it takes a while, and over a Unix socket, where it is done at once.

A connect that does not block has three outcomes: done, failed, or begun. On TCP it has always only begun, even to the
same machine; the selector reports `OP_CONNECT` when it has ended, and the connection is finished among the *selected*
keys, like everything else. On a Unix socket it is done when `connect` returns. Nothing is left to report, so
`OP_CONNECT` would never come, and the key would be forgotten. That is why the selector keeps a list of the keys that
were *immediately connected* and goes through it in a second call of `poll_selection_keys`.

Who believes that the second call is for all new connections sees that on TCP it finds nothing.

The broker's side is shown, too: one thread does nothing but accept connections, and hands them to another one that
serves them all. (No real Kafka broker listens on a Unix socket; this one does, to show the case.)

Java: no counterpart.
"""

from kafka_nio.demos.demo import Demo, Setting
from kafka_nio.demos.excerpt import APPLICATION, CONNECTING, LOOP, MESSAGES
from kafka_nio.demos.scene import Scene

KEPT = (
    *APPLICATION,
    *LOOP,
    *CONNECTING,
    *MESSAGES,
    "Selector.poll",
    "Selector.poll_selection_keys",
    "nio.SocketChannel.finish_connect",
    "nio.ServerSocketChannel.accept",
    "Processor.configure_new_connections",
    "ProducerBatch.complete",
)


def run(scene: Scene) -> None:
    """Send a record to a leader that is known and not connected."""
    with scene.producer(linger_ms=0) as producer:
        scene.know_topic(producer)

        scene.begin()
        scene.wait_for(producer.send(scene.topic, b"hello", partition=0))
        scene.end(producer)


PAIR = ("connect-at-once", "connect-in-progress")

CONNECT_AT_ONCE = Demo(
    id="d10",
    name="connect-at-once",
    title="Connected at once",
    sentence="Over a Unix socket connect() is done when it returns, and no OP_CONNECT will ever say so.",
    watch_for=(
        "connect gives True: there is nothing left to wait for.",
        "The next select does not sleep, and the second poll_selection_keys finds the connection.",
    ),
    run=run,
    setting=Setting(is_unix_socket=True),
    own_broker="it orders one that listens on a Unix socket",
    pair=PAIR,
    keep=KEPT,
    shows_brokers=True,
)

CONNECT_IN_PROGRESS = Demo(
    id="d10",
    name="connect-in-progress",
    title="Connecting",
    sentence="Over TCP connect() has only begun when it returns; OP_CONNECT says when it has ended.",
    watch_for=(
        "connect gives False: it is under way.",
        "The next select returns with the key ready to connect, and the first poll_selection_keys finishes it.",
        "The second poll_selection_keys gets an empty set.",
    ),
    run=run,
    pair=PAIR,
    keep=KEPT,
    shows_brokers=True,
)
