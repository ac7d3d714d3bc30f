"""Believes that select_now leaves a wakeup for the next select.

Java: no counterpart.
"""

ANSWERS = {
    # wakeup()  select(1000)  select(1000)  select(1000)
    "a": 1,
    # wakeup()  wakeup()  select(1000)  select(1000)
    "b": 1,
    # wakeup()  select_now()  select(1000)  select(1000)
    "c": 1,
    # wakeup()  wakeup()  select_now()  select(1000)
    "d": 1,
    # wakeup()  select(1000)  wakeup()  select(1000)
    "e": 2,
}
"""How many of the `select(1000)` come back at once: 0, 1, 2 or 3."""
