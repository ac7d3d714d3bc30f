"""What a step shows of a value."""

import math
from collections import namedtuple
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import pytest

from kafka_nio.cluster import Node, TopicPartition
from kafka_nio.tracing.describe import LONGEST_TEXT, Shown, describe


class Colour(Enum):
    RED = 1


class Plain:
    """Says nothing of itself."""


class Stateful:
    def __repr__(self) -> str:
        return "<Stateful   very\n busy>"


@dataclass
class Message:
    topics: list[str]


Pair = namedtuple("Pair", "left right")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, True),
        (7, 7),
        (2**70, str(2**70)),
        (1.5, 1.5),
        (100.0, 100),
        (math.inf, "never"),
        (None, "None"),
        ("orders", "orders"),
        (b"hello", 'b"hello"'),
        (memoryview(b"hello"), 'b"hello"'),
        (bytes(61), "61 bytes"),
        (b"x" * 1000, "1000 bytes"),
        ([], "[]"),
        ([1, "two", None], "[1, two, None]"),
        (list(range(9)), "[0, 1, 2, 3, … 9 in all]"),
        ({"b", "a"}, "[a, b]"),
        ({"a": 1}, "{a: 1}"),
        ({"a": None, "b": None}, "[a, b]"),
        (Colour.RED, "RED"),
        (Plain(), "Plain"),
        (Stateful(), "very busy"),
        (Message(["orders"]), "Message"),
        (TopicPartition("orders", 2), "orders-2"),
        ([TopicPartition("orders", 2)], "[orders-2]"),
        (Pair(1, 2), "[1, 2]"),
        (Node(0, "broker-0", 9092), "broker-0:9092 (node 0)"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_is_shown_short_and_plain(value: object, shown: Shown) -> None:
    described = describe(value)
    assert described == shown
    assert type(described) is type(shown)


def test_a_function_is_shown_by_its_name() -> None:
    def callback() -> None: ...

    assert str(describe(callback)).endswith("callback")
    assert describe(Plain.__init__) is not None


@pytest.mark.parametrize("make", [str, lambda text: [text], lambda text: {text: text}], ids=["text", "list", "mapping"])
def test_nothing_shown_is_long(make: Callable[[str], object]) -> None:
    assert len(str(describe(make("x" * 10_000)))) <= LONGEST_TEXT
