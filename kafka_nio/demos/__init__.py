"""Small programs that each show one thing. `kafka-nio demo` runs them, `kafka-nio record` keeps what happened.

A demo is a function that is given a `Scene`: it asks the scene for a producer, says when the interesting part begins
and ends, and otherwise uses the producer as anybody would. The same function runs in two ways:

- `play`: on real threads and the wall clock, against any broker, or one of its own;
- `record_demo`: with threads that take turns under a virtual clock, so that it goes the same way every time.

Some come in pairs: the same program under two settings, to be compared. In `bugs` the producer has a bug.

Java: no counterpart.
"""

from kafka_nio.demos.acks_0 import ACKS_0
from kafka_nio.demos.bugs import BUG_DEMOS, BUGS
from kafka_nio.demos.cold_start import COLD_START
from kafka_nio.demos.connecting import CONNECT_AT_ONCE, CONNECT_IN_PROGRESS
from kafka_nio.demos.demo import Demo, Outcome, Setting
from kafka_nio.demos.dribble_and_glue import DRIBBLE_AND_GLUE
from kafka_nio.demos.full_batch import FULL_BATCH
from kafka_nio.demos.linger import LINGER_0, LINGER_5
from kafka_nio.demos.not_leader import NOT_LEADER
from kafka_nio.demos.one_record import ONE_RECORD
from kafka_nio.demos.order import ORDER_KEPT, ORDER_LOST
from kafka_nio.demos.pool_exhausted import POOL_EXHAUSTED
from kafka_nio.demos.request_timeout import REQUEST_TIMEOUT
from kafka_nio.demos.ride_along import RIDE_ALONG
from kafka_nio.demos.running import play, record_demo, try_demo
from kafka_nio.demos.scene import Result, Scene
from kafka_nio.demos.small_send_buffer import SMALL_SEND_BUFFER
from kafka_nio.demos.thousand_wakeups import THOUSAND_WAKEUPS
from kafka_nio.demos.two_responses_one_read import TWO_RESPONSES_ONE_READ
from kafka_nio.demos.window_full import WINDOW_FULL

DEMOS: dict[str, Demo] = {
    demo.name: demo
    for demo in (
        ONE_RECORD,
        LINGER_0,
        LINGER_5,
        FULL_BATCH,
        RIDE_ALONG,
        COLD_START,
        THOUSAND_WAKEUPS,
        SMALL_SEND_BUFFER,
        DRIBBLE_AND_GLUE,
        TWO_RESPONSES_ONE_READ,
        CONNECT_AT_ONCE,
        CONNECT_IN_PROGRESS,
        ACKS_0,
        WINDOW_FULL,
        POOL_EXHAUSTED,
        NOT_LEADER,
        ORDER_LOST,
        ORDER_KEPT,
        REQUEST_TIMEOUT,
        *BUG_DEMOS,
    )
}
"""All demos by name, in the order in which to read them; the last seven are the bugs."""

__all__ = ["BUGS", "DEMOS", "Demo", "Outcome", "Result", "Scene", "Setting", "play", "record_demo", "try_demo"]
