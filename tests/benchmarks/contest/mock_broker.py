"""librdkafka's mock cluster in a process of its own: one broker, until the standard input ends.

It prints its address. For each line "PARTITIONS TOPIC" it creates the topic and prints its name; for the line "cpu",
the CPU seconds that it has used.
"""

import sys
import time

from tests.support.mock_cluster import MockCluster


def main() -> None:
    """Do what the lines say."""
    with MockCluster() as cluster:
        print(cluster.bootstrap_servers, flush=True)
        for line in sys.stdin:
            if line == "cpu\n":
                print(time.process_time(), flush=True)
            else:
                partitions, topic = line.split()
                print(cluster.create_topic(topic, int(partitions)), flush=True)


if __name__ == "__main__":
    main()
