"""The command `kafka-nio`. This module says what to install if a part of it is missing; `app` is the command itself.

One file per subcommand: `tour`, `demo`, `record`, `show`, `diff`, `lint`, `export`, `broker`, `produce`, `perf`,
`learn`. `picture` draws a recording in the terminal and `one_step` a single step of it; `course`, `learn_screen`,
`learn_watch` and `keys` belong to `learn`, `properties` and what begins with `perf_` to `perf`; `problem` is the one
way in which a command fails, `waiting` is for those that take long.

Java: no counterpart.
"""

import sys
from collections.abc import Sequence

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command and exit with its status: 0, or 1 for a failure, 2 for wrong usage, 130 for Ctrl-C."""
    try:
        from kafka_nio.cli.app import run  # here, because it takes a while, and Ctrl-C may come meanwhile

        status = run(sys.argv[1:] if arguments is None else arguments)
    except ModuleNotFoundError as missing:
        sys.exit(_what_to_install(missing))
    except KeyboardInterrupt:
        print("kafka-nio: interrupted", file=sys.stderr)
        sys.exit(INTERRUPTED)
    sys.exit(status)


def _what_to_install(missing: ModuleNotFoundError) -> str:
    package = (missing.name or "").partition(".")[0]
    if package == "kafka_nio":
        raise missing
    return f"kafka-nio: the command needs {package}, which is not installed: pip install 'kafka-nio[cli]'"
