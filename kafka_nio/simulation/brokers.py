"""The brokers of a simulation: the embedded broker's own handlers and logs, called by the network that stands in.

Java: no counterpart.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from kafka_nio.broker import NO_LEADER, BrokerConfig, Faults, PartitionLog
from kafka_nio.broker.cluster_state import ClusterState
from kafka_nio.broker.group_coordinator import GroupCoordinator
from kafka_nio.broker.kafka_apis import KafkaApis, error_response, parse_request
from kafka_nio.broker.replica_manager import ReplicaManager
from kafka_nio.broker.request_channel import CloseConnectionResponse, Request, Response, SendResponse
from kafka_nio.broker.sasl.logins import Logins
from kafka_nio.broker.transaction_coordinator import TransactionCoordinator
from kafka_nio.clock import Clock
from kafka_nio.cluster import Node, TopicPartition
from kafka_nio.errors import ApiError
from kafka_nio.protocol.codec import encode_response
from kafka_nio.simulation.network import KAFKA_PORT
from kafka_nio.simulation.plan import Event, Happening, Plan
from kafka_nio.simulation.weather import Mishap, Strike, Weather

_SIZE = struct.Struct(">i")

TOPIC = "orders"

A_TRANSACTION_MS = 60_000


@dataclass(slots=True)
class BrokersAnswer:
    """What a broker makes of a request; see `network.Answer`."""

    payload: bytes | None = None
    delay_ms: int = 0
    hangs_up: bool = False
    is_silent: bool = False


class SimulatedBrokers:
    """A cluster without sockets and threads, in its weather."""

    def __init__(self, plan: Plan, weather: Weather, clock: Clock) -> None:
        self._plan = plan
        self._weather = weather
        self._clock = clock
        self._away: set[int] = set()
        config = BrokerConfig(message_max_bytes=plan.message_max_bytes, transaction_version=plan.transaction_version)
        self.state = ClusterState(partitions_per_topic=plan.partitions, transaction_version=plan.transaction_version)
        groups = GroupCoordinator()
        self.transactions = TransactionCoordinator(self.state, groups, config, clock)
        self.state.nodes = tuple(Node(id, f"broker-{id}", KAFKA_PORT) for id in range(plan.brokers))
        self.state.create_topic(TOPIC)
        self._apis = [
            KafkaApis(
                ReplicaManager(id, self.state, config, clock, self.transactions, groups),
                Faults(),
                Logins({}, 0, clock),
            )
            for id in range(plan.brokers)
        ]
        self.end_connections: Callable[[int], None] = lambda node_id: None
        """Ends all connections of a broker: the network's."""

    @property
    def bootstrap_servers(self) -> str:
        """All of them, as clients are told to call them."""
        return ",".join(f"{node.host}:{node.port}" for node in self.state.nodes)

    def logs(self) -> list[PartitionLog]:
        """What was written, partition by partition."""
        return [partition.log for partition in self.state.topic(TOPIC).partitions]

    # Connections and requests, as the network asks...

    def connection_attempt(self, node_id: int) -> tuple[int, int | None]:
        return self._weather.connection_attempt(self._clock.now_ms(), is_away=node_id in self._away)

    def request_delay_ms(self) -> int:
        return self._weather.request_delay_ms()

    def handles_after_the_end(self) -> bool:
        # Before KIP-890 such a batch could get into a transaction that came after its own. That was Kafka's, not ours.
        may_be_zombie = not self._plan.is_transactional or self._plan.transaction_version > 0
        return self._weather.handles_after_the_end() and may_be_zombie

    def most_bytes(self) -> int:
        return self._plan.most_bytes

    def handle(self, node_id: int, connection_id: str, frame: memoryview) -> BrokersAnswer:
        if node_id in self._away:
            return BrokersAnswer(hangs_up=True)
        apis = self._apis[node_id]
        apis.do_scheduled_work(self._clock.now_ms())
        request = parse_request(connection_id, frame)
        strike = self._weather.strike(request.api, self._clock.now_ms())
        if strike.mishap is Mishap.REQUEST_LOST:
            return BrokersAnswer(hangs_up=True, delay_ms=strike.delay_ms)
        return self._answer(request, self._outcome(apis, request, strike), strike)

    def _outcome(self, apis: KafkaApis, request: Request, strike: Strike) -> Response:
        if strike.mishap is Mishap.REFUSED:
            return self._refusal(request, strike)
        outcome = apis.handle(request)
        assert isinstance(outcome, Response), "nobody fetches here, so every request is answered at once"
        return self._refusal(request, strike) if strike.mishap is Mishap.REFUSED_AFTERWARDS else outcome

    @staticmethod
    def _refusal(request: Request, strike: Strike) -> Response:
        assert strike.error is not None
        return error_response(request, strike.error())

    def _answer(self, request: Request, outcome: Response, strike: Strike) -> BrokersAnswer:
        if isinstance(outcome, CloseConnectionResponse) or strike.mishap is Mishap.ANSWER_LOST:
            return BrokersAnswer(hangs_up=True, delay_ms=strike.delay_ms)
        if strike.mishap is Mishap.SILENCE:
            return BrokersAnswer(is_silent=True)
        if not isinstance(outcome, SendResponse):
            return BrokersAnswer(delay_ms=strike.delay_ms)
        if strike.mishap is Mishap.THROTTLED and hasattr(outcome.body, "throttle_time_ms"):
            outcome.body.throttle_time_ms = self._weather.throttle_ms()
        payload = b"".join(encode_response(request.header, outcome.body))
        framed = _SIZE.pack(len(payload)) + payload
        is_cut = strike.mishap is Mishap.CUT
        return BrokersAnswer(framed[: len(framed) // 2] if is_cut else framed, strike.delay_ms, hangs_up=is_cut)

    # What happens to them...

    def schedule(self, event: Event, at: Callable[[float, Callable[[], None]], None]) -> None:
        """Have an event of the plan happen in its time, and end in its time."""
        node_id = event.index % self._plan.brokers
        partition = TopicPartition(TOPIC, event.index % self._plan.partitions)
        end_ms = event.at_ms + event.duration_ms
        match event.what:
            case Happening.CONNECTIONS_BREAK:
                at(event.at_ms, lambda: self.end_connections(node_id))
            case Happening.BROKER_GOES_AWAY:
                at(event.at_ms, lambda: self._go_away(node_id))
                at(end_ms, lambda: self._away.discard(node_id))
            case Happening.LEADER_MOVES:
                at(event.at_ms, lambda: self.state.move_leader(partition, (node_id + 1) % self._plan.brokers))
            case Happening.LEADER_IS_LOST:
                at(event.at_ms, lambda: self.state.move_leader(partition, NO_LEADER))
                at(end_ms, lambda: self.state.move_leader(partition, node_id))
            case Happening.COORDINATOR_MOVES:
                at(event.at_ms, lambda: self.transactions.seat.move_to(node_id))
            case Happening.ANOTHER_TAKES_OVER:
                at(event.at_ms, self.take_over)

    def _go_away(self, node_id: int) -> None:
        self._away.add(node_id)
        self.end_connections(node_id)

    def take_over(self) -> None:
        """Another producer takes the transactional id over; what the one before has left open is aborted."""
        name = self._plan.options.get("transactional_id")
        if isinstance(name, str):
            for _ in range(2):  # the first time it may be told that the open transaction has to end before
                try:
                    self.transactions.init_producer_id(name, A_TRANSACTION_MS)
                except ApiError:
                    continue
                return
