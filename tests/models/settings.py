"""How the models are run: for a few seconds each, at random, and what fails is printed so that it can be run again."""

from hypothesis import HealthCheck, Phase, settings

MODEL = settings(
    max_examples=100,
    stateful_step_count=40,
    deadline=None,
    print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
    database=None,
)
"""A failure prints its steps as a program, and a line `@reproduce_failure` that repeats it."""
