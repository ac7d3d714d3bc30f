"""Long runs: does a producer that works for an hour, or ten thousand of them, leave anything behind?

    python -m tests.endurance hour --minutes 60 --rate 1000
    python -m tests.endurance producers --count 10000
    python -m tests.endurance wide
    python -m tests.endurance.page

Each writes what it found into `results.json` beside this file; the last makes `docs/endurance.md` of that.
"""
