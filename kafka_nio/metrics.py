"""What is counted while the producer runs, under Kafka's metric names.

Two kinds: a count that only grows (`record-send-total`), and a figure whose average and maximum are kept
(`batch-size-avg`, `batch-size-max`). Both are touched once per batch, request or poll, never per record.

Left out against Java: rates over a moving window, reporters, JMX, and one sensor per broker and topic.

Java: org.apache.kafka.common.metrics.Metrics
"""

import threading


class Metrics:
    """Counts and figures by name. Written by several threads, read by `KafkaProducer.metrics()`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # guarded by the lock:
        self._totals: dict[str, float] = {}
        self._figures: dict[str, tuple[int, float, float]] = {}

    def count(self, name: str, amount: float = 1) -> None:
        """Add to `<name>-total`."""
        with self._lock:
            self._totals[name] = self._totals.get(name, 0) + amount

    def record(self, name: str, value: float) -> None:
        """Note one value of a figure, which shows as `<name>-avg` and `<name>-max`."""
        with self._lock:
            number, total, largest = self._figures.get(name, (0, 0.0, value))
            self._figures[name] = (number + 1, total + value, max(largest, value))

    def snapshot(self) -> dict[str, float]:
        """Every metric by its Kafka name, at this moment."""
        with self._lock:
            values = {f"{name}-total": total for name, total in self._totals.items()}
            for name, (number, total, largest) in self._figures.items():
                values[f"{name}-avg"] = total / number
                values[f"{name}-max"] = largest
        return dict(sorted(values.items()))
