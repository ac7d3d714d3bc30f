"""Talking to a cluster: which brokers there are, who takes a request now, which answer belongs to which request.

- `metadata`, `metadata_updater`: what is known of the cluster, and how it is kept fresh.
- `partition_leadership`, `rebootstrap`: what a broker says about it in passing, and what to do when it is gone.
- `connection_states`, `least_loaded_node`: connections to brokers, from the first attempt to the next one.
- `disconnector`, `throttling`: what follows when one ends, or when its broker wants to be left alone.
- `addresses`, `bootstrap`: from names to addresses, at once or in the background.
- `api_versions`, `node_api_versions`: which versions of each request a broker takes.
- `channel_builders`, `sasl`: which channel a connection gets, and how it logs in.
- `requests`, `in_flight_requests`: a request's life.
- `telemetry`, `telemetry_subscription`, `telemetry_metrics`, `telemetry_sender`: metrics for brokers that want them.
- `network_client`: all of it together, driven by `poll`.

Java: org.apache.kafka.clients
"""

from kafka_nio.client.addresses import resolve_addresses, resolve_all
from kafka_nio.client.backoff import ExponentialBackoff
from kafka_nio.client.metadata import Metadata
from kafka_nio.client.network_client import NetworkClient
from kafka_nio.client.requests import ClientRequest, ClientResponse

__all__ = [
    "ClientRequest",
    "ClientResponse",
    "ExponentialBackoff",
    "Metadata",
    "NetworkClient",
    "resolve_addresses",
    "resolve_all",
]
