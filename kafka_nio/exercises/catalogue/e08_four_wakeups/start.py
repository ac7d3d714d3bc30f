"""The questions.

Java: no counterpart.
"""

ANSWERS = {
    # wakeup()  select(1000)  select(1000)  select(1000)
    "a": None,
    # wakeup()  wakeup()  select(1000)  select(1000)
    "b": None,
    # wakeup()  select_now()  select(1000)  select(1000)
    "c": None,
    # wakeup()  wakeup()  select_now()  select(1000)
    "d": None,
    # wakeup()  select(1000)  wakeup()  select(1000)
    "e": None,
}
"""How many of the `select(1000)` come back at once: 0, 1, 2 or 3."""
