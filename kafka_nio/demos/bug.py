"""What a bug is: a method of the real code, and the wrong one that takes its place for a while.

Java: no counterpart.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

from kafka_nio.demos.stand_in import StandIn

THE_LOOP = (
    "KafkaProducer.send",
    "RecordAccumulator.append",
    "Sender.wakeup",
    "Selector.wakeup",
    "nio.Selector.wakeup",
    "FutureRecordMetadata.result",
    "Selector.connect",
    "NetworkClient.do_send",
    "KafkaChannel.set_send",
    "Selector.poll",
    "Selector.clear",
    "Selector.select",
    "nio.Selector.select",
    "nio.Selector.select_now",
    "Selector.poll_selection_keys",
    "KafkaChannel.finish_connect",
    "nio.SocketChannel.finish_connect",
    "KafkaChannel.write",
    "nio.SocketChannel.write",
    "KafkaChannel.read",
    "nio.SocketChannel.read",
    "KafkaChannel.close",
    "NetworkClient.parse_response",
    "ProducerBatch.complete",
)
"""The steps that tell a bug's story: what the application does, and the loop around the select."""


@dataclass(frozen=True, slots=True)
class Bug:
    """A mistake that can be switched on.

    `owner` is the class or the module whose function `replaced` is replaced by `wrong`; `lint` names the lint that
    catches it. `right` is what stood there.
    """

    name: str
    owner: type | ModuleType
    replaced: str
    wrong: Callable[..., Any]
    lint: str
    right: Callable[..., Any] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "right", vars(self.owner)[self.replaced])

    @property
    def stand_in(self) -> StandIn:
        """The wrong function in the right one's place."""
        return StandIn(self.right, self.wrong)
