"""The explorer's script, as a file."""

import gzip

from tests.site.explorer import ROOT

SCRIPT = ROOT / "docs" / "assets" / "kafka-trace.js"
MOST_KB = 30


def test_the_script_is_small() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) <= MOST_KB * 1000


def test_the_script_asks_for_nothing() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    asking = ("fetch(", "XMLHttpRequest", "import(", "innerHTML", "eval(", "sendBeacon")
    assert not [word for word in asking if word in text]
