"""What the producer knows of the cluster, when that is out of date, and who waits for news.

Two threads meet here. The application's thread asks for a topic and waits; the sender's thread, when it comes by, sends
the question and puts the answer in. They never talk about a particular answer. Each answer raises `update_version`, and
who waits waits for a version larger than the one it saw:

    version = metadata.request_update_for_topic("orders")   # application: "I need something newer than this"
    sender.wakeup()
    metadata.await_update(version, timeout_ms)

Only the topics in use are asked for. A topic that nobody has sent to for `metadata_idle_ms` is dropped (KIP-526).

Java: org.apache.kafka.clients.Metadata, org.apache.kafka.clients.producer.internals.ProducerMetadata
"""

import threading
from collections.abc import Iterable, Mapping
from random import Random

from kafka_nio.client.backoff import ExponentialBackoff
from kafka_nio.client.bootstrap import BootstrapResolution
from kafka_nio.client.cluster_from_response import ClusterUpdate, merge, read_cluster
from kafka_nio.client.partition_leadership import LeaderIdAndEpoch, with_new_leaders
from kafka_nio.client.progress import Progress
from kafka_nio.clock import NEVER, Clock, SystemClock
from kafka_nio.cluster import Cluster, Node, TopicPartition
from kafka_nio.errors import ApiError, BootstrapResolutionError, IllegalStateError, KafkaError, KafkaTimeoutError
from kafka_nio.protocol.messages import MetadataRequest, MetadataRequestTopic, MetadataResponse
from kafka_nio.spans import Stage, decision, span


class Metadata:
    """The producer's view of the cluster. Safe to use from any thread.

    Args:
        refresh_backoff_ms, refresh_backoff_max_ms: the pause between two questions, and its limit as it grows.
        metadata_expire_ms: ask again after this long even if nothing seems wrong (`metadata_max_age_ms`).
        metadata_idle_ms: forget a topic that was not used for this long (`metadata_max_idle_ms`).
        clock, random: where time and jitter come from.
    """

    def __init__(
        self,
        refresh_backoff_ms: float,
        refresh_backoff_max_ms: float,
        metadata_expire_ms: float,
        metadata_idle_ms: float,
        clock: Clock | None = None,
        random: Random | None = None,
    ) -> None:
        self._clock: Clock = clock or SystemClock()
        self._backoff = ExponentialBackoff(refresh_backoff_ms, refresh_backoff_max_ms, random or Random())
        self._expire_ms = metadata_expire_ms
        self._idle_ms = metadata_idle_ms
        self._updated = threading.Condition()
        self.progress = Progress()
        self.cluster = Cluster()
        """The newest snapshot; replaced with the lock held, and read by anybody without. Java: fetch()"""
        # guarded by the condition's lock:
        self._bootstrap_addresses: tuple[tuple[str, int], ...] = ()
        self._topics: dict[str, float] = {}
        self._new_topics: set[str] = set()
        self._topic_errors: dict[str, ApiError] = {}
        self._update_version = 0
        self._request_version = 0
        self._need_full_update = False
        self._need_partial_update = False
        self._failed_attempts = 0
        self._equivalent_responses = 0
        self._last_refresh_ms: float = -NEVER
        self._last_successful_refresh_ms: float = -NEVER
        self._fatal_error: KafkaError | None = None
        self._bootstrap_error: BootstrapResolutionError | None = None
        # belongs to the sender's thread:
        self.bootstrap_resolution: BootstrapResolution | None = None
        """What looks for the first addresses, as long as there are none."""
        self._is_closed = False

    # The application's side...

    @span(Stage.METADATA, show="topic")
    def add(self, topic: str, now_ms: int) -> None:
        """Note that a topic is in use. One that was not in use before is asked for at once."""
        with self._updated:
            is_new = topic not in self._topics
            self._topics[topic] = now_ms + self._idle_ms
            if is_new:
                self._new_topics.add(topic)
                self._request_update_for_new_topics()

    @span(Stage.METADATA, show="return")
    def request_update(self) -> int:
        """Flag that our view is out of date, and return its version. Sends nothing: the sender does, when it polls."""
        with self._updated:
            self._need_full_update = True
            return self._update_version

    @span(Stage.METADATA, show="topic return")
    def request_update_for_topic(self, topic: str) -> int:
        """Flag that this topic is needed, and return the version of our view. A new topic is asked for alone."""
        with self._updated:
            if topic in self._new_topics:
                self._request_update_for_new_topics()
            else:
                self._need_full_update = True
            return self._update_version

    @span(Stage.METADATA, show="last_version timeout_ms")
    def await_update(self, last_version: int, timeout_ms: float) -> None:
        """Wait until our view is newer than `last_version`.

        Raises:
            KafkaTimeoutError: if it is not within `timeout_ms`.
            IllegalStateError: if the producer is closed meanwhile.
            AuthenticationError: if a broker does not let us in. It is raised once; whoever waits next tries anew.
            BootstrapResolutionError: if nobody knows the bootstrap servers. That stays so.
        """
        with self._updated:
            self._clock.wait(self._updated, lambda: self._has_news(last_version), timeout_ms)
            self.raise_bootstrap_error()
            if self._fatal_error is not None:
                error, self._fatal_error = self._fatal_error, None
                raise error
            if self._is_closed:
                raise IllegalStateError("The producer was closed while it waited for metadata.")
            if self._update_version <= last_version:
                raise KafkaTimeoutError(f"The metadata was not updated within {timeout_ms:.0f} ms.")

    def _has_news(self, last_version: int) -> bool:
        is_in_vain = self._is_closed or self._fatal_error is not None or self._bootstrap_error is not None
        return self._update_version > last_version or is_in_vain

    def raise_bootstrap_error(self) -> None:
        """Raise what keeps us from ever reaching the cluster, if anything does."""
        if self._bootstrap_error is not None:
            raise self._bootstrap_error

    def error_for_topic(self, topic: str) -> ApiError | None:
        """Why the newest answer says nothing useful about this topic, or None."""
        return self._topic_errors.get(topic)

    @property
    def last_failure(self) -> str | None:
        """Which step on the way to the metadata failed or is not answered, at which address, and why."""
        return self.progress.describe(self._clock.now_ms())

    def age_ms(self, now_ms: int) -> float:
        """How long ago the last complete answer was put in; infinite before the first one."""
        return now_ms - self._last_successful_refresh_ms

    @property
    def update_version(self) -> int:
        """How many answers have been put in."""
        return self._update_version

    @property
    def topics(self) -> frozenset[str]:
        """The topics in use."""
        with self._updated:
            return frozenset(self._topics)

    # The sender's side...

    @decision("return", "self._need_full_update self._need_partial_update time_to_expire time_to_allow")
    def time_to_next_update(self, now_ms: int) -> float:
        """How long until the metadata should be asked for again, in ms; 0 if that is due now."""
        with self._updated:
            if self._need_full_update or self._need_partial_update:
                time_to_expire = 0.0
            else:
                time_to_expire = max(self._last_successful_refresh_ms + self._expire_ms - now_ms, 0)
            time_to_allow = self._time_to_allow_update(now_ms)
            return max(time_to_expire, time_to_allow)

    def _time_to_allow_update(self, now_ms: int) -> float:
        """No question follows the last one at once, nor soon if the last ones failed or brought nothing new."""
        futile = max(self._failed_attempts, self._equivalent_responses)
        pause_ms = self._backoff.backoff(max(futile - 1, 0))
        return max(self._last_refresh_ms + pause_ms - now_ms, 0)

    def next_request(self) -> tuple[MetadataRequest, int, bool]:
        """The question to ask now, the version that its answer satisfies, and whether it is about new topics alone."""
        with self._updated:
            is_partial = not self._need_full_update and bool(self._new_topics)
            names: Iterable[str] = self._new_topics if is_partial else self._topics
            topics = [MetadataRequestTopic(name=name) for name in sorted(names)]
            return MetadataRequest(topics=topics), self._request_version, is_partial

    def bootstrap(self, addresses: Iterable[tuple[str, int]]) -> None:
        """Begin with nothing but addresses."""
        with self._updated:
            self._bootstrap_addresses = tuple(addresses)
            self.cluster = Cluster.bootstrap(self._bootstrap_addresses)
            self._need_full_update = True
            self._update_version += 1

    def bootstrap_failed(self, error: BootstrapResolutionError) -> None:
        """There is nobody to begin with, and never will be: tell everybody who waits, and whoever will."""
        with self._updated:
            self._bootstrap_error = error
            self._updated.notify_all()

    @span(Stage.METADATA)
    def rebootstrap(self) -> None:
        """Forget what is known of the cluster and begin again, with the addresses of the first beginning."""
        self.bootstrap(self._bootstrap_addresses)

    @span(Stage.METADATA, show="leaders return")
    def update_partition_leadership(
        self, leaders: Mapping[TopicPartition, LeaderIdAndEpoch], nodes: Iterable[Node]
    ) -> bool:
        """Put in what a broker says about the leaders of partitions, as far as it is news; return whether any was.

        Args:
            leaders: by partition.
            nodes: the addresses that the broker sent along.
        """
        with self._updated:
            before, self.cluster = self.cluster, with_new_leaders(self.cluster, leaders, nodes)
            return self.cluster is not before

    @span(Stage.METADATA, show="is_partial")
    def update(
        self, request_version: int, response: MetadataResponse, is_partial: bool, now_ms: int, api_version: int
    ) -> None:
        """Put an answer in and wake everybody who waits for one.

        Args:
            request_version: the version that came with the question (`next_request`).
            api_version: in which version of Metadata it was answered.
        """
        with self._updated:
            read = read_cluster(response, api_version, self.cluster, self._retain_topic(now_ms))
            # A topic added while the question was under way is not in the answer, so it stays due.
            self._need_partial_update = request_version < self._request_version
            self._last_refresh_ms = now_ms
            self._failed_attempts = 0
            if not is_partial:
                self._need_full_update = False
                self._last_successful_refresh_ms = now_ms
            self._take(read, is_partial)
            self._update_version += 1
            self.progress.succeeded()
            self._updated.notify_all()

    def _take(self, read: ClusterUpdate, is_partial: bool) -> None:
        cluster = merge(self.cluster, read) if is_partial else read.cluster
        self._equivalent_responses = self._equivalent_responses + 1 if cluster == self.cluster else 0
        self.cluster = cluster
        self._new_topics -= read.answered_topics
        self._need_full_update |= read.is_incomplete
        kept = {} if not is_partial else self._topic_errors
        self._topic_errors = {
            topic: error for topic, error in kept.items() if topic not in read.answered_topics
        } | read.topic_errors

    def _retain_topic(self, now_ms: int) -> frozenset[str]:
        """Forget the topics that nobody used for long, but none before its first answer; return those that are left."""
        for topic, expires_ms in tuple(self._topics.items()):
            if expires_ms <= now_ms and topic not in self._new_topics:
                del self._topics[topic]
        return frozenset(self._topics)

    def failed_update(self, now_ms: int) -> None:
        """A question was not answered: it is due again after a pause."""
        with self._updated:
            self._last_refresh_ms = now_ms
            self._failed_attempts += 1
            self._equivalent_responses = 0

    def fatal_error(self, error: KafkaError) -> None:
        """No answer will come before somebody mends this: tell one of those who wait, or the next who does."""
        with self._updated:
            self._fatal_error = error
            self._updated.notify_all()

    def close(self) -> None:
        """Tell everybody who waits that nothing will come any more."""
        with self._updated:
            self._is_closed = True
            self._updated.notify_all()

    def _request_update_for_new_topics(self) -> None:
        self._last_refresh_ms = -NEVER  # a new topic does not wait for the pause to be over
        self._need_partial_update = True
        self._equivalent_responses = 0
        self._request_version += 1

    def __repr__(self) -> str:
        due = "full" if self._need_full_update else "partial" if self._need_partial_update else "none"
        return f"<Metadata version {self._update_version}: {len(self._topics)} topics, update due: {due}>"
