"""Watching the marked functions: `record` writes down what they do.

    with record("run.otlp.jsonl"):
        with KafkaProducer(bootstrap_servers="localhost:9092") as producer:
            producer.send("orders", b"hello").result()

`weave` swaps the marked functions for watched ones, `recorder` notes their calls (`describe` the values they show,
`lines` the lines they run), observers add what they know (`state` what changes, `wire` the bytes, `links` what goes on
from what), `steps` turns calls into the steps of a `Recording`, `otlp` writes them. `turns` is the clock under which
threads take turns, so that the same run is recorded the same way every time.

`instrument` does another thing (`live`): it sends spans and metrics to the OpenTelemetry of a running program.

Nothing here is imported by the producer; whoever does not watch pays nothing.

Java: no counterpart.
"""

from kafka_nio.tracing.live import instrument, uninstrument
from kafka_nio.tracing.record import Watch, record
from kafka_nio.tracing.recording import Recording, RecordingError, Step

__all__ = ["Recording", "RecordingError", "Step", "Watch", "instrument", "record", "uninstrument"]
