"""What users of Kafka clients in Python complain of most, and tests that none of it is true here.

Where another test says it already, it is named and not repeated:

 1. "failed to update metadata", and no reason   interop/test_failures, test_kafka_producer (`…and_says_why`)
 2. no broker available, and no cause            interop/test_failures and test_security, test_authentication_failures
 3. records lost when a program ends             test_sender_thread
 4. no context managers                          test_delivery (`leaving_the_block…`), test_async_producer
 5. no asyncio                                   test_async_producer
 6. no type information                          here
 7. a fork hangs                                 test_fork
 8. "queue full", "you must call poll"           here
 9. a batch expires and nobody is told           here; test_drain, test_sender for the reasons
10. no idempotence, no transactions              test_batch_sequences, interop/test_transactions
11. send blocks though it is asynchronous        here; test_kafka_producer (`a_known_topic_is_not_waited_for`)
12. it hangs for ever when the broker is gone    here; interop/test_failures
13. no login by AWS IAM                          client/sasl/test_token_login: its signer returns tokens
14. slow                                         benchmarks
15. another partitioner than Java's              test_partitioner, interop/test_murmur2
16. memory grows                                 here
17. an oversized record vanishes                 here; test_kafka_producer, test_split
18. a full buffer stays full                     test_delivery (`memory_that_was_used_up_can_be_used_again`)
19. no headers                                   test_delivery (`a_record_arrives_where…`), test_argument_checks
20. no zstd, old protocol versions               test_compression, interop/test_compression, protocol/test_messages
21. no batches                                   test_delivery: `send` makes them, with headers and timestamps
22. no wheels for this machine                   here
23. no sticky partitioner                        test_partition_load
24. retries change the order                     here; test_batch_sequences
25. no tracing                                   tracing
"""

import gc
import subprocess
import sys
import time
import typing
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import pytest

import kafka_nio
from kafka_nio.broker import EmbeddedCluster
from kafka_nio.broker.faults import FOR_EVER, Ending, Fault
from kafka_nio.errors import KafkaError, KafkaTimeoutError, NotEnoughReplicasError, RecordTooLargeError
from kafka_nio.producer import FutureRecordMetadata, KafkaProducer, RecordMetadata
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.protocol.api import ApiKey
from tests.support.peers import Behaviour, hangs_up, nobody, peer, says_nothing, speaks_http

LONG_S = 30
SLACK_S = 2
"""For machines with more to do."""


def producer(cluster: EmbeddedCluster, **options: object) -> KafkaProducer:
    return KafkaProducer(bootstrap_servers=cluster.bootstrap_servers, **options)


@contextmanager
def ends_within(limit_s: float) -> Iterator[None]:
    began_s = time.monotonic()
    yield
    assert time.monotonic() - began_s < limit_s + SLACK_S


# 6, 22: what is there before anything is sent...


@pytest.mark.parametrize("name", [name for name in kafka_nio.__all__ if isinstance(getattr(kafka_nio, name), type)])
def test_6_every_method_has_its_types_and_a_type_checker_is_told_so(name: str) -> None:
    assert (files("kafka_nio") / "py.typed").is_file()
    offered = getattr(kafka_nio, name)
    methods = [method for key, method in vars(offered).items() if not key.startswith("_") and callable(method)]
    assert all("return" in typing.get_type_hints(method) for method in methods)


def test_22_nothing_has_to_be_compiled_or_installed_beside_it() -> None:
    program = """
import sys
from kafka_nio import KafkaProducer
KafkaProducer(bootstrap_servers="127.0.0.1:1", compression_type="gzip").close(timeout=0)
assert not [name for name, module in sys.modules.items() if "site-packages" in str(getattr(module, "__file__", ""))]
"""
    root = str(files("kafka_nio").joinpath(".."))
    subprocess.run([sys.executable, "-S", "-c", program], check=True, env={"PYTHONPATH": root}, timeout=60)


# 8, 11, 12, 18: what waits, and for how long...


def test_8_a_full_queue_is_waited_for_and_nobody_has_to_poll(cluster: EmbeddedCluster) -> None:
    called: list[int] = []
    with producer(cluster, buffer_memory=20_000, batch_size=4_000, max_block_ms=LONG_S * 1000) as sending:
        for _ in range(300):
            sending.send("orders", bytes(1_000), callback=lambda metadata, error: called.append(metadata.offset))
    assert len(called) == 300
    assert sum(len(list(cluster.log("orders", partition).records())) for partition in range(3)) == 300


@pytest.mark.parametrize("max_block_ms", [0, 100])
def test_11_send_waits_for_metadata_no_longer_than_it_was_told(max_block_ms: int) -> None:
    with nobody() as address, KafkaProducer(bootstrap_servers=address, max_block_ms=max_block_ms) as sending:
        with ends_within(max_block_ms / 1000):
            future = sending.send("orders", b"a")
        assert isinstance(future.exception(0), KafkaTimeoutError), "the error is the record's, and told at once"


@pytest.mark.parametrize("timeout_s", [0, 0.1])
@pytest.mark.parametrize("behaviour", [says_nothing, hangs_up, speaks_http])
def test_12_closing_ends_in_time_whatever_the_other_end_does(behaviour: Behaviour, timeout_s: float) -> None:
    with peer(behaviour) as address:
        sending = KafkaProducer(bootstrap_servers=address, max_block_ms=50)
        lost = sending.send("orders", b"a")
        with ends_within(timeout_s):
            sending.close(timeout=timeout_s)
    assert lost.done()


def test_12_closing_without_a_limit_ends_with_the_delivery_timeout() -> None:
    with EmbeddedCluster() as cluster:
        sending = producer(cluster, request_timeout_ms=200, delivery_timeout_ms=300)
        sending.partitions_for("orders")
        cluster.close()
        lost = sending.send("orders", b"a")
        with ends_within(0.3):
            sending.close()
    assert isinstance(lost.exception(0), KafkaTimeoutError)


# 9, 17, 24: what becomes of records...


def test_9_an_expired_batch_is_told_to_futures_and_callbacks_and_says_what_it_waited_for(
    cluster: EmbeddedCluster,
) -> None:
    told: list[KafkaError | None] = []
    with producer(cluster, request_timeout_ms=100, delivery_timeout_ms=250) as sending:
        sending.partitions_for("orders")
        cluster.faults.add(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE, times=FOR_EVER))

        def note(metadata: RecordMetadata, error: KafkaError | None) -> None:
            told.append(error)

        futures = [sending.send("orders", b"a", partition=0, callback=note) for _ in range(3)]
        errors = [future.exception(LONG_S) for future in futures]
    assert told == errors
    for error in errors:
        assert isinstance(error, KafkaTimeoutError)
        assert "Expiring 3 record(s) for orders-0" in str(error)


def test_9_a_batch_expires_even_if_no_broker_ever_gave_the_producer_its_id(cluster: EmbeddedCluster) -> None:
    cluster.faults.add(Fault(ApiKey.INIT_PRODUCER_ID, ending=Ending.SILENCE, times=FOR_EVER))
    with producer(cluster, request_timeout_ms=100, delivery_timeout_ms=250) as sending, ends_within(0.25):
        error = sending.send("orders", b"a", partition=0).exception(LONG_S)
    assert isinstance(error, KafkaTimeoutError)
    assert "no broker has answered InitProducerId, so the producer has no id yet" in str(error)


def test_17_each_size_is_sent_or_refused_at_once(cluster: EmbeddedCluster) -> None:
    """A client was known to send records that no request could carry, and to wait for them until they timed out."""
    outcomes = []
    with producer(cluster, max_request_size=2_000, batch_size=0) as sending:
        sending.partitions_for("orders")
        for size in range(1_800, 2_010):
            future = sending.send("orders", bytes(size), partition=0)
            is_refused = future.done() and isinstance(future.exception(), RecordTooLargeError)
            outcomes.append("refused" if is_refused else "sent")
            if not is_refused:
                assert future.result(LONG_S).serialized_value_size == size
    assert outcomes == sorted(outcomes, reverse=True), "from some size on all are refused"
    assert set(outcomes) == {"sent", "refused"}


def test_24_the_order_survives_retries_with_several_requests_on_their_way(cluster: EmbeddedCluster) -> None:
    """The broker checks the numbers of batches. For the first it has nothing to go by, so that one goes alone."""
    with producer(cluster, linger_ms=0, batch_size=200, retry_backoff_ms=5, request_timeout_ms=500) as sending:
        cluster.faults.add(Fault(ApiKey.PRODUCE, error=NotEnoughReplicasError, times=3))
        for ending in (Ending.SILENCE, Ending.RESPONSE_LOST):
            cluster.faults.add(Fault(ApiKey.PRODUCE, ending=ending))
        for number in range(300):
            sending.send("orders", b"%d" % number, partition=0)
    assert [record.value for record in cluster.log("orders", 0).records()] == [b"%d" % number for number in range(300)]


# 16...


def batches_and_futures() -> list[ProducerBatch | FutureRecordMetadata]:
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, ProducerBatch | FutureRecordMetadata)]


def test_16_nothing_is_left_of_records_that_were_delivered(cluster: EmbeddedCluster) -> None:
    of_others = {id(each) for each in batches_and_futures()}
    with producer(cluster, linger_ms=0) as sending:
        for _ in range(20):
            futures = [sending.send("orders", b"a") for _ in range(50)]
            sending.flush(LONG_S)
            assert all(future.done() for future in futures)
        del futures
        assert sending.metrics()["buffer-available-bytes"] == sending.metrics()["buffer-total-bytes"]
        kept = [each for each in batches_and_futures() if id(each) not in of_others]
    assert len(kept) <= 1, "what the producer's thread looked at last"
    assert not [each for each in kept if isinstance(each, FutureRecordMetadata)]
