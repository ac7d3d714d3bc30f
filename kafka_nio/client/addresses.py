"""From the text of `bootstrap_servers` to addresses one can connect to.

Java: org.apache.kafka.clients.ClientUtils, DefaultHostResolver
"""

import re
import socket
from collections.abc import Callable, Sequence

from kafka_nio.errors import ConfigError
from kafka_nio.nio import SocketAddress

_PROTOCOL = re.compile(r"^(?:SASL_)?(?:PLAINTEXT|SSL)://")
"""`SASL_SSL://` in front of an address; Kafka lets it stand, and means nothing by it."""

Resolve = Callable[[str, int], list[SocketAddress]]
"""Finds every address behind a host name. Raises OSError if there is none."""


def resolve_all(host: str, port: int) -> list[SocketAddress]:
    """Ask the operating system for all addresses of a host, each once, in its order.

    Raises:
        OSError: if the name is not known, or can be nobody's.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:  # a label that is empty, or has more than 63 letters
        raise OSError(f"{host!r} is no host name: {error}") from None
    return list(dict.fromkeys(SocketAddress(family, address) for family, _, _, _, address in found))


def parse_address(text: str) -> tuple[str, int]:
    """`host:port` or `[ipv6]:port` as host and port.

    Raises:
        ConfigError: if it is neither.
    """
    host, colon, port = _PROTOCOL.sub("", text.strip()).rpartition(":")
    if not colon or not host or not port.isdecimal():
        raise ConfigError(f"bootstrap_servers: {text!r} is not of the form host:port")
    if not 0 < int(port) < 65536:
        raise ConfigError(f"bootstrap_servers: {text!r} has the port {port}; a port is a number from 1 to 65535")
    return host.removeprefix("[").removesuffix("]"), int(port)


def canonical_name(address: SocketAddress) -> str:
    """The name that the operating system has for an address, or the address itself if there is none.

    Raises:
        OSError: if the name service cannot be asked.
    """
    assert isinstance(address.address, tuple), "names resolve to addresses of the internet"
    return socket.getnameinfo(address.address, 0)[0]


def resolve_addresses(
    bootstrap_servers: Sequence[str],
    resolve: Resolve = resolve_all,
    name_of: Callable[[SocketAddress], str] | None = None,
) -> list[tuple[str, int]]:
    """The bootstrap servers whose names are known, as host and port.

    Args:
        name_of: replaces each server by the names of all the addresses behind it. Kerberos and some load balancers
            want that: `client_dns_lookup="resolve_canonical_bootstrap_servers_only"`.

    Raises:
        ConfigError: if one is malformed, or if no name at all can be resolved.
    """
    resolvable: list[tuple[str, int]] = []
    problems: list[str] = []
    for host, port in map(parse_address, bootstrap_servers):
        try:
            addresses = resolve(host, port)
            found = [(host, port)] if name_of is None else [(name_of(address), port) for address in addresses]
        except OSError as error:
            problems.append(f"{host}:{port} cannot be resolved: {error.strerror or error}")
        else:
            resolvable += dict.fromkeys(found)
    if not resolvable:
        raise ConfigError(f"bootstrap_servers: {'; '.join(problems) or 'there are none'}")
    return resolvable
