"""What an application keeps of a transaction that it has prepared, in its own database, to end it after a crash.

Two-phase commit (KIP-939) makes one transaction of Kafka's and a database's. Both are prepared: nothing can fail any
more, and nothing is decided. Then the database commits, and with its own data it writes down which transaction of
Kafka's goes with them. Should the program die in between, the next one asks Kafka which transaction is still open, and
compares: what the database knows is committed, what it does not know is aborted.

    producer.init_transactions(keep_prepared_txn=True)
    producer.complete_transaction(PreparedTxnState.parse(text_from_the_database))

Java: org.apache.kafka.clients.producer.PreparedTxnState
"""

from typing import NamedTuple

from kafka_nio.protocol.record_batch_header import NO_PRODUCER_EPOCH, NO_PRODUCER_ID


class PreparedTxnState(NamedTuple):
    """Under which id and epoch a transaction was written. Without either: no transaction at all."""

    producer_id: int = NO_PRODUCER_ID
    epoch: int = NO_PRODUCER_EPOCH

    @classmethod
    def parse(cls, text: str | None) -> "PreparedTxnState":
        """What `str` has made of one; of an empty text, or None, one without a transaction.

        Raises:
            ValueError: the text is no such thing.
        """
        if not text:
            return cls()
        try:
            producer_id, epoch = map(int, text.split(":"))
        except ValueError:
            raise ValueError(f"{text!r} is no prepared transaction: it takes a producer id, ':' and an epoch") from None
        if (producer_id, epoch) != cls() and (producer_id < 0 or not 0 <= epoch < 2**15):
            raise ValueError(f"{text!r} is no prepared transaction: neither id nor epoch can be negative, or too large")
        return cls(producer_id, epoch)

    @property
    def has_transaction(self) -> bool:
        """Whether there is one."""
        return self.producer_id != NO_PRODUCER_ID

    def __str__(self) -> str:
        return f"{self.producer_id}:{self.epoch}" if self.has_transaction else ""
