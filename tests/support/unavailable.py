"""`Unavailable`: something from outside that a test needs cannot be had. conftest.py makes a skip of it."""


class Unavailable(Exception):
    """What is missing, and how to get it."""
