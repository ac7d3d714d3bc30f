"""What stands on the page docs/performance.md whatever was measured."""

HEAD = """\
# Performance

{trial}How fast kafka-nio sends records, beside three other clients of Kafka for Python, on one machine: {machine}. This
page is written by `{command} --page`, from what `{command}` measured.

## Who takes part

- **kafka-nio**: this library, in Python but for checksums and compression.
- **kafka-python**: in Python but for the same.
- **aiokafka**: for asyncio; its records are built by code in C.
- **confluent-kafka**: librdkafka, which is written in C, called from Python: fire and forget.
- **confluent-kafka, callbacks**: the same as its documentation shows it, with a delivery callback and `poll(0)` after
  each record. This is the nearest to the others, which give a future for each record in every cell. Where what is
  measured takes a callback for each record, fire and forget is left out.

All have the same settings, as far as they know them: {in_flight} requests in flight, {buffer} MiB for batches,
requests of up to {request} MiB. kafka-python has no limit to the memory of its batches; aiokafka has one request in
flight and one open batch a partition. Levels of compression are each client's own. kafka-python cannot ask the mock
cluster for its versions; there it is told `api_version=(2, 3)`.

The versions: {versions}.

## How it is measured

- A **cell** is one way to use a producer: the cell *base*, or what differs from it by one thing. Each row of the tables
  below is a cell.
- Each run is a process of its own, and sends to a topic that nobody has used before. {warm_up} records warm it up. Then
  the clock runs from the first `send` until `flush` is done. CPU seconds are those of the client's process, all threads
  together; peak memory is that of the same process.
- Afterwards the broker is asked how many records it has. Where that is not the number sent, the run does not count.
- The fast send more records than the slow, so that their runs take long enough: {times}. In the cells named for a
  number of records, all send that number.
- A **round** goes through all cells, a cell through all clients, each time from another on. A ratio is taken between
  two runs of the same round; the tables show the median of these ratios, and of everything else the median too.
- The percentage behind a figure is its spread: from the least to the most of the rounds, as a part of the median.
- The cell *start-up* begins before the client is imported, in a process that has imported next to nothing. Python has
  compiled everybody's modules before.
- In the cell *traced* each record gets an OpenTelemetry span: kafka-nio's own, at the level `messages`, and for the
  others those of `opentelemetry-instrumentation-kafka-python`, `-aiokafka` and `-confluent-kafka`. All have the same
  SDK, which samples every span, the same BatchSpanProcessor, and an exporter that counts the spans and drops them.
  kafka-nio's
  span lasts until the record is acknowledged, the others' until `send` returns.
"""

TRIAL = "**These figures are from a trial, with a hundredth of the records.**\n\n"

AIMS_HEAD = """
## The aims

Each is a ratio: kafka-nio's figure over the other's. Where it is taken in several cells, the median of them counts, and
the one that is worst for kafka-nio stands in brackets; where only a cell is named, the worst counts.

| what | against | aim |{brokers}
| --- | --- | --- |{dashes}
"""

MARKS = """
### What the marks take

`@span` and `@decision` mark the functions that a recording shows. `send` alone takes {took} with the marks, into a
large batch that is not sent, and nobody watching. It does {left} of what it does with the marks deleted from the
sources. Both ways run in one process, in turn, a fraction of a millisecond each; the median of all pairs counts.
"""

WHY_MISSED = "\n### Why some are missed\n"
NO_REASON = "not explained yet."
