"""Splitting a batch that a broker finds too large, into parts that it may like better.

How large a batch may be is a setting of the topic (`max.message.bytes`), which the producer does not know. The broker's
answer says "too large" and not by how much, so each part is at most half as large as what was refused. If a part is
refused as well, it is split in turn, down to single records: one that is too large by itself fails.

The records go on in the same order, with their callbacks, and their delivery timeout goes on running: parts are as old
as the batch was. Their futures follow them, see `ProduceRequestResult.split_into`.

Left out against Java: there, the first split is by `batch.size`, which changes nothing if the batch was within it.

Java: org.apache.kafka.clients.producer.internals.ProducerBatch, its split
"""

from collections.abc import Callable

from kafka_nio.producer.futures import ProduceRequestResult
from kafka_nio.producer.producer_batch import ProducerBatch
from kafka_nio.protocol.record_batch import RecordBatch


def split(big: ProducerBatch, new_batch: Callable[[int], ProducerBatch]) -> list[ProducerBatch]:
    """Hand the records of a batch on to smaller ones.

    Args:
        big: the batch, with more than one record. Afterwards it has none, nor an outcome of its own.
        new_batch: makes an empty batch of this size, in bytes.
    """
    encoded = big.close()
    callbacks = big.take_callbacks()
    parts: list[ProducerBatch] = []
    places: list[tuple[ProduceRequestResult, int]] = []
    for index, record in enumerate(RecordBatch(encoded).records()):
        appendable = (record.timestamp_ms, record.key, record.value, record.headers, callbacks.get(index))
        if not parts or parts[-1].try_append(appendable) is None:
            parts.append(new_batch(len(encoded) // 2))
            parts[-1].try_append(appendable)
        places.append((parts[-1].result, parts[-1].record_count - 1))
    for part in parts:
        part.is_full = True  # what the application sends from now on comes after them
    big.hand_over(places)
    return parts
