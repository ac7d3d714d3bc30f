"""Our partition for a key is librdkafka's, for as many keys as it takes to be sure.

librdkafka has the function that Java's producer uses, by the names `murmur2` and `murmur2_random`; the second differs
only where there is no key. The wheel of confluent-kafka does not bind it, so it is called in its library.
"""

import ctypes
import os
import random

import pytest

from kafka_nio.producer.partitioner import partition_for_key
from tests.support.mock_cluster import load_library
from tests.support.unavailable import Unavailable

KEYS = 100_000


def partitioner(name: str) -> object:
    """`int32_t f(topic, key, size, partition_count, topic_opaque, message_opaque)`; the topic is not looked at."""
    try:
        function = getattr(load_library(), f"rd_kafka_msg_partitioner_{name}")
    except (AttributeError, Unavailable) as missing:
        pytest.skip(f"no librdkafka with this function: {missing}")
    function.restype = ctypes.c_int32
    pointer = ctypes.c_void_p
    function.argtypes = (pointer, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_int32, pointer, pointer)
    return function


@pytest.mark.parametrize("name", ["murmur2", "murmur2_random"])
def test_each_key_goes_where_librdkafka_would_send_it(name: str) -> None:
    seed = int(os.environ.get("KAFKA_NIO_SEED") or random.randrange(2**32))
    print(f"KAFKA_NIO_SEED={seed}")
    lot, theirs = random.Random(seed), partitioner(name)
    assert callable(theirs)
    differing = []
    for _ in range(KEYS):
        key = lot.randbytes(lot.randrange(1, 200) if lot.random() < 0.1 else lot.randrange(1, 20))
        partitions = lot.randrange(1, 10_000)
        if partition_for_key(key, partitions) != theirs(None, key, len(key), partitions, None, None):
            differing.append(key)
    assert not differing, f"{len(differing)} keys, the first of them {differing[0]!r}"


def test_a_key_without_a_byte_goes_there_too() -> None:
    theirs = partitioner("murmur2")
    assert callable(theirs)
    assert [partition_for_key(b"", n) for n in range(1, 50)] == [
        theirs(None, b"", 0, n, None, None) for n in range(1, 50)
    ]
