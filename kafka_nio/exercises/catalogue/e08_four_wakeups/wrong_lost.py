"""Believes that a wakeup wakes only who sleeps.

Java: no counterpart.
"""

ANSWERS = {
    # wakeup()  select(1000)  select(1000)  select(1000)
    "a": 0,
    # wakeup()  wakeup()  select(1000)  select(1000)
    "b": 0,
    # wakeup()  select_now()  select(1000)  select(1000)
    "c": 0,
    # wakeup()  wakeup()  select_now()  select(1000)
    "d": 0,
    # wakeup()  select(1000)  wakeup()  select(1000)
    "e": 0,
}
"""How many of the `select(1000)` come back at once: 0, 1, 2 or 3."""
