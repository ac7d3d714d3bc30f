"""Interceptors: objects that see each record as it is sent and as it is answered.

    class Counting(ProducerInterceptor):
        def on_acknowledgement(self, metadata, error):
            ...

    producer = KafkaProducer(bootstrap_servers="localhost:9092", interceptors=[Counting()])

They are called one after another in the order of the list. `on_send` may hand on another record than it was given, and
the next interceptor gets that one. What an interceptor raises is logged and harms nobody: the chain goes on with the
last record that came out well.

Java: org.apache.kafka.clients.producer.ProducerInterceptor and internals.ProducerInterceptors
"""

import logging
from collections.abc import Callable, Sequence

from kafka_nio.errors import KafkaError
from kafka_nio.option_kinds import Interceptor
from kafka_nio.producer.futures import FutureRecordMetadata
from kafka_nio.producer.producer_record import UNKNOWN_PARTITION, Callback, ProducerRecord, RecordMetadata, call_back

log = logging.getLogger(__name__)


class ProducerInterceptor:
    """A base for your own interceptors, which does nothing: override what you need."""

    def on_send(self, record: ProducerRecord) -> ProducerRecord:
        """See a record before anything is done with it, on the thread that sends it; return it, or another one."""
        return record

    def on_acknowledgement(self, metadata: RecordMetadata, error: Exception | None) -> None:
        """See the outcome of a record, before its callback does. Mostly on the producer's own thread, so be quick.

        Args:
            metadata: where the record has gone. With an error a placeholder; its partition is -1 if none was chosen.
            error: why the record was not written, or None.
        """

    def close(self) -> None:
        """The producer is closed; free what you hold."""


class ProducerInterceptors:
    """The interceptors of one producer."""

    def __init__(self, interceptors: Sequence[Interceptor]) -> None:
        self._interceptors = interceptors

    @classmethod
    def of(cls, interceptors: Sequence[Interceptor]) -> "ProducerInterceptors | None":
        """None if there are none, so that a `send` without any need not ask."""
        return cls(interceptors) if interceptors else None

    def send(
        self,
        record: ProducerRecord,
        callback: Callback | None,
        do_send: Callable[..., FutureRecordMetadata],
    ) -> FutureRecordMetadata:
        """Send what the interceptors make of a record, and let them see its outcome before the callback does."""
        record = self.on_send(record)
        try:
            return do_send(*record.fields(), self.before(callback))
        except Exception as error:
            self.on_send_error(record, error)
            raise

    def on_send(self, record: ProducerRecord) -> ProducerRecord:
        """Let each interceptor see the record, and perhaps change it."""
        for interceptor in self._interceptors:
            try:
                changed = interceptor.on_send(record)
            except Exception:
                log.exception("%r raised in on_send; the record goes on as it was", interceptor)
            else:
                if isinstance(changed, ProducerRecord):
                    record = changed
                else:
                    log.error("%r returned no ProducerRecord in on_send; the record goes on as it was", interceptor)
        return record

    def on_acknowledgement(self, metadata: RecordMetadata, error: Exception | None) -> None:
        """Let each interceptor see the outcome of a record."""
        for interceptor in self._interceptors:
            try:
                interceptor.on_acknowledgement(metadata, error)
            except Exception:
                log.exception("%r raised in on_acknowledgement; it is ignored", interceptor)

    def on_send_error(self, record: ProducerRecord, error: Exception) -> None:
        """Let each interceptor see that a record was refused at once, by an exception out of `send`."""
        partition = UNKNOWN_PARTITION if record.partition is None else record.partition
        self.on_acknowledgement(RecordMetadata(record.topic, partition), error)

    def before(self, callback: Callback | None) -> Callback:
        """A callback that calls the interceptors first, and then this one."""

        def acknowledge(metadata: RecordMetadata, error: KafkaError | None) -> None:
            self.on_acknowledgement(metadata, error)
            if callback is not None:
                call_back(callback, metadata, error)

        return acknowledge

    def close(self) -> None:
        """Close each of them, whatever the others raise."""
        for interceptor in self._interceptors:
            _try(interceptor.close)


def _try(close: Callable[[], object]) -> None:
    try:
        close()
    except Exception:
        log.exception("An interceptor raised in close; it is ignored")
