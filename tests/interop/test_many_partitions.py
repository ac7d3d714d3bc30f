"""Apache Kafka with many partitions and many topics: every one gets its records."""

import uuid

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from tests.endurance.verdict import is_good, of_wide
from tests.endurance.wide import wide
from tests.support.apache_kafka import RunningKafka

PATIENCE_S = 120


@pytest.mark.slow
def test_a_thousand_partitions_get_their_records(apache_kafka: RunningKafka) -> None:
    topic = apache_kafka.create_topic("wide", partitions=1000)
    run = wide(apache_kafka.bootstrap_servers, [topic], partitions=1000, records_each=3)
    assert is_good(of_wide([run])), run


@pytest.mark.slow
def test_a_thousand_topics_get_their_records(apache_kafka: RunningKafka) -> None:
    topics = [f"wide-{uuid.uuid4().hex[:8]}-{number}" for number in range(1000)]
    admin = AdminClient({"bootstrap.servers": apache_kafka.bootstrap_servers})
    for made in admin.create_topics([NewTopic(topic, 1, 1) for topic in topics], request_timeout=PATIENCE_S).values():
        made.result(PATIENCE_S)
    run = wide(apache_kafka.bootstrap_servers, topics, partitions=1, records_each=3)
    assert is_good(of_wide([run])), run
