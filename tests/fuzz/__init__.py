"""Fuzzing: bytes that nobody in their right mind would send, and what may come of them.

    python -m tests.fuzz --list                  the targets
    python -m tests.fuzz broker --seconds 60     look for a minute, led by which lines of the code were reached
    python -m tests.fuzz broker --replay FILE    one input again

A *target* is a function that is given bytes: it decodes them, or talks to a part of the project in them. It may come
back, or raise one of the errors that are documented for it (`Target.refusals`). Everything else is a fault: another
exception, a wrong value, more memory than a small multiple of the input, work without bound, a second without an end.

A target has *seeds*, good messages made by the code itself, and a *corpus*, the files in `corpus/TARGET/`: inputs that
atheris found and that reach what no seed reaches. The tests replay all of them (`test_fuzz.py`).
"""
