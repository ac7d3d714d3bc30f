"""e18: which broker to ask, when any of them could answer.

Java: org.apache.kafka.clients.NetworkClient.leastLoadedNode
"""

from kafka_nio.client import least_loaded_node as module
from kafka_nio.exercises.exercise import Exercise, Kind, Target, Wrong
from kafka_nio.spans import Stage

EXERCISE = Exercise(
    id="e18",
    name="least_loaded_node",
    kind=Kind.BUILD,
    title="Choose the broker to ask for metadata",
    chapter="chapters/do-send.md",
    story="""
        Every broker knows who leads which partition, so any of them may be asked. Which one answers soonest, and
        costs least? One that takes a request now, and has the fewest requests to answer before ours. A connection
        that must first be opened costs a handshake, and one request more that asks for the versions.

        So there are three kinds of nodes to choose from, better ones first:

        - those that take a request now: `can_send_request(node.id_string, now_ms)` says so. It says no as well to a
          node whose window is full, and to one that has asked to be left alone for a while (throttling);
        - those that a connection is being opened to: `connection_states.is_preparing(id)`;
        - those that a connection may be opened to: `connection_states.can_connect(id, now_ms)`. It says no while the
          pause after a failed attempt lasts. `connection_states.last_connect_attempt_ms(id)` is when the last attempt
          was.

        `in_flight_requests.count(id)` is how many requests a node has not answered yet. All of these take a node's
        `id_string`.

        A thousand clients that start at once hold the same list of nodes in the same order. They should not all ask
        the first. `random` is a `random.Random`; `random.randrange(n)` is a number below n.
    """,
    hints=(
        "A node with a connection and two requests in flight, and a node without a connection: which answers first?",
        "Go through the three kinds one after the other, and look at the next only if there is nobody of this "
        "kind. Within a kind `min` with a `key` finds the best, and of equals it takes the one that comes first "
        "in the list.",
        "Rotate the list by a random number of places. Then: of those that take a request, the one with the "
        "fewest in flight; else the first that is being connected to; else, of those that can be connected to, "
        "the one whose last attempt is the longest ago; else None.",
    ),
    targets=(Target(module, "least_loaded_node", stage=Stage.CONNECT, show="now_ms return"),),
    wrong=(
        Wrong(
            "fewest_connections",
            "the least loaded has the fewest connections",
            what="Takes a node without a connection before one with a connection.",
        ),
        Wrong(
            "impatient",
            "another connection is faster than one that is being opened",
            what="Opens a new connection rather than wait for one that is being opened.",
            instead=(
                (
                    "if connection_states.is_preparing(node.id_string):",
                    "if connection_states.is_preparing(node.id_string) and not any(\n"
                    "            connection_states.can_connect(other.id_string, now_ms) for other in nodes\n"
                    "        ):",
                ),
            ),
        ),
        Wrong(
            "always_the_first",
            "of equals the first will do",
            what="Begins to look at the head of the list, as every other client does.",
            instead=(("random.randrange(len(nodes))", "0"),),
        ),
    ),
)
