"""What the sender's thread does with a batch: parts of its turns, in the order in which they come.

A part is the time that a function takes, without that of other parts which lie inside it. When the code changes, this
table has to follow, and `test_turns.py` says where.
"""

from dataclasses import dataclass

SENDER = "kafka_nio.producer.sender:Sender"

TURN = f"{SENDER}.run_once"


@dataclass(frozen=True, kw_only=True)
class Part:
    """One of them."""

    name: str
    said: str
    function: str
    within: str = TURN
    """The function that it is inside of, and whose time it is taken away from."""


PARTS = (
    Part(
        name="look which nodes are ready",
        said="The first batch of each queue: full, or old enough, or is somebody waiting in `flush`?",
        function="kafka_nio.producer.record_accumulator:RecordAccumulator.ready",
    ),
    Part(
        name="ask whether they take a request",
        said="Connected, and with fewer requests under way than allowed?",
        function=f"{SENDER}._keep_ready_nodes",
    ),
    Part(
        name="take the batches out",
        said="At most one of each partition, as many as fit into a request.",
        function="kafka_nio.producer.record_accumulator:RecordAccumulator.drain",
    ),
    Part(
        name="close a batch",
        said="Sizes, header and one join, around the two that follow.",
        function="kafka_nio.producer.producer_batch:ProducerBatch.close",
        within="kafka_nio.producer.record_accumulator:RecordAccumulator.drain",
    ),
    Part(
        name="make bytes of the records",
        said="All at once, column by column, so that the loops run in C.",
        function="kafka_nio.protocol.record_batch_builder:encode_records",
        within="kafka_nio.producer.producer_batch:ProducerBatch.close",
    ),
    Part(
        name="the checksum",
        said="CRC-32C over the whole batch, by which a broker knows that it came unharmed.",
        function="kafka_nio.protocol.record_batch_builder:crc32c",
        within="kafka_nio.producer.producer_batch:ProducerBatch.close",
    ),
    Part(
        name="look for batches that are too late",
        said="Nobody waits longer for a record than `delivery.timeout.ms`.",
        function=f"{SENDER}.fail_expired_batches",
    ),
    Part(
        name="make a request",
        said="Who gets what, and who is to be called when the answer comes; remembered as under way.",
        function=f"{SENDER}.send_produce_requests",
    ),
    Part(
        name="make bytes of the request",
        said="Its header and fields. The batches' bytes are not copied.",
        function="kafka_nio.client.network_client:encode_request",
        within=f"{SENDER}.send_produce_requests",
    ),
    Part(
        name="the rest of the poll",
        said="Whatever else has to be looked at in each turn: connections, timeouts, metadata; and what is noted for "
        "the metrics.",
        function="kafka_nio.client.network_client:NetworkClient.poll",
    ),
    Part(
        name="ask the kernel what can be done",
        said="`epoll`, with the wait for the answer, which takes no CPU time.",
        function="kafka_nio.nio.selector:Selector.select",
        within="kafka_nio.client.network_client:NetworkClient.poll",
    ),
    Part(
        name="write",
        said="One system call for the whole request. The kernel copies its bytes and, on one machine, delivers them.",
        function="kafka_nio.network.transfer:NetworkSend.write_to",
        within="kafka_nio.client.network_client:NetworkClient.poll",
    ),
    Part(
        name="read",
        said="System calls: the answer's size, then the answer.",
        function="kafka_nio.network.transfer:NetworkReceive.read_from",
        within="kafka_nio.client.network_client:NetworkClient.poll",
    ),
    Part(
        name="understand the answer",
        said="From bytes to a message.",
        function="kafka_nio.client.network_client:decode_response",
        within="kafka_nio.client.network_client:NetworkClient.poll",
    ),
    Part(
        name="complete the batches",
        said="One result for all futures of a batch, then its callbacks, if there are any; its memory goes back.",
        function="kafka_nio.producer.produce_response:ProduceResponses.handle_produce_response",
        within="kafka_nio.client.network_client:NetworkClient.poll",
    ),
)


def apart(inclusive_ns: dict[str, float]) -> dict[str, float]:
    """What each part takes without those inside it, in the order of the table; by name, as what is given."""
    names = {part.function: part.name for part in (*PARTS, REST)}
    own = {name: inclusive_ns[name] for name in names.values()}
    for part in PARTS:
        own[names[part.within]] -= inclusive_ns[part.name]
    return own


REST = Part(
    name="the rest of the turn",
    said="What is left of the whole.",
    function=TURN,
)
