"""Who may import whom, as pyproject.toml says under tool.importlinter."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

LINT_IMPORTS = "from importlinter.cli import lint_imports; raise SystemExit(lint_imports(no_cache=True))"


def test_each_layer_knows_only_the_ones_below_it() -> None:
    # In a process of its own, because it switches the loggers of the one that it runs in off.
    linted = subprocess.run([sys.executable, "-c", LINT_IMPORTS], cwd=ROOT, capture_output=True, text=True)
    assert linted.returncode == 0, linted.stdout + linted.stderr
