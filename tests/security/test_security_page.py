"""The page on security says the numbers that the code has, and names what is there."""

import re
from pathlib import Path

from kafka_nio.broker.client_metrics import UNPACKED_MAX_BYTES
from kafka_nio.broker.config import BrokerConfig
from kafka_nio.broker.partial_record import PARTS_ALLOWED
from kafka_nio.broker.sasl.sasl_server_authenticator import LARGEST_TOKEN
from kafka_nio.client.sasl.scram import FEWEST_ROUNDS, MOST_ROUNDS
from kafka_nio.client.sasl.token_endpoint import LARGEST_ANSWER
from kafka_nio.network.staged_receives import ENOUGH_STAGED, MOST_STAGED
from kafka_nio.network.transfer import FIRST_CHUNK, MAX_RECEIVE_SIZE
from kafka_nio.protocol.compression import DECOMPRESSED_MAX_BYTES, ZSTD_PIECE_BYTES
from kafka_nio.quoting import MOST_QUOTED

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()

LIMITS = [
    MAX_RECEIVE_SIZE,
    FIRST_CHUNK,
    None,
    None,
    DECOMPRESSED_MAX_BYTES,
    ZSTD_PIECE_BYTES,
    None,
    UNPACKED_MAX_BYTES,
    LARGEST_TOKEN,
    LARGEST_TOKEN,
    BrokerConfig().fetch_max_bytes,
    LARGEST_ANSWER,
]
"""In the order of the table; None for a limit that is no number."""


def test_the_table_has_the_limits_that_the_code_has() -> None:
    rows = [line.split("|")[2].strip() for line in PAGE.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == len(LIMITS)
    for cell, limit in zip(rows, LIMITS, strict=True):
        assert limit is None or cell.startswith(f"{limit:,} bytes")


def test_it_says_how_many_records_and_headers_a_batch_may_have() -> None:
    assert f"| {PARTS_ALLOWED:,}, or as many as the batch has bytes |" in PAGE


def test_it_says_what_else_there_may_be_of_something() -> None:
    assert f"| {MOST_STAGED:,} | the connection is closed; from {ENOUGH_STAGED} on" in PAGE
    assert f"first {MOST_QUOTED:,} characters" in PAGE


def test_both_ends_accept_messages_of_the_same_size() -> None:
    assert BrokerConfig().socket_request_max_bytes == MAX_RECEIVE_SIZE


def test_the_rounds_of_scram_are_those_that_the_code_accepts() -> None:
    assert f"{FEWEST_ROUNDS:,} rounds" in PAGE
    assert f"more than {MOST_ROUNDS:,}" in PAGE


def test_every_file_that_it_names_is_there() -> None:
    named = re.findall(r"`(tests/[\w/.]+)`", PAGE)
    assert len(named) >= 3
    assert not [name for name in named if not (ROOT / name).exists()]


def test_it_is_in_the_navigation() -> None:
    assert "security.md" in (ROOT / "mkdocs.yml").read_text()
