"""`kafka-nio broker`: the embedded broker in the foreground, for any Kafka client on this machine.

Java: no counterpart.
"""

import threading
from typing import Annotated

import typer

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.cli.problem import Problem
from kafka_nio.cli.waiting import stopped_by_signals


def broker(
    port: Annotated[int, typer.Option(help="Where to listen; 0 takes any free port.", min=0, max=65535)] = 9092,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    partitions: Annotated[int, typer.Option(help="Partitions of a new topic.", min=1)] = 1,
) -> None:
    """Run a Kafka broker that keeps all in memory, until Ctrl-C."""
    try:
        cluster = EmbeddedCluster(host=host, ports=[port], partitions_per_topic=partitions)
    except OSError as error:
        raise Problem(f"cannot listen on {host}:{port}: {error.strerror or error}; try --port 0") from error
    with stopped_by_signals(), cluster:
        typer.echo(f"Kafka broker at {cluster.bootstrap_servers}. Topics are made when asked for. Ctrl-C ends it.")
        threading.Event().wait()
