"""The table of Kafka's error codes, and whose fault each kind of error is."""

import kafka.errors
import pytest

from kafka_nio import errors
from kafka_nio.errors import (
    BY_CODE,
    ApiError,
    BootstrapResolutionError,
    ConfigError,
    IllegalStateError,
    KafkaError,
    KafkaTimeoutError,
    NotLeaderOrFollowerError,
    ProtocolError,
    SerializationError,
    UnknownServerError,
    error_for,
)


def test_a_code_becomes_its_error() -> None:
    error = error_for(6)
    assert isinstance(error, NotLeaderOrFollowerError)
    assert str(error) == "The broker is not the leader of this partition any more."


def test_code_0_is_no_error() -> None:
    assert error_for(0) is None


def test_a_brokers_own_words_go_before_ours() -> None:
    assert str(error_for(87, "record 3 has no key")) == "record 3 has no key"


def test_a_brokers_words_clear_no_terminal_and_forge_no_line_of_a_log() -> None:
    assert str(error_for(87, "no key\x1b[2J\nWARNING all is lost\0")) == r"no key\x1b[2J\nWARNING all is lost\x00"
    assert str(error_for(87, "größer als 日本")) == "größer als 日本"


def test_a_brokers_words_are_cut_where_they_are_too_many() -> None:
    assert str(error_for(87, "a" * 3_000_000)) == "a" * 1_000 + "… (2,999,000 characters more)"


def test_a_code_that_is_not_in_the_table_is_named() -> None:
    error = error_for(12345)
    assert isinstance(error, UnknownServerError)
    assert str(error) == "The broker answered with error code 12345."


def test_code_minus_1_is_what_a_broker_says_when_it_has_no_code() -> None:
    error = error_for(-1)
    assert isinstance(error, UnknownServerError)
    assert str(error) == UnknownServerError.sentence


def test_each_code_is_one_class_with_a_sentence_of_its_own() -> None:
    for code, error in BY_CODE.items():
        assert error.code == code
        assert "sentence" in vars(error), error.__name__
        assert error.sentence.endswith(".")
    assert len({error.sentence for error in BY_CODE.values()}) == len(BY_CODE)


def test_whoever_refreshes_metadata_tries_again() -> None:
    for error in BY_CODE.values():
        assert error.retriable or not error.refreshes_metadata, error.__name__


def test_every_code_that_kafka_has_is_an_error() -> None:
    assert sorted(BY_CODE) == list(range(1, 137))


def test_a_code_that_producers_do_not_meet_is_an_error_as_well() -> None:
    error = error_for(22)
    assert type(error).__name__ == "IllegalGenerationError"
    assert str(error) == "The group has moved on to another generation."


def test_after_a_fatal_error_no_second_attempt_helps() -> None:
    fatal = {code for code, error in BY_CODE.items() if error.fatal}
    # Java: TransactionManager.maybeTransitionToErrorState, and every AuthenticationException
    assert fatal == {31, 33, 34, 35, 53, 58, 90}
    assert not any(BY_CODE[code].retriable for code in fatal)


LAST_CODE_OF_KAFKA_PYTHON = 127


@pytest.mark.parametrize("code", range(1, LAST_CODE_OF_KAFKA_PYTHON + 1))
def test_another_client_agrees_on_what_to_do_about_a_code(code: int) -> None:
    ours, theirs = BY_CODE[code], kafka.errors.for_code(code)
    agreed = (theirs.retriable, theirs.invalid_metadata)
    # Where kafka-python differs we follow Java: CorruptRecordException is a RetriableException, and
    # UnknownLeaderEpochException is one without being an InvalidMetadataException.
    expected = {2: (True, False), 75: (True, False)}.get(code, agreed)
    assert (ours.retriable, ours.refreshes_metadata) == expected


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (ConfigError, ValueError),
        (IllegalStateError, RuntimeError),
        (SerializationError, TypeError),
        (KafkaTimeoutError, TimeoutError),
    ],
)
def test_an_error_is_caught_by_pythons_name_for_it_too(error: type[KafkaError], builtin: type[Exception]) -> None:
    assert issubclass(error, builtin)


def test_the_callers_mistakes_the_brokers_answers_and_foreign_bytes_are_apart() -> None:
    families = (ConfigError, BootstrapResolutionError, IllegalStateError, SerializationError, ApiError, ProtocolError)
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, KafkaError) and error is not KafkaError:
            assert sum(issubclass(error, family) for family in families) == 1, error.__name__
