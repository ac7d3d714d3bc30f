"""Watching the marked functions: `record` writes down what they do.

    with record("run.otlp.jsonl"):
        with KafkaProducer(bootstrap_servers="localhost:9092") as producer:
            producer.send("orders", b"hello").result()

`weave` swaps the marked functions for watched ones, `recorder` notes their calls (`describe` the values they show,
`lines` the lines they run), `steps` turns calls into the steps of a `Recording`, `otlp` writes them. `turns` is the
clock under which threads take turns, so that the same run is recorded the same way every time.

Nothing here is imported by the producer; whoever does not watch pays nothing.

Java: no counterpart.
"""

from kafka_nio.tracing.record import Watch, record
from kafka_nio.tracing.recording import Recording, RecordingError, Step

__all__ = ["Recording", "RecordingError", "Step", "Watch", "record"]
