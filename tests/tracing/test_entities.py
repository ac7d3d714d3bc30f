"""Numbers for things, and what is known of objects while they live."""

import gc

from kafka_nio.tracing.entities import Entity, Names, Noted


class Thing:
    """Any object."""


def test_what_is_known_of_an_object_goes_with_it() -> None:
    noted, thing = Noted[str](), Thing()
    noted.put(thing, "known")
    assert noted.get(thing) == "known"
    del thing
    gc.collect()
    assert len(noted) == 0


def test_objects_that_are_equal_are_still_two() -> None:
    noted = Noted[str]()
    one, other = frozenset({1}), frozenset({1})
    noted.put(one, "one")
    assert one == other
    assert noted.get(other) is None
    assert noted.of(other, lambda: "other") == "other"
    assert noted.of(one, lambda: "again") == "one"


def test_numbers_are_given_in_the_order_of_appearance() -> None:
    names, first, second = Names(), Entity("record"), Entity("record")
    assert [names.of(one) for one in (second, first, second)] == ["record 1", "record 2", "record 1"]
    assert names.of(Entity("connection")) == "connection 0"


def test_a_window_counts_anew() -> None:
    names, before, inside = Names(), Entity("batch"), Entity("batch")
    names.of(before)
    names.begin()
    assert [names.of(inside), names.of(before)] == ["batch 1", "batch 2"]
