"""Small programs that each show one thing. `kafka-nio demo` runs them, `kafka-nio record` keeps what happened.

A demo is a function that is given a `Scene`: it asks the scene for a producer, says when the interesting part begins
and ends, and otherwise uses the producer as anybody would. The same function runs in two ways:

- `play`: on real threads and the wall clock, against any broker, or one of its own;
- `record_demo`: with threads that take turns under a virtual clock, so that it goes the same way every time.

Java: no counterpart.
"""

from kafka_nio.demos.demo import Demo, Outcome
from kafka_nio.demos.one_record import ONE_RECORD
from kafka_nio.demos.running import play, record_demo
from kafka_nio.demos.scene import Scene

DEMOS: dict[str, Demo] = {demo.name: demo for demo in (ONE_RECORD,)}
"""All demos by name, in the order in which to read them."""

__all__ = ["DEMOS", "Demo", "Outcome", "Scene", "play", "record_demo"]
