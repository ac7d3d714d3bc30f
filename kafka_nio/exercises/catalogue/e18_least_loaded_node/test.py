"""Which broker to ask, when any of them could answer.

Java: no counterpart.
"""

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.client import least_loaded_node as module
from kafka_nio.client.backoff import ExponentialBackoff
from kafka_nio.client.connection_states import ClusterConnectionStates
from kafka_nio.client.in_flight_requests import InFlightRequests
from kafka_nio.client.requests import InFlightRequest
from kafka_nio.cluster import Node
from kafka_nio.demos import Demo, Setting
from kafka_nio.demos.scene import Scene
from kafka_nio.exercises.marks import costs, misconception
from kafka_nio.exercises.world import Play
from kafka_nio.network import NetworkSend
from kafka_nio.protocol.api import ApiKey, RequestHeader
from kafka_nio.protocol.messages import MetadataRequest

LOAD = "any connection will do"
CONNECTIONS = "the least loaded has the fewest connections"
IMPATIENT = "another connection is faster than one that is being opened"
SAME = "one failed attempt is like another"
SOMEBODY = "there is always somebody to ask"
LOT = "of equals the first will do"

NOW_MS = 1_000
PAUSE_MS = 50
"""After a failed attempt to connect."""


class Nodes:
    """Some brokers, to none of which there is a connection until a test says otherwise."""

    def __init__(self, count: int) -> None:
        pause = ExponentialBackoff(PAUSE_MS, PAUSE_MS, Random(1))
        self.all = [Node(number, f"broker-{number}", 9092) for number in range(count)]
        self.states = ClusterConnectionStates(pause, pause)
        self.in_flight = InFlightRequests(5)

    def connecting(self, number: int, at_ms: int = NOW_MS) -> None:
        """An attempt begins."""
        node = self.all[number]
        self.states.connecting(node.id_string, node.host, node.port, at_ms)

    def failed(self, number: int, at_ms: int) -> None:
        """An attempt was made, in vain."""
        self.connecting(number, at_ms)
        self.states.disconnected(str(number), at_ms)

    def connected(self, number: int, in_flight: int = 0) -> None:
        """There is a connection, and so many requests are unanswered on it."""
        self.connecting(number)
        self.states.checking_api_versions(str(number))
        self.states.ready(str(number))
        for _ in range(in_flight):
            send = NetworkSend(str(number), [b"where is the leader?"])
            header = RequestHeader(ApiKey.METADATA, 9, 1, "learner")
            self.in_flight.add(
                InFlightRequest(header, MetadataRequest(), send, str(number), 0, 0, True, False, 30_000, None)
            )

    def chosen(self, seed: int = 1, now_ms: int = NOW_MS) -> int | None:
        """The number of the node that is chosen."""
        choose = module.least_loaded_node
        node = choose(self.all, self._takes_request, self.states, self.in_flight, Random(seed), now_ms)
        return None if node is None else node.id

    def _takes_request(self, id: str, now_ms: int) -> bool:
        return self.states.is_ready(id, now_ms) and self.in_flight.count(id) < 5


@misconception(LOAD, "Each request in flight is one that the broker answers before ours.")
def test_of_two_connections_the_one_with_fewer_requests_is_chosen() -> None:
    """Of two connected nodes, the one with fewer requests in flight is chosen, wherever the search begins."""
    nodes = Nodes(2)
    nodes.connected(0, in_flight=2)
    nodes.connected(1, in_flight=1)
    for seed in range(4):
        chosen = nodes.chosen(seed)
        assert chosen == 1, f"node {chosen} was chosen, with 2 requests in flight instead of 1"


@misconception(CONNECTIONS, "Load is requests, not connections. Opening another one takes longer than an answer.")
def test_a_connected_node_comes_before_one_without_a_connection() -> None:
    """A connected node is chosen, even with requests in flight, before one that has no connection at all."""
    nodes = Nodes(3)
    nodes.connected(1, in_flight=3)
    for seed in range(6):
        chosen = nodes.chosen(seed)
        assert chosen == 1, f"node {chosen} was chosen, to which a connection would have to be opened first"


@misconception(IMPATIENT, "Whoever opens another connection waits as long, and has one more in the end.")
def test_a_node_that_is_being_connected_to_comes_before_one_that_is_not() -> None:
    """With no connection ready, the node that one is being opened to is chosen."""
    nodes = Nodes(3)
    nodes.connecting(2)
    for seed in range(6):
        chosen = nodes.chosen(seed)
        assert chosen == 2, f"node {chosen} was chosen, although a connection to node 2 is being opened"


@misconception(SAME, "A broker that has just failed is the least likely to be back.")
def test_of_those_without_a_connection_the_longest_untried_is_chosen() -> None:
    """If nobody is connected, the node is chosen whose last attempt is the longest ago."""
    nodes = Nodes(3)
    for number, at_ms in enumerate((300, 100, 200)):
        nodes.failed(number, at_ms)
    for seed in range(6):
        chosen = nodes.chosen(seed)
        assert chosen == 1, f"node {chosen} was chosen, and node 1 has been left alone for longer"


@misconception(SOMEBODY, "Who must not be asked now is not asked. The caller comes back later.")
def test_nobody_is_chosen_if_nobody_can_be_used() -> None:
    """If one node is throttled, one has its window full and one has just failed, the answer is None."""
    nodes = Nodes(3)
    nodes.connected(0)
    nodes.states.throttle("0", NOW_MS + 100)
    nodes.connected(1, in_flight=5)
    nodes.failed(2, NOW_MS - PAUSE_MS + 1)
    chosen = nodes.chosen()
    assert chosen is None, f"node {chosen} was chosen"
    assert Nodes(0).chosen() is None, "somebody was chosen from no nodes at all"


@misconception(LOT, "All clients have the same list. If each begins at its head, the first broker answers them all.")
def test_equals_are_chosen_by_lot() -> None:
    """Three nodes that nothing is known of are each chosen now and then."""
    found = Counter(Nodes(3).chosen(seed) for seed in range(60))
    assert min(found[number] for number in range(3)) > 5, (
        f"of 60 clients, {', '.join(f'{found[number]} chose node {number}' for number in range(3))}"
    )


KINDS = ("idle", "busy", "preparing", "untried", "failed long ago", "failed", "throttled", "full")
UNUSABLE = KINDS.index("failed")


@misconception(CONNECTIONS, "Look for one kind among all nodes before you look for the next kind.")
@given(kinds=st.lists(st.sampled_from(KINDS), max_size=5), seed=st.integers(0, 20))
def test_nobody_better_is_passed_over(kinds: list[str], seed: int) -> None:
    """Whatever state the nodes are in, the one that is chosen is of the best kind that there is."""
    nodes = Nodes(len(kinds))
    for number, kind in enumerate(kinds):
        match kind:
            case "idle" | "busy" | "throttled" | "full":
                nodes.connected(number, {"busy": 2, "full": 5}.get(kind, 0))
            case "preparing":
                nodes.connecting(number)
            case "failed" | "failed long ago":
                nodes.failed(number, NOW_MS - 1 if kind == "failed" else 0)
        if kind == "throttled":
            nodes.states.throttle(str(number), NOW_MS + 1)
    chosen = nodes.chosen(seed)
    best = min((rank for rank in map(KINDS.index, kinds) if rank < UNUSABLE), default=None)
    found = None if chosen is None else kinds[chosen]
    wanted = None if best is None else KINDS[best]
    assert found == wanted, f"it chose {found or 'nobody'} and not {wanted or 'nobody'}"


def ask_twice(scene: Scene) -> None:
    """Two questions for metadata, of a producer that has its connections."""
    with scene.producer(linger_ms=0) as producer:
        scene.warm_up(producer)
        scene.begin()
        producer.partitions_for("coffee")
        producer.partitions_for("tea")
        scene.end(producer)


@costs
@misconception(CONNECTIONS, "There is a connection already, and it takes a request now.")
def test_a_question_opens_no_connection(play: Play) -> None:
    """A producer that is connected to one of two brokers asks that one about new topics, and opens no connection."""
    demo = Demo("e18", "ask-twice", "Two questions", "", (), ask_twice, setting=Setting(brokers=2))
    names = [step.name for step in play(demo).recording.steps]
    opened, asked = names.count("NetworkClient.initiate_connect"), names.count("Metadata.update")
    assert asked >= 2, f"there were {asked} answers to two questions"
    assert opened == 0, f"it opened {opened} new connections"
