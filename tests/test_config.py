"""What `ProducerConfig.parse` takes, what it makes of it, and how it refuses the rest."""

import dataclasses
import logging

import pytest

from kafka_nio.clock import NEVER
from kafka_nio.config import INSTEAD, OPTIONS, ProducerConfig
from kafka_nio.errors import ConfigError

SERVER = "localhost:9092"


def parse(**options: object) -> ProducerConfig:
    return ProducerConfig.parse({"bootstrap.servers": SERVER}, **options)


def refusal(mapping: object = None, **options: object) -> str:
    """What the caller is told."""
    with pytest.raises(ConfigError) as refused:
        ProducerConfig.parse(mapping, **options)  # type: ignore[arg-type]
    return str(refused.value)


# The table...


def test_each_row_of_the_table_has_an_attribute_and_each_attribute_a_row() -> None:
    assert sorted(option.attribute for option in OPTIONS) == sorted(
        field.name for field in dataclasses.fields(ProducerConfig)
    )


def test_each_option_says_in_one_sentence_what_it_is_for() -> None:
    for option in OPTIONS:
        assert option.doc.endswith((".", "…")), option.name
        assert "\n" not in option.doc


def test_each_default_is_a_value_that_its_own_option_accepts() -> None:
    for option in OPTIONS[1:]:
        if option.default is not None:
            assert option.kind.accept(option.default) == option.default, option.name


def test_defaults_are_those_of_kafka_4() -> None:
    assert dataclasses.asdict(parse()) == {
        "bootstrap_servers": ("localhost:9092",),
        "client_id": "",
        "client_rack": "",
        "key_serializer": None,
        "value_serializer": None,
        "acks": -1,
        "retries": 2_147_483_647,
        "enable_idempotence": True,
        "transactional_id": None,
        "transaction_timeout_ms": 60_000,
        "transaction_two_phase_commit_enable": False,
        "compression_type": "none",
        "compression_gzip_level": -1,
        "compression_lz4_level": 9,
        "compression_zstd_level": 3,
        "linger_ms": 5,
        "batch_size": 16_384,
        "buffer_memory": 33_554_432,
        "max_block_ms": 60_000,
        "max_request_size": 1_048_576,
        "max_in_flight_requests_per_connection": 5,
        "request_timeout_ms": 30_000,
        "delivery_timeout_ms": 120_000,
        "retry_backoff_ms": 100,
        "retry_backoff_max_ms": 1_000,
        "reconnect_backoff_ms": 50,
        "reconnect_backoff_max_ms": 1_000,
        "socket_connection_setup_timeout_ms": 10_000,
        "socket_connection_setup_timeout_max_ms": 30_000,
        "connections_max_idle_ms": 540_000,
        "metadata_max_age_ms": 300_000,
        "metadata_max_idle_ms": 300_000,
        "metadata_recovery_strategy": "rebootstrap",
        "metadata_recovery_rebootstrap_trigger_ms": 300_000,
        "metadata_cluster_check_enable": True,  # Kafka has it on
        "client_dns_lookup": "use_all_dns_ips",
        "bootstrap_resolve_timeout_ms": 0,
        "metrics_sample_window_ms": 30_000,
        "metrics_num_samples": 2,
        "metrics_recording_level": "INFO",
        "enable_metrics_push": True,  # Kafka has it on
        "send_buffer_bytes": 131_072,
        "receive_buffer_bytes": 32_768,
        "partitioner": None,
        "partitioner_ignore_keys": False,
        "partitioner_adaptive_partitioning_enable": True,
        "partitioner_availability_timeout_ms": 0,
        "partitioner_rack_aware": False,
        "interceptors": (),
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
        "ssl_truststore_location": None,
        "ssl_truststore_certificates": None,
        "ssl_truststore_type": "PEM",  # Kafka has JKS, which is Java's own
        "ssl_keystore_location": None,
        "ssl_keystore_certificate_chain": None,
        "ssl_keystore_key": None,
        "ssl_keystore_type": "PEM",
        "ssl_key_password": None,
        "ssl_endpoint_identification_algorithm": "https",
        "ssl_protocol": "TLSv1.3",
        "ssl_enabled_protocols": ("TLSv1.2", "TLSv1.3"),
        "ssl_cipher_suites": (),
        "sasl_mechanism": "GSSAPI",
        "sasl_username": None,
        "sasl_password": None,
        "sasl_scram_tokenauth": False,
        "sasl_oauthbearer_token": None,
        "sasl_oauthbearer_token_endpoint_url": None,
        "sasl_oauthbearer_ssl_context": None,
        "sasl_oauthbearer_client_credentials_client_id": None,
        "sasl_oauthbearer_client_credentials_client_secret": None,
        "sasl_oauthbearer_header_urlencode": False,
        "sasl_oauthbearer_scope": None,
        "sasl_oauthbearer_assertion_file": None,
        "sasl_oauthbearer_assertion_private_key_file": None,
        "sasl_oauthbearer_assertion_private_key_passphrase": None,
        "sasl_oauthbearer_assertion_algorithm": "RS256",
        "sasl_oauthbearer_assertion_template_file": None,
        "sasl_oauthbearer_assertion_claim_aud": None,
        "sasl_oauthbearer_assertion_claim_iss": None,
        "sasl_oauthbearer_assertion_claim_sub": None,
        "sasl_oauthbearer_assertion_claim_exp_seconds": 300,
        "sasl_oauthbearer_assertion_claim_nbf_seconds": 60,
        "sasl_oauthbearer_assertion_claim_jti_include": False,
        "sasl_oauthbearer_scope_claim_name": "scope",
        "sasl_oauthbearer_sub_claim_name": "sub",
        "sasl_oauthbearer_extensions": None,
        "sasl_login_connect_timeout_ms": None,
        "sasl_login_read_timeout_ms": None,
        "sasl_login_retry_backoff_ms": 100,
        "sasl_login_retry_backoff_max_ms": 10_000,
        "sasl_login_refresh_window_factor": 0.8,
        "sasl_login_refresh_window_jitter": 0.05,
        "sasl_login_refresh_min_period_seconds": 60,
        "sasl_login_refresh_buffer_seconds": 300,
    }


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse().linger_ms = 7  # type: ignore[misc]


# Spellings...


@pytest.mark.parametrize(
    "config",
    [
        ProducerConfig.parse({"bootstrap.servers": SERVER, "linger.ms": 7}),
        ProducerConfig.parse({"bootstrap_servers": SERVER, "linger_ms": 7}),
        ProducerConfig.parse(bootstrap_servers=SERVER, linger_ms=7),
        ProducerConfig.parse({"bootstrap.servers": SERVER}, linger_ms=7),
        ProducerConfig.parse(**{"bootstrap.servers": SERVER, "linger.ms": 7}),
    ],
)
def test_both_spellings_work_in_a_mapping_and_as_keywords(config: ProducerConfig) -> None:
    assert (config.bootstrap_servers, config.linger_ms) == (("localhost:9092",), 7)


def test_an_option_given_twice_is_refused() -> None:
    assert refusal({"linger.ms": 1, "linger_ms": 1}) == "linger.ms and linger_ms are the same option: give it once"
    assert "give it once" in refusal({"acks": 1}, acks=1)


def test_the_callers_mapping_is_left_alone() -> None:
    mapping = {"bootstrap.servers": SERVER, "linger.ms": "7"}
    ProducerConfig.parse(mapping)
    assert mapping == {"bootstrap.servers": SERVER, "linger.ms": "7"}


def test_a_mixed_spelling_is_unknown() -> None:
    assert "did you mean max.block.ms" in refusal({"max.block_ms": 1})


# Text from a properties file...


def test_text_becomes_a_number_or_a_flag_under_kafkas_spelling() -> None:
    config = ProducerConfig.parse(
        {"bootstrap.servers": SERVER, "linger.ms": " 7 ", "partitioner.ignore.keys": "TRUE", "retries": "3"}
    )
    assert (config.linger_ms, config.partitioner_ignore_keys, config.retries) == (7, True, 3)


@pytest.mark.parametrize("written", ["7.5", "seven", "", "1_000", "0x10", "٣"])
def test_text_that_is_no_number_is_refused(written: str) -> None:
    assert refusal({"linger.ms": written}).startswith(f"linger.ms={written!r} is not allowed")


@pytest.mark.parametrize("option", [{"linger_ms": "7"}, {"retries": "7"}, {"partitioner_ignore_keys": "true"}])
def test_text_is_no_number_or_flag_under_pythons_spelling(option: dict[str, str]) -> None:
    assert "is not allowed; it must be" in refusal(None, **option)


# Values...


@pytest.mark.parametrize(
    ("written", "stands_for"), [(0, 0), (1, 1), (-1, -1), ("0", 0), ("1", 1), ("-1", -1), ("all", -1)]
)
def test_acks_in_all_of_its_spellings(written: object, stands_for: int) -> None:
    assert parse(acks=written).acks == stands_for


@pytest.mark.parametrize("written", [2, -2, "most", True, None, 1.0])
def test_other_acks_are_refused(written: object) -> None:
    assert refusal(acks=written) == f"acks={written!r} is not allowed; it must be 0, 1 or 'all'"


@pytest.mark.parametrize(
    "written",
    [
        "one:9092,two:9093",
        " one:9092 , two:9093, ",
        ["one:9092", "two:9093"],
        ("one:9092", "two:9093"),
    ],
)
def test_servers_as_text_or_as_a_list(written: object) -> None:
    assert ProducerConfig.parse(bootstrap_servers=written).bootstrap_servers == ("one:9092", "two:9093")


def test_servers_by_ip_address() -> None:
    written = "127.0.0.1:9092,[::1]:9092,[fe80::1%eth0]:9092,PLAINTEXT://127.0.0.1:9093"
    assert ProducerConfig.parse(bootstrap_servers=written).bootstrap_servers == tuple(written.split(","))


@pytest.mark.parametrize("written", ["localhost", "localhost:", ":9092", "a b:1", "http://h:1"])
def test_a_server_that_is_no_address_is_refused_with_the_address(written: str) -> None:
    message = refusal(bootstrap_servers=["fine:9092", written])
    assert f"is not of the form host:port in {written!r}" in message
    assert "'localhost:9092'" in message


@pytest.mark.parametrize("port", [0, 65_536, 99_999])
def test_a_port_that_cannot_be_is_refused_with_those_that_can(port: int) -> None:
    message = refusal(bootstrap_servers=f"fine:9092,host:{port}")
    assert f"has the port {port} in 'host:{port}', and a port is a number from 1 to 65535" in message


def test_an_address_that_is_all_there_is_is_named_once() -> None:
    assert refusal(bootstrap_servers="broker").count("'broker'") == 1
    assert refusal(bootstrap_servers="broker:99999").count("'broker:99999'") == 1


@pytest.mark.parametrize("written", ["", " , ", [], ()])
def test_no_server_at_all_is_refused(written: object) -> None:
    assert "names no server" in refusal(bootstrap_servers=written)


def test_a_config_without_servers_is_refused() -> None:
    assert refusal().startswith("bootstrap.servers is missing")


@pytest.mark.parametrize(
    ("option", "value", "allowed"),
    [
        ("retries", -1, "a whole number from 0 to 2147483647"),
        ("linger_ms", 2.5, "a whole number of milliseconds from 0 to 9223372036854775807"),
        ("linger_ms", True, "a whole number of milliseconds from 0 to 9223372036854775807"),
        ("batch_size", None, "a whole number of bytes from 0 to 2147483647"),
        ("request_timeout_ms", 2**31, "a whole number of milliseconds from 0 to 2147483647"),
        ("max_in_flight_requests_per_connection", 0, "a whole number from 1 to 2147483647"),
        ("metadata_max_idle_ms", 4_999, "a whole number of milliseconds from 5000 to 9223372036854775807"),
        ("send_buffer_bytes", -2, "a whole number of bytes from -1 to 2147483647"),
        ("client_id", 7, "text"),
        ("partitioner_ignore_keys", 1, "True or False"),
        ("partitioner", "round robin", "a function that chooses a partition, or None"),
        ("key_serializer", "org.apache.kafka.StringSerializer", "a function that turns a key into bytes, or None"),
        ("compression_type", "brotli", "'none', 'gzip', 'snappy', 'lz4' or 'zstd'"),
        ("compression_gzip_level", 0, "a whole number from 1 to 9, or -1"),
        ("compression_lz4_level", 18, "a whole number from 1 to 17"),
        ("compression_zstd_level", 23, "a whole number from -131072 to 22"),
        ("security_protocol", "TLS", "'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'"),
    ],
)
def test_a_refusal_names_option_value_and_what_is_allowed(option: str, value: object, allowed: str) -> None:
    assert refusal(**{option: value}) == f"{option}={value!r} is not allowed; it must be {allowed}"


def test_what_is_supported_may_be_said() -> None:
    config = ProducerConfig.parse(
        {"bootstrap.servers": SERVER, "compression.type": "none", "enable.idempotence": "false"},
        security_protocol="PLAINTEXT",
    )
    assert (config.compression_type, config.enable_idempotence, config.security_protocol) == (
        "none",
        False,
        "PLAINTEXT",
    )


def test_functions_are_kept_as_they_are() -> None:
    config = parse(key_serializer=str.encode, partitioner=max)
    assert config.key_serializer == str.encode
    assert config.partitioner is max


def test_an_idle_limit_of_minus_one_is_never() -> None:
    assert parse(connections_max_idle_ms=-1).connections_max_idle_ms == NEVER


# Unknown options...


def test_an_unknown_option_is_refused_with_its_value_and_the_nearest_names() -> None:
    message = refusal(linger_msec=5)
    assert message.startswith("linger_msec=5: there is no such option; did you mean linger.ms")


def test_an_option_like_no_other_is_refused_too() -> None:
    assert refusal(zzz=1) == "zzz=1: there is no such option; config.OPTIONS lists them all"


def test_a_two_phase_commit_takes_no_timeout_and_a_name() -> None:
    both = {"transaction_two_phase_commit_enable": True, "transactional_id": "t"}
    assert parse(**both).transaction_two_phase_commit_enable
    assert refusal({"bootstrap.servers": SERVER}, **both, transaction_timeout_ms=60_000) == (
        "transaction.timeout.ms cannot be set with transaction.two.phase.commit.enable=True: such a transaction never "
        "times out"
    )
    assert refusal({"bootstrap.servers": SERVER}, transaction_two_phase_commit_enable=True) == (
        "transaction.two.phase.commit.enable=True needs a transactional.id"
    )


def test_who_prefers_what_is_near_has_to_say_where_it_is() -> None:
    assert parse(partitioner_rack_aware=True, client_rack="Vienna").partitioner_rack_aware
    for nowhere in ("", "  "):
        assert refusal({"bootstrap.servers": SERVER}, partitioner_rack_aware=True, client_rack=nowhere) == (
            "partitioner.rack.aware=True needs client.rack, the rack that the producer stands in"
        )


@pytest.mark.parametrize(("option", "instead"), INSTEAD.items())
def test_an_option_that_has_no_place_here_is_refused_with_what_to_do_instead(option: str, instead: str) -> None:
    for spelling in (option, option.replace(".", "_")):
        assert refusal({spelling: "t"}) == f"{spelling}='t': {instead}"


def test_a_partitioner_class_is_pointed_to_partitioner() -> None:
    assert "hand a function in as partitioner" in refusal({"partitioner.class": "org.example.Mine"})


@pytest.mark.parametrize("option", ["sasl.jaas.config", "ssl.keystore.password", "sasl_plain_password", "my_secret"])
def test_a_refusal_never_repeats_a_secret(option: str) -> None:
    message = refusal({option: "open sesame"})
    assert message.startswith(f"{option}=[hidden]")
    assert "sesame" not in message


@pytest.mark.parametrize("mapping", [SERVER, ["bootstrap.servers"], 7])
def test_what_is_no_mapping_is_refused(mapping: object) -> None:
    assert "options come as a mapping" in refusal(mapping)


def test_an_option_without_a_name_is_refused() -> None:
    assert "7 is not an option" in refusal({7: 7})


# Options that depend on each other...


@pytest.mark.behaviour(189)
def test_a_delivery_timeout_too_short_for_one_request_is_refused() -> None:
    message = refusal(bootstrap_servers=SERVER, delivery_timeout_ms=30_000, linger_ms=1, request_timeout_ms=30_000)
    assert message == "delivery.timeout.ms=30000 is less than linger.ms=1 and request.timeout.ms=30000 together"


@pytest.mark.behaviour(189)
def test_a_default_delivery_timeout_grows_with_the_request_timeout(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        config = parse(request_timeout_ms=200_000, linger_ms=10)
    assert config.delivery_timeout_ms == 200_010
    assert "delivery.timeout.ms is raised to 200010" in caplog.text


@pytest.mark.behaviour(134)
def test_a_lingering_for_ever_does_not_overflow_the_delivery_timeout() -> None:
    assert parse(linger_ms=2**62).delivery_timeout_ms == 2**31 - 1


def test_a_reconnect_pause_alone_is_the_longest_pause_too() -> None:
    assert parse(reconnect_backoff_ms=5_000).reconnect_backoff_max_ms == 5_000
    assert parse(reconnect_backoff_ms=5, reconnect_backoff_max_ms=50).reconnect_backoff_max_ms == 50


# Idempotence and transactions...


@pytest.mark.parametrize("option", [{"acks": 1}, {"acks": 0}, {"retries": 0}], ids=str)
def test_idempotence_is_off_where_nobody_asked_for_it_and_it_cannot_be(option: dict[str, object]) -> None:
    assert parse(**option).enable_idempotence is False


@pytest.mark.parametrize("option", [{"acks": 1}, {"acks": 0}, {"retries": 0}], ids=str)
def test_idempotence_that_was_asked_for_and_cannot_be_is_refused(option: dict[str, object]) -> None:
    [(name, value)] = option.items()
    assert refusal(bootstrap_servers=SERVER, enable_idempotence=True, **option) == (
        f"enable.idempotence=True needs acks=all and retries above 0, so not {name}={value}"
    )


def test_idempotence_allows_five_requests_under_way() -> None:
    assert parse(max_in_flight_requests_per_connection=5).enable_idempotence
    assert "is more than the 5 that idempotence allows" in refusal(
        bootstrap_servers=SERVER, max_in_flight_requests_per_connection=6
    )
    assert parse(max_in_flight_requests_per_connection=6, enable_idempotence=False)
    assert parse(max_in_flight_requests_per_connection=6, acks=1).enable_idempotence is False


@pytest.mark.parametrize("spelling", ["transactional.id", "transactional_id"])
def test_a_transactional_id_needs_idempotence(spelling: str) -> None:
    assert parse(**{spelling: "till 3"}).transactional_id == "till 3"
    assert "'till 3' needs enable.idempotence=True" in refusal(
        bootstrap_servers=SERVER, enable_idempotence=False, **{spelling: "till 3"}
    )
    assert "which acks=1 rules out" in refusal(bootstrap_servers=SERVER, acks=1, **{spelling: "till 3"})
    assert "a name, or None" in refusal(bootstrap_servers=SERVER, **{spelling: ""})
