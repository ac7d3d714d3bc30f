"""What is seen of a program, and the picture of it."""

from collections import Counter
from xml.etree import ElementTree

import pytest

from tests.benchmarks.staircase.flame import WIDTH, flame, own_shares, tree
from tests.benchmarks.staircase.stacks import APPLICATION, SENDER, functions_of, seen, stacks_of, without_small
from tests.support.unavailable import Unavailable

ROOT = "thread (7): MainThread;<module> (/r/tests/benchmarks/staircase/load.py:1)"
LOOP = "application (/r/tests/benchmarks/staircase/load.py:29)"
SEND = "KafkaProducer.send (/r/kafka_nio/producer/kafka_producer.py:97)"
CLOCK = "SystemClock.time_ms (/r/kafka_nio/clock.py:55)"
RUN = "thread (8): x;Thread.run (/usr/lib/threading.py:971);Sender.run (/r/kafka_nio/producer/sender.py:126)"
SELECT = "Selector.select (/r/kafka_nio/nio/selector.py:60);EpollSelector.select (/usr/lib/selectors.py:451)"

SEEN = [f"{ROOT};{LOOP};{SEND};{CLOCK} 30", f"{ROOT};{LOOP};{SEND} 60", f"{ROOT};{LOOP} 10", f"{RUN};{SELECT} 5"]


def test_stacks_are_told_apart_by_thread_and_begin_where_the_thread_does() -> None:
    found = stacks_of(SEEN)
    assert found[APPLICATION] == {
        "load/application": 10,
        "load/application;producer/KafkaProducer.send": 60,
        "load/application;producer/KafkaProducer.send;base/SystemClock.time_ms": 30,
    }
    assert found[SENDER] == {"producer/Sender.run;nio/Selector.select": 5}


def test_a_thread_that_was_not_seen_is_said() -> None:
    with pytest.raises(Unavailable, match="nothing of the sender's thread"):
        stacks_of(SEEN[:3])


def test_where_nobody_may_look_one_sentence_says_so() -> None:
    no_process = 2**22 + 1
    with pytest.raises(Unavailable, match="py-spy") as caught:
        seen(no_process, seconds=1)
    assert "\n" not in str(caught.value)


def test_a_part_of_a_function_is_that_function() -> None:
    place = "(/r/kafka_nio/producer/drain.py:139)"
    assert functions_of([f"Drain.drain {place}", f"Drain.drain.<locals>.<dictcomp> {place}"]) == [
        "producer/Drain.drain"
    ]
    assert functions_of([f"<lambda> {place}", f"make.<locals>.serialize {place}"])[-1] == "producer/serialize"


def test_what_is_hardly_seen_counts_for_its_caller() -> None:
    assert without_small(Counter({"a": 1000, "a;b;c": 1, "a;b;d": 1, "a;e": 10, "a;e;f": 1})) == {
        "a": 1002,
        "a;e": 11,
    }


def test_shares_are_of_the_functions_by_themselves() -> None:
    assert own_shares({"a": 1, "a;b": 2, "a;c;b": 1}) == {"b": 0.75, "a": 0.25}


def test_a_box_is_as_wide_as_its_share_and_stands_below_its_caller() -> None:
    drawn = ElementTree.fromstring(flame("A thread", stacks_of(SEEN)[APPLICATION]))
    assert drawn.get("aria-label") == "A thread"
    boxes = list(drawn.iter("{http://www.w3.org/2000/svg}rect"))
    widths = [round((float(box.attrib["width"]) + 1) / WIDTH, 2) for box in boxes]
    assert widths == [1.0, 0.9, 0.3]
    assert [float(box.attrib["y"]) for box in boxes] == [0, 19, 38]
    titles = [title.text for title in drawn.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[1] == "KafkaProducer.send: 90.0%, itself 60.0%"


def test_the_picture_needs_no_script_and_is_one_block_of_html() -> None:
    drawn = flame("a <b>", stacks_of(SEEN)[APPLICATION])
    assert "script" not in drawn
    assert "\n\n" not in drawn
    assert "a &lt;b&gt;" in drawn


def test_samples_are_kept() -> None:
    stacks = stacks_of(SEEN)[APPLICATION]
    assert tree(stacks).samples == sum(stacks.values()) == 100
