"""The processor: one thread that serves all connections of a broker, with six calls, over and over.

It sits on the very class the clients sit on, `network.Selector`, only that connections are registered, not opened, and
that requests come in and responses go out.

A connection is muted when a request has come in, and unmuted when the response to it has left. So a client may send
five requests without waiting, and the broker still handles them one after the other, in order. What the client sends in
the meantime waits in the selector, in the kernel and at last in the client: muting is how a broker says "not so fast".

A client that is to slow down gets its answer at once, with a number of milliseconds in it, and stays muted that long
(KIP-219). A good client is silent meanwhile; the others are not heard.

Left out against Java: other processors beside this one, handler threads (see `request_channel`), quotas, connection
limits. Java polls for at most 300 ms; we know when we have to be back.

Java: kafka.network.Processor (in core/src/main/scala/kafka/network/SocketServer.scala)
"""

import heapq
import logging
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

from kafka_nio import network
from kafka_nio.broker.delivery import Delivery, delivering
from kafka_nio.broker.kafka_apis import KafkaApis, parse_request
from kafka_nio.broker.request_channel import (
    CloseConnectionResponse,
    NoOpResponse,
    Request,
    Response,
    SendResponse,
)
from kafka_nio.clock import NEVER, Clock
from kafka_nio.errors import AuthenticationError, IllegalStateError, InvalidReceiveError, KafkaError
from kafka_nio.network import ChannelBuilder, NetworkReceive, NetworkSend, plaintext_channel
from kafka_nio.nio import SocketChannel
from kafka_nio.protocol.codec import encode_response
from kafka_nio.spans import Stage, decision, span

logger = logging.getLogger(__name__)

CONNECTION_QUEUE_SIZE = 20
"""How many new connections are taken in one turn, so that a crowd at the door does not stop those who are inside."""

AFTER_A_FAULT_MS = 100
"""How long to stop after an error that may come back each turn: it should not keep a core busy, nor fill the log."""


@dataclass(order=True, slots=True)
class _QueuedResponse:
    due_ms: float
    number: int
    request: Request = field(compare=False)
    response: Response = field(compare=False)


class Processor:
    """Serves connections. `accept`, `wakeup` and `begin_shutdown` may be called from any thread."""

    def __init__(self, apis: KafkaApis, clock: Clock, channel_builder: ChannelBuilder = plaintext_channel) -> None:
        config = apis.replicas.config
        self._apis = apis
        self._purgatory = apis.replicas.purgatory
        self._clock = clock
        self._max_idle_ms = config.connections_max_idle_ms
        self._is_running = True
        # filled by the acceptor, emptied by this thread (a deque's append and popleft are atomic):
        self._new_connections: deque[SocketChannel] = deque()
        # owned by this thread:
        self._deliveries: dict[str, Delivery] = {}
        self._selector = network.Selector(
            connections_max_idle_ms=config.connections_max_idle_ms,
            clock=clock,
            channel_builder=delivering(channel_builder, self._deliveries, clock),
            max_receive_size=config.socket_request_max_bytes,
        )
        self._connection_numbers = count()
        self._response_numbers = count()
        self._response_queue: list[_QueuedResponse] = []
        self._in_flight_responses: dict[str, SendResponse] = {}
        self._throttled_until_ms: dict[str, int] = {}

    def run(self) -> None:
        """Serve until told to stop."""
        try:
            while self._is_running:
                try:
                    self.configure_new_connections()
                    self.process_new_responses()
                    self.poll()
                    self.process_completed_receives()
                    self.process_completed_sends()
                    self.process_disconnected()
                except Exception:
                    # What goes wrong with one connection is dealt with above. This is for what nobody thought of:
                    # letting the thread end would end the broker.
                    logger.exception("The processor met an error that nothing expected")
                    self._clock.sleep(AFTER_A_FAULT_MS)
        finally:
            self.close()

    # The six calls...

    @span(Stage.BROKER)
    def configure_new_connections(self) -> None:
        """Register the connections that the acceptor has handed over."""
        for _ in range(min(len(self._new_connections), CONNECTION_QUEUE_SIZE)):
            channel = self._new_connections.popleft()
            try:
                self._selector.register(f"connection-{next(self._connection_numbers)}", channel)
            except OSError as error:
                logger.info("Connection from %s was gone before it was served: %s", channel.remote_address, error)
                channel.close()

    @span(Stage.BROKER)
    def process_new_responses(self) -> None:
        """Hand every response that is due to its connection, and do what else is due."""
        now_ms = self._clock.now_ms()
        self._apis.do_scheduled_work(now_ms)
        self._end_throttling(now_ms)
        for request, response in self._purgatory.take_completed(now_ms):
            self.enqueue_response(request, response)
        while self._response_queue and self._response_queue[0].due_ms <= now_ms:
            queued = heapq.heappop(self._response_queue)
            try:
                self._process_new_response(queued.request, queued.response)
            except Exception:
                logger.exception("Unexpected error while answering %s", queued.request)
                self._close(queued.request.connection_id, "its answer could not be made")

    @span(Stage.BROKER)
    def poll(self) -> None:
        """Sleep until bytes arrive, room to write appears, or something is due."""
        self._selector.poll(self._poll_timeout_ms())

    @span(Stage.BROKER)
    def process_completed_receives(self) -> None:
        """Handle each request that has arrived, its connection muted until the response has left."""
        for receive in self._selector.completed_receives:
            try:
                self._process_completed_receive(receive)
            except KafkaError as error:
                self._close(receive.source, f"its request makes no sense: {error}")
            except Exception:
                logger.exception("Unexpected error while handling a request from %s", receive.source)
                self._close(receive.source, "its request led to an unexpected error")

    @span(Stage.BROKER)
    def process_completed_sends(self) -> None:
        """Unmute each connection whose response has left, or close it, if that was the last one."""
        for send in self._selector.completed_sends:
            response = self._in_flight_responses.pop(send.destination, None)
            if response is not None and response.is_last:
                self._close(send.destination, f"it was refused with {response.body}")
            else:
                self._unmute_when_allowed(send.destination)

    @span(Stage.BROKER)
    def process_disconnected(self) -> None:
        """Forget the connections that have ended."""
        for connection_id, end in self._selector.disconnected.items():
            self._forget(connection_id)
            if isinstance(end.error, InvalidReceiveError | AuthenticationError):
                logger.warning("Closed %s: %s", connection_id, end.error)

    # From a frame to a response...

    def _process_completed_receive(self, receive: NetworkReceive) -> None:
        refusal = self._apis.refusal_of(receive.source, receive.payload)
        if refusal is not None:
            self._close(receive.source, refusal)
            return
        request = parse_request(receive.source, receive.payload)
        self._selector.mute(receive.source)
        outcome = self._apis.handle(request)
        if isinstance(outcome, Response):
            self.enqueue_response(request, outcome)
        elif outcome is not None:
            self._purgatory.watch(request, outcome)

    def enqueue_response(self, request: Request, response: Response) -> None:
        """Have the next turn of the loop take care of a response."""
        due_ms = self._clock.now_ms() + response.delay_ms
        heapq.heappush(self._response_queue, _QueuedResponse(due_ms, next(self._response_numbers), request, response))

    def _process_new_response(self, request: Request, response: Response) -> None:
        if response.throttle_ms:
            self._throttled_until_ms[request.connection_id] = self._clock.now_ms() + response.throttle_ms
        match response:
            case SendResponse():
                self._send_response(request, response)
            case NoOpResponse():
                self._unmute_when_allowed(request.connection_id)
            case CloseConnectionResponse():
                self._close(request.connection_id, response.reason)

    def _send_response(self, request: Request, response: SendResponse) -> None:
        send = NetworkSend(request.connection_id, encode_response(request.header, response.body))
        try:
            self._selector.send(send)
            self._in_flight_responses[request.connection_id] = response
            self._deliveries[request.connection_id] = response.delivery
        except IllegalStateError:
            logger.info("Nobody is there any more for the answer to %s from %s", request, request.connection_id)

    def _poll_timeout_ms(self) -> float:
        if self._new_connections or self._purgatory.has_changes:
            return 0
        next_response_ms = self._response_queue[0].due_ms if self._response_queue else NEVER
        next_unmute_ms = min(self._throttled_until_ms.values(), default=NEVER)
        next_due_ms = min(
            next_response_ms, next_unmute_ms, self._purgatory.next_deadline_ms, self._apis.next_scheduled_ms
        )
        # The selector looks for idle connections when it is polled, so it has to be polled now and then.
        longest_ms = self._max_idle_ms if self._selector.channels else NEVER
        return min(longest_ms, max(0, next_due_ms - self._clock.now_ms()))

    # Connections...

    def accept(self, channel: SocketChannel) -> None:
        """Take charge of a new connection."""
        self._new_connections.append(channel)
        self.wakeup()

    def _end_throttling(self, now_ms: int) -> None:
        for connection_id, until_ms in tuple(self._throttled_until_ms.items()):
            if until_ms <= now_ms:
                del self._throttled_until_ms[connection_id]
                self._unmute_when_allowed(connection_id)

    @decision("may_unmute", "connection_id is_answering is_throttled")
    def _unmute_when_allowed(self, connection_id: str) -> None:
        """Read from it again, once its answer has left and its silence is over, whichever comes later."""
        is_answering = connection_id in self._in_flight_responses
        is_throttled = connection_id in self._throttled_until_ms
        may_unmute = not is_answering and not is_throttled
        if not may_unmute:
            return
        # It may have ended in the meantime; then there is nothing left to unmute.
        with suppress(IllegalStateError):
            self._selector.unmute(connection_id)

    def _close(self, connection_id: str, reason: str) -> None:
        logger.warning("Closing %s: %s", connection_id, reason)
        self._selector.close(connection_id)
        self._forget(connection_id)

    def _forget(self, connection_id: str) -> None:
        self._in_flight_responses.pop(connection_id, None)
        self._deliveries.pop(connection_id, None)
        self._throttled_until_ms.pop(connection_id, None)
        self._purgatory.forget(connection_id)
        self._apis.logins.forget(connection_id)

    # Starting and stopping...

    def wakeup(self) -> None:
        """End the sleep in `poll`."""
        self._selector.wakeup()

    def begin_shutdown(self) -> None:
        """Make `run` return."""
        self._is_running = False
        self.wakeup()

    def close(self) -> None:
        """End all connections. `run` does it at its end; to be called only if that never ran."""
        while self._new_connections:
            self._new_connections.popleft().close()
        self._selector.close()

    def __repr__(self) -> str:
        return (
            f"<Processor: {len(self._selector.channels)} connections, {len(self._response_queue)} responses queued, "
            f"{len(self._in_flight_responses)} on their way, {len(self._purgatory)} fetches waiting>"
        )
