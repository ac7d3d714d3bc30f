"""The examples that a reader copies work as they are written, but for the address of the broker.

Those of the README, which show the library, are run by `tests/test_readme.py`.
"""

import re
from pathlib import Path

import pytest

from kafka_nio.broker import EmbeddedCluster
from kafka_nio.config import OPTIONS
from kafka_nio.demos import DEMOS
from kafka_nio.tracing import Recording

ROOT = Path(__file__).parents[2]
TEXTS = ("README.md", "docs/index.md")


def examples() -> list[tuple[str, str]]:
    """Every Python block of a page that is a program by itself."""
    blocks = [
        (name, code)
        for name in TEXTS
        if name != "README.md"
        for code in re.findall(r"```python\n(.*?)```", read(name), re.DOTALL)
    ]
    return [(name, code) for name, code in blocks if "import" in code]


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "code"), examples())
def test_an_example_runs(
    name: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with EmbeddedCluster() as cluster:
        exec(compile(code.replace("localhost:9092", cluster.bootstrap_servers), name, "exec"), {})
        records = list(cluster.log("orders", 0).records())

    assert [record.key for record in records] == [b"table 4"] * len(records) != []
    if "print(" in code:
        assert capsys.readouterr().out.count("orders") == len(records)
    if "record(" in code:
        assert set(Recording.load(tmp_path / "mine.otlp.jsonl").threads) == {"app", "sender"}


def test_the_recordings_that_pages_name_are_those_of_the_demos() -> None:
    pages = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")]
    named = {name for page in pages for name in re.findall(r"^recording: (\S+)$", page, re.MULTILINE)}
    assert named <= set(DEMOS)


def test_options_in_the_prose_exist() -> None:
    known = {option.name.replace(".", "_") for option in OPTIONS}
    words = {word for name in (*TEXTS, "docs/one-record.md") for word in re.findall(r"`(\w+_ms)`", read(name))}
    assert words <= known


def test_the_two_commands_stand_in_the_readme() -> None:
    commands = re.findall(r"```sh\n(.*?)\n```", read("README.md"), re.DOTALL)
    assert commands[:2] == ['pip install ".[site]" && kafka-nio tour', 'pip install -e ".[test]" && pytest']


def test_links_in_the_readme_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)\)", read("README.md"))
    assert [target for target in targets if not (ROOT / target).exists()] == []
