"""What a bug is: a method of the real code, and the wrong one that takes its place for a while.

Java: no counterpart.
"""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

from kafka_nio.spans import SPANS

BROKERS = "broker-"
"""How the names of the brokers' threads begin."""


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

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Put the wrong function in the right one's place for the block. Recorders woven in meanwhile see it run."""
        marks = {name: span for name, span in SPANS.items() if span.function is self.right}
        assert isinstance(self.wrong, FunctionType), "a function takes a function's place"
        setattr(self.owner, self.replaced, self.wrong)
        SPANS.update({name: dataclasses.replace(span, function=self.wrong) for name, span in marks.items()})
        try:
            yield
        finally:
            SPANS.update(marks)
            setattr(self.owner, self.replaced, self.right)

    @contextmanager
    def sparing_brokers(self) -> Iterator[None]:
        """Have the brokers of this process go on doing it right: they use the same classes, and have no bug.

        To be entered when the brokers run and the recorder is woven in. Afterwards everybody does it right.
        """
        wrong = vars(self.owner)[self.replaced]

        def either(*args: Any, **kwargs: Any) -> Any:
            is_broker = threading.current_thread().name.startswith(BROKERS)
            return (self.right if is_broker else wrong)(*args, **kwargs)

        setattr(self.owner, self.replaced, either)
        try:
            yield
        finally:
            setattr(self.owner, self.replaced, self.right)
