"""A transactional producer made of single requests, for the broker's tests."""

from dataclasses import dataclass

from kafka_nio.protocol.messages import (
    AddOffsetsToTxnRequest,
    AddOffsetsToTxnResponse,
    AddPartitionsToTxnRequest,
    AddPartitionsToTxnResponse,
    AddPartitionsToTxnTopic,
    EndTxnRequest,
    EndTxnResponse,
    InitProducerIdRequest,
    InitProducerIdResponse,
    PartitionProduceResponse,
    ProduceResponse,
    TxnOffsetCommitRequest,
    TxnOffsetCommitRequestPartition,
    TxnOffsetCommitRequestTopic,
    TxnOffsetCommitResponse,
)
from tests.broker.wire import Wire, batch, produce_request

TIMEOUT_MS = 60_000

GROUP = "readers"


@dataclass
class TransactionalProducer:
    """One producer on one connection. Methods give back the error code, unless they say otherwise."""

    wire: Wire
    transactional_id: str = "payments"
    producer_id: int = -1
    epoch: int = -1
    sequence: int = 0

    def init(self, *, timeout_ms: int = TIMEOUT_MS, go_on: bool = False, version: int = 4) -> int:
        """InitProducerId; `go_on` says who we were."""
        request = InitProducerIdRequest(self.transactional_id, timeout_ms)
        if go_on:
            request.producer_id, request.producer_epoch = self.producer_id, self.epoch
        response = self.wire.ask(request, version, InitProducerIdResponse)
        if response.error_code == 0:
            self.producer_id, self.epoch, self.sequence = response.producer_id, response.producer_epoch, 0
        return response.error_code

    def add(self, *partitions: int, topic: str = "orders", version: int = 3) -> int | list[int]:
        """AddPartitionsToTxn; a list of codes if they differ."""
        topics = [AddPartitionsToTxnTopic(topic, list(partitions))]
        request = AddPartitionsToTxnRequest(self.transactional_id, self.producer_id, self.epoch, topics)
        response = self.wire.ask(request, version, AddPartitionsToTxnResponse)
        codes = [result.partition_error_code for result in response.results_by_topic[0].results_by_partition]
        return codes[0] if len(set(codes)) == 1 else codes

    def produce(self, *values: bytes, partition: int = 0, version: int = 11) -> int:
        """Produce a batch of the transaction."""
        return self.produced(*values, partition=partition, version=version).error_code

    def produced(self, *values: bytes, partition: int = 0, version: int = 11) -> PartitionProduceResponse:
        """Produce a batch of the transaction; the whole answer."""
        producer = (self.producer_id, self.epoch, self.sequence)
        records = batch(*values, producer=producer, is_transactional=True)
        request = produce_request("orders", records, partition=partition, transactional_id=self.transactional_id)
        (answer,) = self.wire.ask(request, version, ProduceResponse).topics[0].partitions
        if answer.error_code == 0:
            self.sequence += len(values)
        return answer

    def end(self, *, committed: bool, version: int = 4) -> int:
        """EndTxn."""
        request = EndTxnRequest(self.transactional_id, self.producer_id, self.epoch, committed)
        return self.wire.ask(request, version, EndTxnResponse).error_code

    def commit(self) -> int:
        return self.end(committed=True)

    def abort(self) -> int:
        return self.end(committed=False)

    def add_offsets(self, *, version: int = 4) -> int:
        """AddOffsetsToTxn."""
        request = AddOffsetsToTxnRequest(self.transactional_id, self.producer_id, self.epoch, GROUP)
        return self.wire.ask(request, version, AddOffsetsToTxnResponse).error_code

    def commit_offset(self, offset: int, *, partition: int = 0, version: int = 4) -> int:
        """TxnOffsetCommit for one partition."""
        wanted = TxnOffsetCommitRequestPartition(partition, offset, committed_metadata="note")
        request = TxnOffsetCommitRequest(
            self.transactional_id,
            GROUP,
            self.producer_id,
            self.epoch,
            topics=[TxnOffsetCommitRequestTopic("orders", [wanted])],
        )
        response = self.wire.ask(request, version, TxnOffsetCommitResponse)
        return response.topics[0].partitions[0].error_code
