"""The staircase: from an empty `send` to the whole one, step by step, and what each step costs.

    python -m tests.benchmarks.staircase --help

`stairs` lists the steps of the application's thread; each is the producer's own code, which `cut` lets stop at that
step, and `climb` times it in a process of its own. `sender_parts` lists what the sender's thread does, and `turns`
times it. `stacks` looks into a program that sends (`load`), and `flame` draws what it saw. `results` keeps all that,
and `report` makes the page docs/staircase.md of it.
"""
