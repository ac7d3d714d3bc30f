"""What `send` does before it returns: know the topic, make bytes, choose a partition, append, wake the sender."""

import logging
from collections.abc import Callable

import pytest

from kafka_nio.cluster import Cluster
from kafka_nio.errors import (
    BufferExhaustedError,
    ConfigError,
    IllegalStateError,
    InvalidTopicError,
    KafkaTimeoutError,
    LeaderNotAvailableError,
    RecordTooLargeError,
    SerializationError,
    TopicAuthorizationFailedError,
)
from kafka_nio.producer import KafkaProducer, ProducerRecord, RecordMetadata
from kafka_nio.producer.partitioner import partition_for_key
from kafka_nio.protocol.messages import MetadataResponse
from kafka_nio.protocol.messages.metadata import MetadataResponseBroker, MetadataResponseTopic
from tests.producer.parts import NODE_0, Outcomes, metadata_response
from tests.producer.still import StillProducer

Make = Callable[..., StillProducer]


@pytest.fixture
def known(still: Make) -> StillProducer:
    """A producer that knows `orders` and its three partitions."""
    made = still()
    made.learn(NODE_0, NODE_0, NODE_0)
    return made


# A record's way into a batch...


def test_a_record_is_appended_as_it_was_handed_in(known: StillProducer) -> None:
    known.producer.send("orders", b"one coffee", key=b"table 4", partition=2, timestamp_ms=5, headers=[("a", b"b")])
    ((partition, record),) = known.appended()
    assert partition == 2
    assert (record.key, record.value, record.timestamp_ms) == (b"table 4", b"one coffee", 5)
    assert record.headers == (("a", b"b"),)


def test_a_producer_record_says_the_same_as_arguments(known: StillProducer) -> None:
    known.producer.send("orders", b"one coffee", b"table 4", 2, 5, [("a", b"b")])
    known.producer.send(ProducerRecord("orders", b"one coffee", b"table 4", 2, 5, [("a", b"b")]))
    (_, first), (_, second) = known.appended()
    assert (first.key, first.value, first.headers) == (second.key, second.value, second.headers)


def test_a_record_without_a_timestamp_gets_the_time_of_send(known: StillProducer) -> None:
    known.producer.send("orders", b"a", partition=0)
    ((_, record),) = known.appended()
    assert record.timestamp_ms == known.clock.time_ms()


def test_serializers_make_the_bytes(still: Make) -> None:
    made = still(key_serializer=str.encode, value_serializer=lambda number: b"%d" % number)
    made.learn(NODE_0)
    made.producer.send("orders", 42, key="table 4")
    ((_, record),) = made.appended()
    assert (record.key, record.value) == (b"table 4", b"42")


def test_a_new_batch_wakes_the_sender_and_a_record_that_joins_it_does_not(
    known: StillProducer, monkeypatch: pytest.MonkeyPatch
) -> None:
    wakeups: list[str] = []
    monkeypatch.setattr(known.producer._sender, "wakeup", lambda: wakeups.append("woken"))
    known.producer.send("orders", b"a", partition=0)
    assert wakeups == ["woken"]
    known.producer.send("orders", b"b", partition=0)
    assert wakeups == ["woken"]
    known.producer.send("orders", b"x" * 20_000, partition=0)
    assert wakeups == ["woken", "woken"]
    monkeypatch.undo()


# Which partition?


@pytest.mark.behaviour(179)
def test_equal_keys_go_to_the_partition_java_would_choose(known: StillProducer) -> None:
    for number in range(20):
        known.producer.send("orders", b"a", key=b"table %d" % number)
    for partition, record in known.appended():
        assert record.key is not None
        assert partition == partition_for_key(record.key, 3)


@pytest.mark.behaviour(179)
def test_a_key_counts_partitions_without_a_leader(still: Make) -> None:
    made = still()
    made.learn(NODE_0, None, None)
    made.producer.send("orders", b"a", key=b"a-little-bit-long-string")
    assert partition_for_key(b"a-little-bit-long-string", 3) == 2
    assert made.appended() == [], "it waits for its partition's leader"


def test_records_without_a_key_share_a_batch(known: StillProducer) -> None:
    for _ in range(10):
        known.producer.send("orders", b"a")
    assert len({partition for partition, _ in known.appended()}) == 1


def test_keys_can_be_ignored(still: Make) -> None:
    made = still(partitioner_ignore_keys=True)
    made.learn(NODE_0, NODE_0, NODE_0)
    for number in range(20):
        made.producer.send("orders", b"a", key=b"table %d" % number)
    assert len({partition for partition, _ in made.appended()}) == 1


def test_the_callers_partitioner_decides_from_bytes(still: Make) -> None:
    seen = []

    def partitioner(topic: str, key: bytes | None, value: bytes | None, cluster: Cluster) -> int:
        seen.append((topic, key, value, cluster.partition_counts[topic]))
        return 1

    made = still(partitioner=partitioner, key_serializer=str.encode)
    made.learn(NODE_0, NODE_0, NODE_0)
    made.producer.send("orders", b"a", key="table 4")
    assert seen == [("orders", b"table 4", b"a", 3)]
    assert [partition for partition, _ in made.appended()] == [1]


@pytest.mark.behaviour(178)
def test_an_explicit_partition_beats_partitioner_and_key(still: Make) -> None:
    made = still(partitioner=lambda *arguments: 1)
    made.learn(NODE_0, NODE_0, NODE_0)
    made.producer.send("orders", b"a", key=b"foobar", partition=0)
    assert [partition for partition, _ in made.appended()] == [0]


@pytest.mark.behaviour(178)
@pytest.mark.parametrize("chosen", [-1, 3])
def test_a_partitioner_that_chooses_what_does_not_exist_is_named(still: Make, chosen: int) -> None:
    made = still(partitioner=lambda *arguments: chosen)
    made.learn(NODE_0, NODE_0, NODE_0)
    with pytest.raises(ValueError, match=f"chose {chosen} of the 3 partitions of orders"):
        made.producer.send("orders", b"a")


# What is wrong with the call is raised by the call...


@pytest.mark.behaviour(173)
def test_a_value_that_is_not_bytes_is_refused(known: StillProducer) -> None:
    with pytest.raises(SerializationError, match="the value of a record for orders is str"):
        known.producer.send("orders", "one coffee")


@pytest.mark.behaviour(178)
def test_a_negative_partition_or_timestamp_is_refused(known: StillProducer) -> None:
    with pytest.raises(ValueError, match="partition -1 is negative"):
        known.producer.send("orders", b"a", partition=-1)
    with pytest.raises(ValueError, match="timestamp_ms -1 is negative"):
        known.producer.send("orders", b"a", timestamp_ms=-1)


@pytest.mark.parametrize("topic", [None, b"orders", 7])
def test_a_topic_that_is_not_text_is_refused(known: StillProducer, topic: object) -> None:
    with pytest.raises(TypeError, match="a topic is a str"):
        known.producer.send(topic, b"a")


@pytest.mark.behaviour(184)
def test_a_closed_producer_takes_no_record(known: StillProducer) -> None:
    known.producer.close()
    with pytest.raises(IllegalStateError, match="the producer is closed"):
        known.producer.send("orders", b"a")
    with pytest.raises(IllegalStateError, match="the producer is closed"):
        known.producer.partitions_for("orders")


def test_a_refused_call_leaves_nothing_behind(known: StillProducer) -> None:
    with pytest.raises(SerializationError):
        known.producer.send("orders", "one coffee")
    assert known.appended() == []


# What goes wrong with the record goes to its future and its callback...


@pytest.mark.behaviour(173)
def test_a_record_larger_than_a_request_may_be_fails_and_names_the_option(known: StillProducer) -> None:
    outcomes = Outcomes()
    future = known.producer.send("orders", b"x" * 1_048_576, partition=2, callback=outcomes)
    assert future.done()
    with pytest.raises(RecordTooLargeError, match=r"\d\d more than max_request_size=1048576 allows"):
        future.result()
    assert outcomes.metadata == [RecordMetadata("orders", 2)]
    assert outcomes.errors == [future.exception()]


def test_a_record_larger_than_the_memory_fails_and_names_the_option(still: Make) -> None:
    made = still(buffer_memory=50_000)
    made.learn(NODE_0)
    with pytest.raises(RecordTooLargeError, match="buffer_memory=50000 allows"):
        made.producer.send("orders", b"x" * 50_000).result()


@pytest.mark.behaviour(182)
def test_a_record_that_would_compress_well_is_measured_uncompressed(still: Make) -> None:
    made = still(compression_type="gzip")
    made.learn(NODE_0)
    assert isinstance(made.producer.send("orders", bytes(1_048_576)).exception(), RecordTooLargeError)


def test_headers_count_for_the_size_of_a_record(known: StillProducer) -> None:
    future = known.producer.send("orders", b"a", headers=[("big", b"x" * 1_048_576)])
    assert isinstance(future.exception(), RecordTooLargeError)


def test_a_record_of_exactly_the_allowed_size_is_taken(known: StillProducer) -> None:
    # 61 for the batch, 21 for the record, 1 + 3 for the sizes of key and value, 1 for the headers
    room = 1_048_576 - 61 - 21 - 1 - 3 - 1
    assert not known.producer.send("orders", b"x" * room, partition=0).done()
    assert known.producer.send("orders", b"x" * (room + 1), partition=0).done()


@pytest.mark.behaviour(137, 173)
def test_without_memory_a_record_waits_and_then_fails(still: Make) -> None:
    made = still(buffer_memory=16_384, max_block_ms=700)
    made.learn(NODE_0, NODE_0)
    made.producer.send("orders", b"a", partition=0)
    before_ms = made.clock.now_ms()
    future = made.producer.send("orders", b"a", partition=1)
    assert made.clock.now_ms() - before_ms == 700
    with pytest.raises(BufferExhaustedError, match="within 700 ms"):
        future.result()


def test_a_callback_that_raises_for_a_record_that_was_not_taken_is_logged(
    known: StillProducer, caplog: pytest.LogCaptureFixture
) -> None:
    future = known.producer.send("orders", b"x" * 2_000_000, callback=lambda metadata, error: 1 / 0)
    assert future.done()
    assert "ZeroDivisionError" in caplog.text


# Waiting for metadata...


@pytest.mark.behaviour(110)
def test_a_known_topic_is_not_waited_for(known: StillProducer) -> None:
    before_ms = known.clock.now_ms()
    due_ms = known.producer._metadata.time_to_next_update(before_ms)
    known.producer.send("orders", b"a")
    assert known.clock.now_ms() == before_ms
    assert known.producer._metadata.time_to_next_update(before_ms) == due_ms > 0, "nor asked for again"


def test_an_unknown_topic_is_asked_for_and_waited_for(still: Make) -> None:
    made = still()
    made.clock.while_waiting.append(lambda: made.answer(metadata_response(NODE_0)))
    future = made.producer.send("orders", b"a")
    assert not future.done()
    assert len(made.appended()) == 1


@pytest.mark.behaviour(173)
def test_a_topic_that_does_not_turn_up_fails_the_record_and_says_why(still: Make) -> None:
    made = still(max_block_ms=3_000)
    made.producer._metadata.progress.failed("connect to broker-0:9092 failed: Connection refused")
    outcomes = Outcomes()
    future = made.producer.send("orders", b"a", callback=outcomes)
    with pytest.raises(
        KafkaTimeoutError,
        match="Topic orders not present in metadata after 3000 ms: connect to broker-0:9092 failed: Connection refused",
    ):
        future.result()
    assert outcomes.metadata == [RecordMetadata("orders", -1)]


def test_a_partition_that_does_not_exist_is_waited_for_in_case_the_topic_grows(still: Make) -> None:
    made = still(max_block_ms=3_000)
    made.learn(NODE_0)
    made.clock.while_waiting += [
        lambda: made.answer(metadata_response(NODE_0)),
        lambda: made.answer(metadata_response(NODE_0, NODE_0)),
    ]
    made.producer.send("orders", b"a", partition=1)
    assert [partition for partition, _ in made.appended()] == [1]


def test_a_partition_that_never_turns_up_fails_the_record_and_says_how_many_there_are(still: Make) -> None:
    made = still(max_block_ms=3_000)
    made.learn(NODE_0, NODE_0)
    with pytest.raises(
        KafkaTimeoutError, match="Partition 7 of topic orders with 2 partitions not present in metadata after 3000 ms"
    ):
        made.producer.send("orders", b"a", partition=7).result()


def test_answers_that_change_nothing_do_not_prolong_the_wait(still: Make) -> None:
    made = still(max_block_ms=3_000)
    made.learn(NODE_0)

    def same_again() -> None:
        made.clock.sleep(1_000)
        made.answer(metadata_response(NODE_0))

    made.clock.while_waiting += [same_again] * 10
    before_ms = made.clock.now_ms()
    assert isinstance(made.producer.send("orders", b"a", partition=7).exception(), KafkaTimeoutError)
    assert made.clock.now_ms() - before_ms == 3_000


def refused_topic(code: int) -> MetadataResponse:
    return MetadataResponse(
        brokers=[MetadataResponseBroker(0, "broker-0", 9092)],
        topics=[MetadataResponseTopic(error_code=code, name="orders")],
    )


@pytest.mark.behaviour(173)
@pytest.mark.parametrize("error", [InvalidTopicError, TopicAuthorizationFailedError])
def test_a_topic_that_the_cluster_refuses_fails_the_record_at_once(still: Make, error: type[InvalidTopicError]) -> None:
    made = still()
    made.clock.while_waiting.append(lambda: made.answer(refused_topic(error.code)))
    before_ms = made.clock.now_ms()
    assert isinstance(made.producer.send("orders", b"a").exception(), error)
    assert made.clock.now_ms() == before_ms


def test_a_topic_known_to_be_invalid_is_not_asked_for_again(still: Make) -> None:
    made = still()
    made.clock.while_waiting.append(lambda: made.answer(refused_topic(InvalidTopicError.code)))
    made.producer.send("orders", b"a")
    version = made.producer._metadata.update_version
    assert isinstance(made.producer.send("orders", b"a").exception(), InvalidTopicError)
    assert made.producer._metadata.update_version == version


def test_a_topic_whose_error_may_pass_is_waited_for_and_the_error_is_the_cause(still: Make) -> None:
    made = still(max_block_ms=3_000)
    made.clock.while_waiting.append(lambda: made.answer(refused_topic(LeaderNotAvailableError.code)))
    error = made.producer.send("orders", b"a").exception()
    assert isinstance(error, KafkaTimeoutError)
    assert isinstance(error.__cause__, LeaderNotAvailableError)


@pytest.mark.behaviour(174)
def test_time_spent_waiting_for_metadata_is_not_spent_again_on_memory(still: Make) -> None:
    made = still(buffer_memory=16_384, max_block_ms=1_000)
    made.learn(NODE_0)
    made.producer.send("orders", b"a", partition=0)

    def grow_late() -> None:
        made.clock.sleep(600)
        made.answer(metadata_response(NODE_0, NODE_0))

    made.clock.while_waiting.append(grow_late)
    before_ms = made.clock.now_ms()
    assert isinstance(made.producer.send("orders", b"a", partition=1).exception(), BufferExhaustedError)
    assert made.clock.now_ms() - before_ms == 1_000


@pytest.mark.behaviour(109, 184)
def test_closing_ends_the_wait_for_metadata(still: Make) -> None:
    made = still()
    made.clock.while_waiting.append(made.producer._metadata.close)
    with pytest.raises(IllegalStateError):
        made.producer.send("orders", b"a")


@pytest.mark.behaviour(188)
def test_inside_a_callback_nothing_is_waited_for(still: Make) -> None:
    made = still()
    made.producer._io_thread.is_current_from_now_on()
    before_ms = made.clock.now_ms()
    with pytest.raises(KafkaTimeoutError, match="inside a callback, send cannot wait for it"):
        raise made.producer.send("orders", b"a").exception() or AssertionError
    assert made.clock.now_ms() == before_ms
    with pytest.raises(IllegalStateError, match="flush inside a callback"):
        made.producer.flush()


# Asking...


def test_partitions_for_tells_partitions_and_leaders(known: StillProducer) -> None:
    infos = known.producer.partitions_for("orders")
    assert [(info.partition, info.leader) for info in infos] == [(0, NODE_0), (1, NODE_0), (2, NODE_0)]


def test_partitions_for_raises_what_send_would_give_to_the_future(still: Make) -> None:
    with pytest.raises(KafkaTimeoutError):
        still(max_block_ms=10).producer.partitions_for("orders")


def test_metrics_have_kafkas_names(known: StillProducer) -> None:
    known.producer.send("orders", b"a")
    known.producer.send("orders", b"x" * 2_000_000)
    metrics = known.producer.metrics()
    assert metrics["buffer-total-bytes"] == 33_554_432
    assert metrics["buffer-available-bytes"] == 33_554_432 - 16_384
    assert metrics["record-error-total"] == 1
    assert metrics["waiting-threads"] == 0


def test_a_producer_without_a_name_gets_a_number() -> None:
    names = []
    for _ in range(2):
        with KafkaProducer(bootstrap_servers="localhost:1") as producer:
            names.append(producer.client_id)
    first, second = (int(name.removeprefix("producer-")) for name in names)
    assert second == first + 1


def test_a_wrong_option_is_refused_before_any_thread_starts() -> None:
    with pytest.raises(ConfigError, match="linger_sm"):
        KafkaProducer(bootstrap_servers="localhost:1", linger_sm=5)


def test_the_producer_tells_its_state(known: StillProducer, caplog: pytest.LogCaptureFixture) -> None:
    assert repr(known.producer).startswith("<KafkaProducer still: open, <RecordAccumulator: 0 batches queued")
    with caplog.at_level(logging.WARNING):
        known.producer.close()
    assert repr(known.producer).startswith("<KafkaProducer still: closed")


def test_a_negative_close_timeout_is_refused(known: StillProducer) -> None:
    with pytest.raises(ValueError, match="timeout -1 is negative"):
        known.producer.close(-1)
