"""Who we are to the cluster: a producer id and an epoch; and how the next epoch comes about.

Under a new epoch the numbers of all partitions begin anew. There are three ways to one:

- A merely idempotent producer takes the next number by itself (KIP-360).
- In the first transaction protocol the epoch stays, from transaction to transaction. Only where numbers were lost is
  the coordinator asked for the next one, once the transaction is over.
- In the second protocol (KIP-890) every transaction has an epoch of its own: the answer to EndTxn brings the next one.
  A batch that was delayed on its way can so never get into a transaction that came after its own.

Which protocol it is, the cluster says: the feature `transaction.version`. It is looked at when a producer begins and
when a transaction ends, so that no transaction is of both.

Java: org.apache.kafka.clients.producer.internals.TransactionManager
"""

import logging
import threading

from kafka_nio.client.finalized_features import TRANSACTION_VERSION, FinalizedFeatures
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.sequence_numbers import NOBODY, ProducerIdAndEpoch, TxnPartitionMap
from kafka_nio.producer.transaction_state import Event, TransactionState

log = logging.getLogger(__name__)

LAST_EPOCH = 2**15 - 1
"""After it comes a new producer id."""

TRANSACTION_V2 = 2


class ProducerIdentity:
    """The part of the transaction manager that says who we are.

    Args:
        transactional_id: the name under which the next one of us is recognized; None for a merely idempotent producer.
        features: what the cluster has agreed to use.
        io_thread: which thread is the sender's.
    """

    def __init__(self, transactional_id: str | None, features: FinalizedFeatures, io_thread: IoThread) -> None:
        self.transactional_id = transactional_id
        self.is_transactional = transactional_id is not None  # asked twice a record, so it is no property
        """Whether batches are sent in transactions only."""
        self._features = features
        # guarded by the lock:
        self.lock = threading.RLock()
        self.state = TransactionState(io_thread)
        self.producer: ProducerIdAndEpoch = NOBODY
        self.epoch_bump_required = False
        """Whether the numbers must begin anew under another epoch, once the transaction is over."""
        self.is_transaction_v2_enabled = False
        """Whether transactions are of the second protocol."""
        self._features_epoch = -1
        # belongs to the sender's thread:
        self.partitions = TxnPartitionMap()
        self.can_bump_epoch = transactional_id is None
        """Whether the next epoch can be asked for (KIP-360)."""

    @property
    def name(self) -> str:
        """Who we are, in the words of an error message."""
        name = f" {self.transactional_id!r}" if self.is_transactional else ""
        return f"the producer{name} ({self.producer})"

    @property
    def can_handle_abortable_error(self) -> bool:
        """Whether an abort mends lost numbers. If not, most errors are fatal."""
        return self.can_bump_epoch or self.is_transaction_v2_enabled

    @property
    def must_ask_for_next_epoch(self) -> bool:
        """Whether the abort that mends lost numbers brings no new epoch by itself. Java: needToTriggerEpochBump…"""
        return self.can_bump_epoch and not self.is_transaction_v2_enabled

    def maybe_update_transaction_v2_enabled(self, *, on_initialization: bool) -> None:
        """Look which protocol the cluster wants.

        Who changes over to the second one while it is at work needs a new epoch first: the old one may have been used
        in a transaction without one of its own.
        """
        with self.lock:
            newest = self._features.newest
            if newest.epoch <= self._features_epoch:
                return
            was_enabled, self._features_epoch = self.is_transaction_v2_enabled, newest.epoch
            self.is_transaction_v2_enabled = newest.level(TRANSACTION_VERSION) >= TRANSACTION_V2
            if self.is_transaction_v2_enabled and not was_enabled and not on_initialization:
                self.epoch_bump_required = True

    def begin_epoch(self, producer: ProducerIdAndEpoch) -> None:
        """Number from now on under this id and epoch, from 0 on in every partition."""
        log.info("The numbers begin anew under %s", producer)
        self.producer = producer
        self.partitions.reset()

    def bump_idempotent_epoch(self) -> None:
        """Take the next epoch. Without transactions nobody must be asked for it; after the last one comes a new id."""
        with self.lock:
            self.epoch_bump_required = False
            if self.producer.epoch < LAST_EPOCH:
                self.producer = self.producer._replace(epoch=self.producer.epoch + 1)
                log.info("The numbers begin anew under %s", self.producer)
            else:
                self.producer = NOBODY
                self.state.transition_to(Event.GIVE_ID_UP)
