"""The names we write out are those of OpenTelemetry's package, and Kafka's."""

import inspect

import pytest
from opentelemetry.metrics import NoOpMeter
from opentelemetry.semconv._incubating.attributes import messaging_attributes
from opentelemetry.semconv._incubating.metrics import messaging_metrics
from opentelemetry.semconv.attributes import error_attributes, server_attributes
from opentelemetry.semconv.schemas import Schemas

from kafka_nio import errors
from kafka_nio.errors import BY_CODE, UnknownServerError
from kafka_nio.tracing.live import client_metrics, conventions
from kafka_nio.tracing.live.conventions import error_type


def test_the_names_are_those_of_the_conventions() -> None:
    theirs = {
        value
        for module in (messaging_attributes, error_attributes, server_attributes)
        for name, value in vars(module).items()
        if name.isupper()
    }
    ours = {
        value for name, value in vars(conventions).items() if name.isupper() and isinstance(value, str) and "." in value
    }
    assert ours - theirs == {conventions.SCHEMA_URL}
    assert conventions.SCHEMA_URL in {schema.value for schema in Schemas}


def test_the_metrics_are_those_of_the_conventions() -> None:
    class Noting(NoOpMeter):
        def create_counter(self, name, unit="", description="", **options):  # type: ignore[no-untyped-def]
            noted.add((name, unit, description))

        def create_histogram(self, name, unit="", description="", **options):  # type: ignore[no-untyped-def]
            noted.add((name, unit, description))

    noted: set[tuple[str, str, str]] = set()
    client_metrics.ClientMetrics(Noting("ours"))
    ours = set(noted)
    noted.clear()
    messaging_metrics.create_messaging_client_operation_duration(Noting("theirs"))
    messaging_metrics.create_messaging_client_sent_messages(Noting("theirs"))
    assert ours == noted


@pytest.mark.parametrize(
    ("code", "name"),
    [
        (2, "CORRUPT_MESSAGE"),
        (3, "UNKNOWN_TOPIC_OR_PARTITION"),
        (6, "NOT_LEADER_OR_FOLLOWER"),
        (10, "MESSAGE_TOO_LARGE"),
        (13, "NETWORK_EXCEPTION"),
        (17, "INVALID_TOPIC_EXCEPTION"),
        (20, "NOT_ENOUGH_REPLICAS_AFTER_APPEND"),
        (45, "OUT_OF_ORDER_SEQUENCE_NUMBER"),
        (46, "DUPLICATE_SEQUENCE_NUMBER"),
        (49, "INVALID_PRODUCER_ID_MAPPING"),
        (50, "INVALID_TRANSACTION_TIMEOUT"),
        (53, "TRANSACTIONAL_ID_AUTHORIZATION_FAILED"),
        (56, "KAFKA_STORAGE_ERROR"),
        (58, "SASL_AUTHENTICATION_FAILED"),
        (100, "UNKNOWN_TOPIC_ID"),
    ],
)
def test_an_error_with_a_code_goes_by_kafkas_name(code: int, name: str) -> None:
    assert error_type(BY_CODE[code]()) == name


def test_an_error_that_the_broker_does_not_explain_has_a_code_as_well() -> None:
    assert error_type(UnknownServerError()) == "UNKNOWN_SERVER_ERROR"


def test_every_error_without_a_code_goes_by_the_name_of_its_class() -> None:
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.KafkaError) and getattr(kind, "code", -1) == -1 and kind is not UnknownServerError:
            assert error_type(kind("why")) == f"kafka_nio.errors.{name}"
    assert error_type(ZeroDivisionError()) == "ZeroDivisionError"
