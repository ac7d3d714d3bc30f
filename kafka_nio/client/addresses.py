"""From the text of `bootstrap_servers` to addresses one can connect to.

Java: org.apache.kafka.clients.ClientUtils, DefaultHostResolver
"""

import socket
from collections.abc import Callable, Sequence

from kafka_nio.errors import ConfigError
from kafka_nio.nio import SocketAddress

Resolve = Callable[[str, int], list[SocketAddress]]
"""Finds every address behind a host name. Raises OSError if there is none."""


def resolve_all(host: str, port: int) -> list[SocketAddress]:
    """Ask the operating system for all addresses of a host, each once, in its order.

    Raises:
        OSError: if the name is not known.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(SocketAddress(family, address) for family, _, _, _, address in found))


def parse_address(text: str) -> tuple[str, int]:
    """`host:port` or `[ipv6]:port` as host and port.

    Raises:
        ConfigError: if it is neither.
    """
    host, colon, port = text.strip().removeprefix("PLAINTEXT://").rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigError(f"bootstrap_servers: {text!r} is not of the form host:port, with a port from 1 to 65535")
    return host.removeprefix("[").removesuffix("]"), int(port)


def resolve_addresses(bootstrap_servers: Sequence[str], resolve: Resolve = resolve_all) -> list[tuple[str, int]]:
    """The bootstrap servers whose names are known, as host and port.

    Raises:
        ConfigError: if one is malformed, or if no name at all can be resolved.
    """
    resolvable, problems = [], []
    for host, port in map(parse_address, bootstrap_servers):
        try:
            resolve(host, port)
        except OSError as error:
            problems.append(f"{host}:{port} cannot be resolved: {error.strerror or error}")
        else:
            resolvable.append((host, port))
    if not resolvable:
        raise ConfigError(f"bootstrap_servers: {'; '.join(problems) or 'there are none'}")
    return resolvable
