"""The contest: kafka-nio against kafka-python, aiokafka and confluent-kafka, side by side.

    python -m tests.benchmarks.contest --help

`cells` says what is measured and `contestants` who takes part. `schedule` puts the runs in order; each run is a process
of its own (`driver`, with one of `clients`) that sends to a fresh topic (`brokers`), whose records are then counted
(`one_run`). `results` keeps what came out, `figures` condenses it, `aims` judges it, and `report` makes the page.
"""
