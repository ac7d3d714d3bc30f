"""From the text of bootstrap_servers to addresses."""

import socket

import pytest

from kafka_nio.client.addresses import canonical_name, parse_address, resolve_addresses, resolve_all
from kafka_nio.errors import ConfigError
from kafka_nio.nio import SocketAddress


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("localhost:9092", ("localhost", 9092)),
        (" broker.example:1 ", ("broker.example", 1)),
        ("[::1]:65535", ("::1", 65535)),
        ("PLAINTEXT://broker:9092", ("broker", 9092)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, expected: tuple[str, int]) -> None:
    assert parse_address(text) == expected


@pytest.mark.parametrize("text", ["localhost", "localhost:", ":9092", "localhost:kafka", "localhost:0", "h:65536", ""])
def test_anything_else_is_refused_and_named(text: str) -> None:
    with pytest.raises(ConfigError, match="bootstrap_servers") as refused:
        parse_address(text)
    assert repr(text) in str(refused.value)


def test_a_port_that_cannot_be_is_told_from_a_missing_one() -> None:
    with pytest.raises(ConfigError, match="has the port 99999; a port is a number from 1 to 65535"):
        parse_address("localhost:99999")


def resolve_only_known(host: str, port: int) -> list[SocketAddress]:
    if host != "known":
        raise OSError(-2, "Name or service not known")
    return resolve_all("127.0.0.1", port)


def test_names_that_are_not_known_are_left_out() -> None:
    assert resolve_addresses(["unknown:1", "known:2"], resolve_only_known) == [("known", 2)]


def test_it_is_an_error_if_no_name_is_known_and_each_is_named_with_its_reason() -> None:
    with pytest.raises(ConfigError, match="a:1 cannot be resolved: Name or service not known; b:2 cannot"):
        resolve_addresses(["a:1", "b:2"], resolve_only_known)


@pytest.mark.parametrize("host", ["a..b", "a" * 64 + ".x"])
def test_a_name_that_can_be_nobodys_is_not_known(host: str) -> None:
    """A broker may send any text for a host."""
    with pytest.raises(OSError, match=f"'{host}' is no host name"):
        resolve_all(host, 9092)


def test_every_address_of_a_host_is_found_once() -> None:
    addresses = resolve_all("127.0.0.1", 9092)
    assert [str(address) for address in addresses] == ["127.0.0.1:9092"]


def test_a_canonical_bootstrap_server_is_each_address_by_the_name_that_it_has() -> None:
    def two_addresses(host: str, port: int) -> list[SocketAddress]:
        return [*resolve_all("127.0.0.1", port), *resolve_all("127.0.0.2", port)]

    def name_of(address: SocketAddress) -> str:
        return f"host-{address.address[0][-1]}"

    addresses = resolve_addresses(["balancer:9092"], two_addresses, name_of)
    assert addresses == [("host-1", 9092), ("host-2", 9092)]


def test_the_canonical_name_of_an_address_is_what_the_system_calls_it() -> None:
    (address,) = resolve_all("127.0.0.1", 9092)
    assert canonical_name(address) == socket.getfqdn("127.0.0.1")
