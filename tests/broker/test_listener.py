"""Listeners with TLS and logins, as librdkafka finds them."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import confluent_kafka
import pytest

from kafka_nio.broker import EmbeddedCluster
from tests.support.certificates import Authority
from tests.support.unsecured_token import unsecured_token

TIMEOUT_S = 10

USERS = {
    "PLAIN": {"anna": "secret"},
    "SCRAM-SHA-256": {"anna": "secret"},
    "SCRAM-SHA-512": {"anna": "secret"},
    "OAUTHBEARER": {},
}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def server_context(authority: Authority) -> ssl.SSLContext:
    """A broker's certificate for this machine."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue_file("127.0.0.1", "localhost"))
    context.load_verify_locations(authority.location)
    return context


@pytest.fixture
def tls_cluster(server_context: ssl.SSLContext) -> Iterator[EmbeddedCluster]:
    with EmbeddedCluster(nodes=2, tls=server_context) as cluster:
        yield cluster


def produce(cluster: EmbeddedCluster, **options: object) -> list[str]:
    """Produce one record; return what librdkafka reports on the way."""
    reported: list[str] = []
    producer = confluent_kafka.Producer(
        {
            "bootstrap.servers": cluster.bootstrap_servers,
            "error_cb": lambda error: reported.append(str(error)),
            "message.timeout.ms": 1000 * TIMEOUT_S,
            **options,
        }
    )
    producer.produce("orders", value=b"a")
    while producer.poll(0.01) == 0 and len(producer) and not reported:
        pass
    producer.purge()
    return reported


def delivered(cluster: EmbeddedCluster) -> list[bytes | None]:
    topics = [topic.name for topic in cluster.state.topics]
    return [record.value for record in cluster.log("orders").records()] if "orders" in topics else []


def test_a_client_that_trusts_us_is_served_over_tls(tls_cluster: EmbeddedCluster, authority: Authority) -> None:
    assert produce(tls_cluster, **{"security.protocol": "SSL", "ssl.ca.location": authority.location}) == []
    assert delivered(tls_cluster) == [b"a"]


def test_a_client_that_does_not_trust_us_goes_away(tls_cluster: EmbeddedCluster, tmp_path: Path) -> None:
    stranger = Authority(tmp_path / "stranger")
    reported = produce(tls_cluster, **{"security.protocol": "SSL", "ssl.ca.location": stranger.location})
    assert "certificate verify failed" in reported[0]
    assert delivered(tls_cluster) == []


def test_a_client_without_tls_gets_nowhere(tls_cluster: EmbeddedCluster) -> None:
    assert produce(tls_cluster) != []
    assert delivered(tls_cluster) == []


def test_a_client_may_have_to_show_a_certificate(server_context: ssl.SSLContext, authority: Authority) -> None:
    server_context.verify_mode = ssl.CERT_REQUIRED
    options = {"security.protocol": "SSL", "ssl.ca.location": authority.location}
    with EmbeddedCluster(tls=server_context) as cluster:
        assert produce(cluster, **options) != []
        assert delivered(cluster) == []
        pem = authority.issue_file("anna")
        shown = {"ssl.certificate.location": pem, "ssl.key.location": pem}
        assert produce(cluster, **options, **shown) == []
        assert delivered(cluster) == [b"a"]


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_a_user_logs_in_with_a_password(mechanism: str) -> None:
    options = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": mechanism, "sasl.username": "anna"}
    with EmbeddedCluster(nodes=2, sasl=USERS) as cluster:
        reported = produce(cluster, **options, **{"sasl.password": "wrong"})
        assert "uthentication failed" in reported[0]
        assert delivered(cluster) == []
        assert produce(cluster, **options, **{"sasl.password": "secret"}) == []
        assert delivered(cluster) == [b"a"]


def test_a_user_logs_in_with_a_token() -> None:
    with EmbeddedCluster(sasl=USERS) as cluster:
        options = {
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "OAUTHBEARER",
            "oauth_cb": lambda _: (unsecured_token("anna"), 4_000_000_000.0),
        }
        assert produce(cluster, **options) == []
        assert delivered(cluster) == [b"a"]


def test_a_login_over_tls(server_context: ssl.SSLContext, authority: Authority) -> None:
    with EmbeddedCluster(tls=server_context, sasl=USERS) as cluster:
        options = {
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": authority.location,
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": "anna",
            "sasl.password": "secret",
        }
        assert produce(cluster, **options) == []
        assert delivered(cluster) == [b"a"]


def test_it_says_nothing_of_passwords() -> None:
    cluster = EmbeddedCluster(sasl=USERS)
    cluster.close()
    assert "secret" not in repr(cluster._security)
