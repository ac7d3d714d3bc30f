"""A program that writes one transaction after the other, and says how far it is. Its parent kills it.

    python -m tests.faults.teller SERVERS TOPIC TRANSACTIONAL_ID FIRST COUNT

Every fourth transaction is aborted once all of it is written. The rest is committed.
"""

import sys

from kafka_nio.errors import KafkaError
from kafka_nio.producer import KafkaProducer

PARTITIONS = 6
RECORDS = 12
"""Of each transaction; half of them have arrived before the others are sent."""


def value_of(transaction: int, index: int) -> bytes:
    """The value of one record."""
    return b"%06d:%02d" % (transaction, index)


def is_to_be_aborted(transaction: int) -> bool:
    """Which of them are."""
    return transaction % 4 == 3


def say(word: str, transaction: int) -> None:
    """A line for the parent, which is to have it even if these are the last words."""
    print(word, transaction, flush=True)


def tell(producer: KafkaProducer, topic: str, transaction: int) -> None:
    """One transaction, from its beginning to its end."""
    producer.begin_transaction()
    say("begun", transaction)
    for index in range(RECORDS):
        if index == RECORDS // 2:
            producer.flush()
        producer.send(topic, value_of(transaction, index), partition=index % PARTITIONS)
    producer.flush()
    say("written", transaction)
    if is_to_be_aborted(transaction):
        producer.abort_transaction()
        say("aborted", transaction)
    else:
        producer.commit_transaction()
        say("committed", transaction)


def main(servers: str, topic: str, transactional_id: str, first: int, count: int) -> None:
    """As many transactions; one that fails is aborted, and the next one follows."""
    with KafkaProducer(bootstrap_servers=servers, transactional_id=transactional_id, linger_ms=5) as producer:
        producer.init_transactions()
        for transaction in range(first, first + count):
            try:
                tell(producer, topic, transaction)
            except KafkaError as error:
                if error.fatal:
                    raise
                print(f"transaction {transaction} failed: {type(error).__name__}: {error}", file=sys.stderr, flush=True)
                producer.abort_transaction()
                say("aborted", transaction)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]))
