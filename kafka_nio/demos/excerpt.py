"""Which steps tell a story, where all of them would be too many.

A turn of the loop is some forty steps, most of which find nothing to do. A story of many turns keeps a few of each.

Java: no counterpart.
"""

APPLICATION = (
    "KafkaProducer.send",
    "RecordAccumulator.append",
    "RecordAccumulator.append_new_batch",
    "nio.Selector.wakeup",
    "FutureRecordMetadata.result",
)
"""What the application's thread does."""

LOOP = (
    "Sender.run",
    "Sender.run_once",
    "RecordAccumulator.ready",
    "Drain.batch_ready",
    "NetworkClient.ready",
    "RecordAccumulator.drain",
    "nio.Selector.select",
    "nio.Selector.select_now",
)
"""The sender's turns: what may leave, to whom, and how long to sleep."""

MESSAGES = (
    "NetworkClient.do_send",
    "KafkaChannel.set_send",
    "KafkaChannel.write",
    "nio.SocketChannel.write",
    "KafkaChannel.read",
    "nio.SocketChannel.read",
    "NetworkClient.parse_response",
)
"""Requests and answers on their way, and the system calls that move their bytes."""

OUTCOMES = (
    "ProduceResponses.complete_batch",
    "ProduceResponses.can_retry",
    "RecordAccumulator.reenqueue",
    "ProducerBatch.complete",
    "ProducerBatch.complete_exceptionally",
)
"""What becomes of batches."""

CONNECTING = (
    "NetworkClient.initiate_connect",
    "nio.SocketChannel.connect",
    "KafkaChannel.finish_connect",
    "NetworkClient.handle_api_versions_response",
)
"""From an address to a node that takes requests."""

METADATA = (
    "MetadataUpdater.maybe_update",
    "MetadataUpdater.handle_successful_response",
    "Metadata.update",
)
"""Who leads what: asked, and answered."""

BROKER = (
    "Processor.process_completed_receives",
    "KafkaApis.handle",
    "Processor.process_new_responses",
    "Processor.process_completed_sends",
)
"""The other end: a request comes in and its connection is muted, the answer leaves and it is unmuted."""

MUTING = ("RecordAccumulator.mute_partition", "RecordAccumulator.unmute_partition")
"""One batch of a partition at a time."""
