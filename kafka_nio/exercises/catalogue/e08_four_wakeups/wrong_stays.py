"""Believes that no select sleeps after a wakeup.

Java: no counterpart.
"""

ANSWERS = {
    # wakeup()  select(1000)  select(1000)  select(1000)
    "a": 3,
    # wakeup()  wakeup()  select(1000)  select(1000)
    "b": 2,
    # wakeup()  select_now()  select(1000)  select(1000)
    "c": 2,
    # wakeup()  wakeup()  select_now()  select(1000)
    "d": 1,
    # wakeup()  select(1000)  wakeup()  select(1000)
    "e": 2,
}
"""How many of the `select(1000)` come back at once: 0, 1, 2 or 3."""
