"""librdkafka's mock cluster: brokers in a thread of this process, that fail when they are told to.

The wheel of confluent-kafka brings the library; its mock functions are not in the Python binding, so they are called
through ctypes. They are no stable interface: where one is missing, `MockCluster` is unavailable.

What it checks of what it is sent is little (see `read_back` for that); its worth is that it was written by others and
fails on demand.
"""

import ctypes
from pathlib import Path
from typing import NamedTuple

import confluent_kafka

from tests.support.unavailable import Unavailable

PRODUCER = 0
DROP_CONNECTION = -195
"""As an error to push: close the connection instead of answering."""

ERROR_TEXT_SIZE = 512


class TrackedRequest(NamedTuple):
    """One request that a mock broker received."""

    broker: int
    api_key: int


def load_library() -> ctypes.CDLL:
    """The librdkafka inside the wheel of confluent-kafka."""
    package = Path(confluent_kafka.__file__).parent
    places = [*package.parent.glob("confluent_kafka.libs/librdkafka*.so*"), *package.glob(".dylibs/librdkafka*.dylib")]
    if not places:
        raise Unavailable("confluent-kafka was installed without librdkafka: use one of its wheels")
    library = ctypes.CDLL(str(places[0]))
    try:
        for name, result, *arguments in SIGNATURES:
            getattr(library, name).restype = result
            getattr(library, name).argtypes = arguments
    except AttributeError as missing:
        raise Unavailable(f"this librdkafka has another mock cluster: {missing}") from None
    return library


POINTER, TEXT, INT = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int

SIGNATURES = (
    ("rd_kafka_conf_new", POINTER),
    ("rd_kafka_conf_set", INT, POINTER, TEXT, TEXT, TEXT, ctypes.c_size_t),
    ("rd_kafka_new", POINTER, INT, POINTER, TEXT, ctypes.c_size_t),
    ("rd_kafka_destroy", None, POINTER),
    ("rd_kafka_mock_cluster_new", POINTER, POINTER, INT),
    ("rd_kafka_mock_cluster_destroy", None, POINTER),
    ("rd_kafka_mock_cluster_bootstraps", TEXT, POINTER),
    ("rd_kafka_mock_topic_create", INT, POINTER, TEXT, INT, INT),
    ("rd_kafka_mock_topic_set_error", None, POINTER, TEXT, INT),
    ("rd_kafka_mock_partition_set_leader", INT, POINTER, TEXT, ctypes.c_int32, ctypes.c_int32),
    ("rd_kafka_mock_push_request_errors_array", None, POINTER, ctypes.c_int16, ctypes.c_size_t, ctypes.POINTER(INT)),
    ("rd_kafka_mock_broker_set_rtt", INT, POINTER, ctypes.c_int32, INT),
    ("rd_kafka_mock_broker_set_down", INT, POINTER, ctypes.c_int32),
    ("rd_kafka_mock_broker_set_up", INT, POINTER, ctypes.c_int32),
    ("rd_kafka_mock_start_request_tracking", None, POINTER),
    ("rd_kafka_mock_get_requests", ctypes.POINTER(POINTER), POINTER, ctypes.POINTER(ctypes.c_size_t)),
    ("rd_kafka_mock_request_id", ctypes.c_int32, POINTER),
    ("rd_kafka_mock_request_api_key", ctypes.c_int16, POINTER),
    ("rd_kafka_mock_request_destroy_array", None, ctypes.POINTER(POINTER), ctypes.c_size_t),
)


class MockCluster:
    """Some brokers, numbered from 1, until the `with` ends."""

    def __init__(self, brokers: int = 1) -> None:
        self._library = load_library()
        self._client = self._new_client()
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._client, brokers)
        assert self._cluster, "librdkafka started no mock cluster"
        self._library.rd_kafka_mock_start_request_tracking(self._cluster)

    def __enter__(self) -> "MockCluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._client)

    def _new_client(self) -> int:
        """The mock cluster belongs to a client, which does nothing else."""
        why_not = ctypes.create_string_buffer(ERROR_TEXT_SIZE)
        conf = self._library.rd_kafka_conf_new()
        self._library.rd_kafka_conf_set(conf, b"log_level", b"0", why_not, ERROR_TEXT_SIZE)
        client = self._library.rd_kafka_new(PRODUCER, conf, why_not, ERROR_TEXT_SIZE)
        assert client, why_not.value.decode()
        return int(client)

    @property
    def bootstrap_servers(self) -> str:
        """127.0.0.1:port of every broker, with commas."""
        return bytes(self._library.rd_kafka_mock_cluster_bootstraps(self._cluster)).decode()

    @property
    def requests(self) -> list[TrackedRequest]:
        """Every request the brokers have received, in order."""
        number = ctypes.c_size_t()
        array = self._library.rd_kafka_mock_get_requests(self._cluster, ctypes.byref(number))
        brokers, api_keys = self._library.rd_kafka_mock_request_id, self._library.rd_kafka_mock_request_api_key
        requests = [TrackedRequest(brokers(array[i]), api_keys(array[i])) for i in range(number.value)]
        self._library.rd_kafka_mock_request_destroy_array(array, number.value)
        return requests

    def create_topic(self, topic: str, partitions: int = 1) -> str:
        """Create a topic; return its name."""
        self._check(self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1))
        return topic

    def fail_topic(self, topic: str, error_code: int) -> None:
        """Answer every question about this topic with the error; 0 ends that."""
        self._library.rd_kafka_mock_topic_set_error(self._cluster, topic.encode(), error_code)

    def fail_requests(self, api_key: int, *error_codes: int) -> None:
        """Answer the next requests of this kind with these errors, one each."""
        errors = (INT * len(error_codes))(*error_codes)
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, api_key, len(error_codes), errors)

    def move_leader(self, topic: str, partition: int, broker: int) -> None:
        """Let another broker lead the partition."""
        self._check(self._library.rd_kafka_mock_partition_set_leader(self._cluster, topic.encode(), partition, broker))

    def slow_down(self, broker: int, delay_ms: int) -> None:
        """Let a broker answer that much later."""
        self._check(self._library.rd_kafka_mock_broker_set_rtt(self._cluster, broker, delay_ms))

    def take_down(self, broker: int) -> None:
        """Close the broker's connections and refuse new ones."""
        self._check(self._library.rd_kafka_mock_broker_set_down(self._cluster, broker))

    def bring_up(self, broker: int) -> None:
        """Let a broker that was down accept connections again."""
        self._check(self._library.rd_kafka_mock_broker_set_up(self._cluster, broker))

    @staticmethod
    def _check(error_code: int) -> None:
        assert error_code == 0, f"librdkafka's mock cluster answered with error {error_code}"
