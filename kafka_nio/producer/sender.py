"""The producer's own thread: takes batches from the accumulator, makes requests of them, and waits for the network.

One turn, `run_once`, over and over:

    transaction  our producer id, and what a transaction needs; nothing else in this turn while that is under way
    ready    which nodes lead a partition with something to send?     accumulator
             which leaders are unknown?                               → ask for metadata, in the poll below
             which of those nodes can take a request now?             client
    drain    take their batches, mute their partitions if the order matters
    expire   give up batches whose delivery timeout is over
    send     one request a node; nothing is written yet
    poll     connect, write, read, complete; sleep only if there is nothing else to do

The application's threads call `wakeup`, `initiate_close` and `force_close`; everything else happens on this thread.

`run` ends in one way only: closed. Then it sends what is left, as long as it is allowed to, and gives an error to every
record that is without an outcome after that. No future stays open.

Java: org.apache.kafka.clients.producer.internals.Sender
"""

import itertools
import logging
from collections import deque
from collections.abc import Iterable
from typing import TypeAlias
from uuid import UUID

from kafka_nio.client.metadata import Metadata
from kafka_nio.client.network_client import NetworkClient
from kafka_nio.client.requests import ClientResponse
from kafka_nio.clock import NEVER, Clock
from kafka_nio.cluster import Cluster, Node
from kafka_nio.errors import KafkaError, PurgedError
from kafka_nio.metrics import Metrics
from kafka_nio.producer.batch_sequences import BatchSequences
from kafka_nio.producer.expiry import expired_in_flight, expired_in_queue
from kafka_nio.producer.futures import same_for_all
from kafka_nio.producer.in_flight_batches import InFlightBatches
from kafka_nio.producer.io_thread import IoThread
from kafka_nio.producer.produce_response import ProduceResponses
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.producer.record_accumulator import RecordAccumulator
from kafka_nio.producer.sender_metrics import SenderMetrics
from kafka_nio.producer.transactional_requests import TransactionalRequests
from kafka_nio.protocol.messages import PartitionProduceData, ProduceRequest, TopicProduceData
from kafka_nio.protocol.types import ZERO_UUID
from kafka_nio.spans import Stage, decision, span

log = logging.getLogger(__name__)

Drained: TypeAlias = dict[int, list[ProducerBatch]]
"""Batches by the id of the node they go to."""

AFTER_A_FAULT_MS = 100
"""How long to stop after an error that nobody foresaw. It may come back each turn, and should not fill the log."""


class Sender:
    """What the producer's thread runs.

    Args:
        client: connections, requests and responses.
        metadata: who leads which partition.
        accumulator: where the batches are.
        guarantee_message_order: send one batch of a partition at a time.
        max_request_size: the largest request, in bytes.
        acks: 0 (no answer), 1 (the leader has it) or -1 (all in-sync replicas have it).
        retries: how often a batch may be sent again.
        request_timeout_ms: how long the broker may wait for its replicas.
        clock: where time comes from.
        io_thread: told which thread this is.
        metrics: where batches, requests and records are counted.
        transactional: what goes before records; None if batches are not numbered.
        sequences: what an answer means for their numbers.
    """

    def __init__(
        self,
        *,
        client: NetworkClient,
        metadata: Metadata,
        accumulator: RecordAccumulator,
        guarantee_message_order: bool,
        max_request_size: int,
        acks: int,
        retries: int,
        request_timeout_ms: int,
        clock: Clock,
        io_thread: IoThread,
        metrics: Metrics,
        transactional: TransactionalRequests | None = None,
        sequences: BatchSequences | None = None,
    ) -> None:
        self._client = client
        self._metadata = metadata
        self._accumulator = accumulator
        self._guarantee_message_order = guarantee_message_order
        self._max_request_size = max_request_size
        self._acks = acks
        self._request_timeout_ms = request_timeout_ms
        self._clock = clock
        self._io_thread = io_thread
        self._metrics = SenderMetrics(metrics)
        self._transactional = transactional
        # belongs to this thread:
        self._in_flight = InFlightBatches(accumulator.delivery_timeout_ms)
        self._responses = ProduceResponses(
            accumulator=accumulator,
            metadata=metadata,
            in_flight=self._in_flight,
            guarantee_message_order=guarantee_message_order,
            retries=retries,
            metrics=self._metrics,
            sequences=sequences,
        )
        # written by any thread, one plain store each:
        self._running = True
        self._give_up_at_ms: float = NEVER
        """When to stop sending what is left after a close, and to fail it."""
        self._was_abandoned = False
        self._purges: deque[tuple[bool, bool]] = deque()

    # The loop...

    @span(Stage.RUN)
    def run(self) -> None:
        """Send until closed, then send what is left, then fail what is left even so."""
        self._io_thread.is_current_from_now_on()
        try:
            while self._running:
                self._run_once_and_survive()
            self._accumulator.close()
            while self._has_work_left() and self._clock.now_ms() < self._give_up_at_ms:
                self._run_once_and_survive()
            self._client.telemetry.push_last_metrics(lambda: self._give_up_at_ms)
        finally:
            self._accumulator.close()
            if self._transactional is not None:
                self._transactional.close()
            self._abort_incomplete_batches()
            self._metadata.close()
            self._client.close()

    def _has_work_left(self) -> bool:
        """Whether a record or a transaction is without an outcome. What nobody has committed is aborted."""
        if self._accumulator.incomplete.has_open:
            return True
        return self._transactional is not None and self._transactional.has_work_left()

    def _run_once_and_survive(self) -> None:
        try:
            self.run_once()
        except Exception:
            log.exception("Uncaught error in the producer's thread; it goes on")
            self._clock.sleep(AFTER_A_FAULT_MS)

    @span(Stage.RUN)
    def run_once(self) -> None:
        """Send what can be sent, then wait for the network."""
        self._fail_purged_batches()
        if self._transactional is not None and self._transactional.run_once():
            # Or records would wait for ever for a producer id that no broker gives, as they do in Java.
            self.fail_expired_batches(self._metadata.cluster, self._clock.now_ms())
            return
        now_ms = self._clock.now_ms()
        timeout_ms = self.send_producer_data(now_ms)
        self._client.poll(min(timeout_ms, max(0, self._give_up_at_ms - now_ms)), now_ms)

    @span(Stage.RUN, show="now_ms return")
    @decision("return", "batches check.next_ready_check_delay_ms not_ready_delay_ms next_expiry_ms now_ms")
    def send_producer_data(self, now_ms: int) -> float:
        """Make requests of the batches that may leave now; return how long the poll may sleep, in ms."""
        cluster = self._metadata.cluster
        check = self._accumulator.ready(cluster, now_ms)
        self._ask_for_leaders(check.unknown_leader_topics, now_ms)
        nodes, not_ready_delay_ms = self._keep_ready_nodes(check.ready_nodes, now_ms)
        batches = self._accumulator.drain(cluster, nodes, self._max_request_size, now_ms)
        self._note_in_flight(batches, now_ms)
        self._fail_batches_not_encoded()
        self.fail_expired_batches(cluster, now_ms)
        self.send_produce_requests(batches, cluster, now_ms)
        if batches:
            # Their partitions may have more, so look again at once.
            return 0
        next_expiry_ms = min(self._accumulator.next_expiry_ms, self._in_flight.next_expiry_ms)
        return max(0, min(check.next_ready_check_delay_ms, not_ready_delay_ms, next_expiry_ms - now_ms))

    def _ask_for_leaders(self, topics: Iterable[str], now_ms: int) -> None:
        """Partitions without a leader wait for new metadata. Nothing is sent here; the poll asks."""
        for topic in topics:
            # The topic may have been forgotten as unused, yet it has records.
            self._metadata.add(topic, now_ms)
            log.debug("No leader is known for a partition of topic %s; asking for metadata", topic)
            self._metadata.request_update()

    def _keep_ready_nodes(self, nodes: Iterable[Node], now_ms: int) -> tuple[list[Node], float]:
        """Those that take a request now, and how long until one of the others might.

        A node that cannot take a request must not make the poll's timeout 0: its batches are ready, but looking at them
        again and again would not help. What helps is the network, and that ends the poll.
        """
        ready, delay_ms = [], NEVER
        for node in nodes:
            can_drain = self._client.ready(node, now_ms)
            self._accumulator.update_node_latency_stats(node.id, now_ms, can_drain=can_drain)
            if can_drain:
                ready.append(node)
            else:
                delay_ms = min(delay_ms, self._client.poll_delay_ms(node, now_ms))
        return ready, delay_ms

    def _note_in_flight(self, drained: Drained, now_ms: int) -> None:
        """From here on these batches are watched here, and no more in the accumulator.

        Their topics are in use, so metadata must not forget them. (Java says so with every record; a batch will do.)
        """
        for batch in itertools.chain.from_iterable(drained.values()):
            self._in_flight.add(batch)
            self._metadata.add(batch.topic_partition.topic, now_ms)
            if self._guarantee_message_order:
                self._accumulator.mute_partition(batch.topic_partition)

    # Batches that are too late...

    @span(Stage.RUN, show="now_ms")
    def fail_expired_batches(self, cluster: Cluster, now_ms: int) -> None:
        """Give up the batches, queued or under way, whose delivery timeout is over.

        One that is under way keeps its memory until its request has ended: the network layer still reads its bytes.
        Its partition stays muted until then, too.
        """
        for batch in self._accumulator.expired_batches(now_ms):
            no_id = self._transactional is not None and self._transactional.lacks_producer_id
            error = expired_in_queue(batch, cluster, self._obstacle(batch, cluster), now_ms, lacks_producer_id=no_id)
            self._responses.expire_batch(batch, error)
        for batch in self._in_flight.expired(now_ms):
            error = expired_in_flight(batch, cluster, now_ms)
            self._responses.expire_batch(batch, error, keep_memory=True)

    def _obstacle(self, batch: ProducerBatch, cluster: Cluster) -> str | None:
        """What keeps us from the batch's leader; or, if nothing does, from hearing where the partitions are."""
        leader = cluster.leader_for(batch.topic_partition)
        return (self._client.last_failure(leader) if leader else None) or self._metadata.last_failure

    def _fail_batches_not_encoded(self) -> None:
        """Give up the batches of which no bytes could be made. They have taken a number that is free again."""
        for batch, error in self._accumulator.take_not_encoded():
            self._responses.fail_batch(batch, error, same_for_all(error), is_certain=True)

    def _fail_purged_batches(self) -> None:
        """Give up what `purge` said; as with batches that are too late, those under way keep their memory."""
        while self._purges:
            in_queue, in_flight = self._purges.popleft()
            for batch in self._accumulator.take_all() if in_queue else ():
                self._responses.expire_batch(batch, PurgedError())
            for batch in self._in_flight.take_all() if in_flight else ():
                self._responses.expire_batch(batch, PurgedError(), keep_memory=True)

    # Making requests...

    @span(Stage.REQUEST, show="drained")
    def send_produce_requests(self, drained: Drained, cluster: Cluster, now_ms: int) -> None:
        """Make one request for each node."""
        for node_id, batches in drained.items():
            self.send_produce_request(node_id, batches, cluster, now_ms)

    @span(Stage.REQUEST, show="node_id batches")
    def send_produce_request(self, node_id: int, batches: list[ProducerBatch], cluster: Cluster, now_ms: int) -> None:
        """Put batches into a request and hand it to the client, which calls back when it has ended."""
        topics: dict[str, TopicProduceData] = {}
        for batch in batches:
            name, partition = batch.topic_partition
            if name not in topics:
                topics[name] = TopicProduceData(name=name, topic_id=cluster.topic_ids.get(name, ZERO_UUID))
            topics[name].partitions.append(PartitionProduceData(index=partition, records=batch.close()))
        request = ProduceRequest(None, self._acks, self._request_timeout_ms, list(topics.values()))
        if self._transactional is not None:
            request.transactional_id = self._transactional.transactional_id
            request.transaction_v2 = self._transactional.is_transaction_v2_enabled
        names: dict[UUID, str] = {topic.topic_id: name for name, topic in topics.items()}

        def callback(response: ClientResponse) -> None:
            self._metrics.record_latency(response)
            self._responses.handle_produce_response(response, batches, names, self._clock.now_ms())

        self._metrics.update_produce_request_metrics(batches)
        self._client.send(
            self._client.new_client_request(
                str(node_id),
                request,
                now_ms,
                expect_response=self._acks != 0,
                callback=callback,
            ),
            now_ms,
        )

    # Called by other threads...

    @span(Stage.WAKEUP)
    def wakeup(self) -> None:
        """End the poll that sleeps now, or else the next one, at once."""
        self._client.wakeup()

    def purge(self, in_queue: bool, in_flight: bool) -> None:
        """Give up records that were not sent yet, and those that were not answered yet, in the next turn."""
        self._purges.append((in_queue, in_flight))
        self.wakeup()

    @span(Stage.RUN)
    def initiate_close(self) -> None:
        """Take no more records, send what is there, then stop."""
        # First the accumulator, so that nothing can be appended after the last turn.
        self._accumulator.close()
        self._running = False
        self.wakeup()

    @span(Stage.RUN)
    def force_close(self) -> None:
        """Take no more records, fail what is there, then stop."""
        self._give_up_at_ms = 0
        self.initiate_close()

    def abandon(self, timeout_ms: float) -> None:
        """Nobody holds the producer any more and nobody closed it: close, but within `timeout_ms`.

        The garbage collector may call it in any thread in the middle of anything, even of this thread's own `poll`. So
        it takes one lock only, the waker's, which a thread that has it may take again, and does not wake a thread that
        is awake.
        """
        if self._io_thread.is_in_parent:
            return  # a child process has dropped its copy
        self._was_abandoned = True
        self._give_up_at_ms = min(self._give_up_at_ms, self._clock.now_ms() + timeout_ms)
        self._running = False
        if not self._io_thread.is_current:
            self.wakeup()

    def _abort_incomplete_batches(self) -> None:
        if self._was_abandoned:
            error = KafkaError("the producer was dropped without close(), and no time was left to send the record")
        else:
            error = KafkaError("the producer was closed by force before there was an answer for the record")
        aborted = self._accumulator.abort_incomplete_batches(error)
        if aborted:
            log.warning("%d records were given up: %s", aborted, error)

    def __repr__(self) -> str:
        return f"<Sender: {'running' if self._running else 'closing'}, {len(self._in_flight)} batches under way>"
