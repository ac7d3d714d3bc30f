"""A broker that falls silent: the oldest request times out, and takes all others with it.

Three requests leave, 70 ms apart, and may take 200 ms each. The broker never answers the first one. After 210 ms a
fourth record wakes the sender, which finds that the first request is late, and does the only thing that is safe: it
closes the connection. An answer that came after all would be taken for that of the next request. So all three fail
together, although the second has waited for 140 ms only and the third for 70.

The fourth record leaves over a new connection. Its answer breaks off in the middle, and that too ends the connection
and the request: half an answer is none.

Who believes that only the late request fails sees three futures fail at once. (`retries=0`; else all would be sent
again, over a new connection.)

Java: no counterpart.
"""

from kafka_nio.broker import Delivery, Ending, Fault
from kafka_nio.demos.demo import Demo
from kafka_nio.demos.excerpt import CONNECTING, MESSAGES
from kafka_nio.demos.scene import Scene
from kafka_nio.protocol.api import ApiKey

REQUEST_TIMEOUT_MS = 200
APART_MS = 70


def run(scene: Scene) -> None:
    """Send three records into silence, then one of whose answer half comes."""
    with scene.producer(linger_ms=0, retries=0, request_timeout_ms=REQUEST_TIMEOUT_MS) as producer:
        scene.warm_up(producer)
        scene.order(Fault(ApiKey.PRODUCE, ending=Ending.SILENCE), Fault(ApiKey.PRODUCE, delivery=Delivery.CUT))

        scene.begin()
        futures = []
        for value in (b"not answered", b"behind it", b"behind both", b"answered by half"):
            futures.append(producer.send(scene.topic, value, partition=0))
            scene.pause(APART_MS)
        scene.wait_for_the_end_of(futures)
        scene.end(producer)


REQUEST_TIMEOUT = Demo(
    id="d16",
    name="request-timeout",
    title="No answer",
    sentence="The oldest request is not answered in time: the connection is closed, and all that is in flight fails.",
    watch_for=(
        "Nobody waits for the younger requests: the connection goes, and they with it.",
        "All three futures fail in the same turn of the loop.",
        "The fourth record's answer ends in the middle: the end of the stream is the end of the request.",
    ),
    run=run,
    own_broker="it orders one that does not answer",
    keep=(
        "KafkaProducer.send",
        "FutureRecordMetadata.result",
        "nio.Selector.wakeup",
        "Sender.run",
        "Sender.run_once",
        "RecordAccumulator.drain",
        "nio.Selector.select",
        "nio.Selector.select_now",
        *MESSAGES,
        *CONNECTING,
        "KafkaChannel.close",
        "NetworkClient.handle_disconnections",
        "NetworkClient.handle_timed_out_requests",
        "ProduceResponses.complete_batch",
        "ProducerBatch.complete_exceptionally",
    ),
)
