"""Whom the client asks for metadata, when, and what it makes of an answer."""

import logging

import pytest

from tests.client.scripted_broker import Conversation, metadata_response


def ask(conversation: Conversation) -> None:
    """The node is ready and has been asked for metadata."""
    conversation.make_ready()
    conversation.clock.sleep(1_000)
    conversation.metadata.request_update()
    conversation.poll()
    conversation.poll()


@pytest.mark.behaviour(95)
def test_while_a_question_is_under_way_there_is_nothing_to_do_for_as_long_as_it_may_take(
    conversation: Conversation,
) -> None:
    ask(conversation)
    assert conversation.client._metadata_updater.maybe_update(conversation.clock.now_ms()) == 30_000


@pytest.mark.behaviour(96)
def test_while_a_node_is_being_connected_to_no_other_connection_is_begun(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation.clock.sleep(1_000)
    conversation.metadata.request_update()
    updater, now_ms = conversation.client._metadata_updater, conversation.clock.now_ms()
    updater.maybe_update(now_ms)
    begun = []
    monkeypatch.setattr(conversation.client, "initiate_connect", lambda *arguments: begun.append(arguments))
    assert updater.maybe_update(now_ms) == 50
    assert begun == []


@pytest.mark.behaviour(83)
def test_a_connection_that_is_lost_while_metadata_is_due_counts_as_a_failed_update(conversation: Conversation) -> None:
    conversation.make_ready()
    conversation.clock.sleep(1_000)
    conversation.metadata.request_update()
    now_ms = conversation.clock.now_ms()
    assert conversation.metadata.time_to_next_update(now_ms) == 0
    conversation.client._metadata_updater.handle_server_disconnect(now_ms)
    assert conversation.metadata.time_to_next_update(now_ms) == 100


@pytest.mark.behaviour(98)
def test_errors_of_single_topics_are_one_warning_and_no_failure(
    conversation: Conversation, caplog: pytest.LogCaptureFixture
) -> None:
    ask(conversation)
    version = conversation.metadata.update_version
    header, _ = conversation.broker.read()
    answer = metadata_response("orders", "bills", port=conversation.broker.port, error_code=3)
    conversation.broker.answer(header, answer)
    with caplog.at_level(logging.WARNING, logger="kafka_nio.client.metadata_updater"):
        conversation.poll()
    assert conversation.metadata.update_version == version + 1
    (warning,) = (record for record in caplog.records if record.name == "kafka_nio.client.metadata_updater")
    assert "orders" in warning.getMessage()
    assert "bills" in warning.getMessage()
