"""The process in which atheris looks for inputs. It ends by itself, with status 0 if no input was a fault.

    python -m tests.fuzz.engine TARGET FOUND SECONDS SEED SLOWEST_S

FOUND is a folder: the seeds and the corpus are put into it, and what reaches something new is added. An input that is a
fault is left next to it, in a file `fault-…`. What is judged here is the outcome alone, and that it comes within
SLOWEST_S seconds; memory and work are judged afterwards (`judge`), because to count them would make the search ten
times slower.
"""

import logging
import sys
from pathlib import Path

import atheris

LED_BY = [
    *(f"kafka_nio.{package}" for package in ("broker", "client.sasl", "network", "protocol")),
    *(f"kafka_nio.client.{module}" for module in ("api_versions", "cluster_from_response", "metadata")),
    *(f"kafka_nio.tracing.{module}" for module in ("attributes", "frames", "reading", "recording")),
]
"""The code in which each line that is reached is noticed. All of the project would take twice as long to begin."""

with atheris.instrument_imports(include=LED_BY):
    from tests.fuzz.all_targets import TARGETS, Target
    from tests.fuzz.corpus import LARGEST_INPUT, load, name_of

MOST_MEMORY_MIB = 1024


def fill(target: Target, folder: Path) -> None:
    """Put what is known already into the folder."""
    for data in (*target.seeds(), *load(target).values()):
        (folder / name_of(data)).write_bytes(data)


def main(name: str, found: str, seconds: str, seed: str, slowest_s: str) -> None:
    """Look for inputs. Does not return: libFuzzer ends the process."""
    target, folder = TARGETS[name], Path(found)
    fill(target, folder)

    def run(data: bytes) -> None:
        try:
            target.run(data)
        except target.refusals:
            return

    run(b"")  # a target that does not work at all is told by Python, and not as a find
    options = {
        "max_total_time": seconds,
        "seed": seed,
        "max_len": max(LARGEST_INPUT, *(len(data) for data in target.seeds())),
        "timeout": slowest_s,
        "rss_limit_mb": MOST_MEMORY_MIB,
        "artifact_prefix": f"{folder.parent}/fault-",
        "print_final_stats": 1,
    }
    atheris.Setup([name, *(f"-{option}={value}" for option, value in options.items()), found], run)
    atheris.Fuzz()


if __name__ == "__main__":
    logging.disable(logging.WARNING)  # an error that the broker logs is a fault; what it complains of is not
    main(*sys.argv[1:])
