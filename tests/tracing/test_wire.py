"""The bytes of a recording: messages, fields, the functions that wrote them, the system calls that moved them."""

import importlib
import ssl
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kafka_nio.broker import BrokerConfig, EmbeddedCluster
from kafka_nio.producer import KafkaProducer
from kafka_nio.tracing import otlp, record
from kafka_nio.tracing.frames import MOST_RECORDS, Conversation
from kafka_nio.tracing.recording import Frame, Recording
from kafka_nio.tracing.wire import Stream
from tests.support.certificates import Authority
from tests.tracing.frame_checks import complaints, frames_of
from tests.tracing.runs import Run, named, recorded, send_one, sent_one

EVERY_API = ["ApiVersions", "Metadata", "InitProducerId", "Produce"]


def frame_of(recording: Recording, api: str, direction: str) -> Frame:
    return next(one for one in frames_of(recording) if one.api.startswith(api) and one.direction == direction)


def function(name: str) -> object:
    """The function with this name: the longest part of it that is a module, and what that holds."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        try:
            module = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        return reduce(getattr, parts[end:], module)
    raise LookupError(name)


@pytest.mark.parametrize("brokers", [False, True], ids=["client", "with brokers"])
def test_every_byte_has_one_field_and_one_mover(brokers: bool) -> None:
    recording = sent_one(brokers=brokers)
    seen = {(one.api.split()[0], one.direction, one.connection.startswith("broker-0")) for one in frames_of(recording)}
    assert seen == {
        (api, direction, end) for api in EVERY_API for direction in ("in", "out") for end in {False, brokers}
    }
    assert complaints(recording) == []


def test_a_message_is_kept_where_it_is_handed_over() -> None:
    recording = sent_one()
    assert {(step.name, step.frame.direction) for step in recording.steps if step.frame} == {
        ("KafkaChannel.set_send", "out"),
        ("KafkaChannel.read", "in"),
    }


def test_the_fields_of_a_produce_request_tell_who_wrote_them() -> None:
    frame = frame_of(sent_one(), "Produce", "out")
    written = {field.name.rpartition("records[0].")[2]: field for field in frame.fields}
    assert frame.api == "Produce v13 request #4"
    assert frame.data[written["key"].offset + 1 :][:1] == b"k"
    assert {name: written[name].writer.removeprefix("kafka_nio.") for name in WRITERS} == WRITERS
    assert written["value"].value == 'b"hello"'
    assert written["size"].value == len(frame.data) - 4


WRITERS = {
    "size": "network.transfer.NetworkSend.__init__",
    "header.correlation_id": "protocol.codec.encode_request",
    "acks": "protocol.schema.Plan.write",
    "tagged_fields.size": "protocol.schema.Plan._write_tagged",
    "batch_length": "protocol.record_batch_builder.RecordBatchBuilder._header",
    "crc": "protocol.record_batch_builder.RecordBatchBuilder._with_header",
    "length": "protocol.record.encode_records",
    "value": "protocol.record.encode_records",
}


def test_the_functions_named_exist() -> None:
    frames = frames_of(sent_one(brokers=True))
    for name in {field.writer for frame in frames for field in frame.fields}:
        assert callable(function(name)), name


def test_a_frame_leads_to_its_system_calls() -> None:
    recording = sent_one()
    out, answer = (frame_of(recording, "Produce", direction) for direction in ("out", "in"))
    assert [step.name for step in recording.moved_by(out)] == ["nio.SocketChannel.write"]
    assert [step.moved and step.moved.length for step in recording.moved_by(answer)] == [4, len(answer.data) - 4]


def test_both_ends_of_a_connection_see_the_same_bytes() -> None:
    frames = frames_of(sent_one(brokers=True))
    clients = {(one.connection, one.direction, one.start): one.data for one in frames if one.connection[0] == "c"}
    brokers = {
        (one.connection.removeprefix("broker-0 "), {"in": "out", "out": "in"}[one.direction], one.start): one.data
        for one in frames
        if one.connection[0] == "b"
    }
    assert clients == brokers


def test_a_window_begins_in_the_middle_of_a_stream() -> None:
    def later(run: Run) -> None:
        with run.producer() as producer:
            producer.send("orders", b"first").result()
            run.watch.begin()
            producer.send("orders", b"second").result()
            run.watch.end()

    recording = recorded(later, begin=False)
    request, response = frames_of(recording)
    assert (request.connection, response.connection) == ("connection 0", "connection 0")
    assert request.start > 100
    assert complaints(recording) == []


def test_of_a_long_batch_the_first_records_are_taken_apart() -> None:
    def many(run: Run) -> None:
        with run.producer(linger_ms=100) as producer:
            for _ in range(MOST_RECORDS + 5):
                producer.send("orders", b"x")
            producer.flush()

    recording = recorded(many)
    fields = frame_of(recording, "Produce", "out").fields
    rest = next(field for field in fields if field.name.endswith(f".records[{MOST_RECORDS}:]"))
    assert rest.length == 5 * len(b"\x10\0\0\x20\1\2x\0")
    assert f".records[{MOST_RECORDS - 1}].value" in "".join(field.name for field in fields)
    assert complaints(recording) == []


def test_nothing_is_noted_if_nobody_asks() -> None:
    recording = recorded(send_one, bytes=False)
    assert frames_of(recording) == []
    assert not any(step.moved for step in recording.steps)


def test_the_file_keeps_the_bytes(tmp_path: Path) -> None:
    recording = sent_one(brokers=True)
    assert Recording.parse(otlp.text_of(recording)).steps == recording.steps


def test_two_runs_are_alike() -> None:
    assert otlp.text_of(recorded(send_one, brokers=True)) == otlp.text_of(sent_one(brokers=True))


def test_a_program_on_real_threads_is_noted_as_well() -> None:
    with (
        record(lines=False, state=False, brokers=True, name="real") as watch,
        EmbeddedCluster() as cluster,
        KafkaProducer(bootstrap_servers=cluster.bootstrap_servers) as producer,
    ):
        for number in range(100):
            producer.send("orders", bytes(1000), key=str(number).encode())
    assert {one.api.split()[0] for one in frames_of(watch.recording)} == set(EVERY_API)
    assert complaints(watch.recording) == []


# Secrets...


@pytest.fixture
def tls(tmp_path: Path) -> tuple[Authority, ssl.SSLContext]:
    authority = Authority(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.issue_file("broker-0"))
    return authority, context


def test_over_tls_the_stream_is_the_cleartext(tls: tuple[Authority, ssl.SSLContext]) -> None:
    authority, context = tls

    def encrypted(run: Run) -> None:
        with run.producer(security_protocol="SSL", ssl_truststore_certificates=authority.certificate) as producer:
            producer.send("orders", b"hello").result()

    recording = recorded(encrypted, cluster={"tls": context}, brokers=True)
    assert {one.api.split()[0] for one in frames_of(recording)} == set(EVERY_API)
    assert {step.name for step in recording.steps if step.moved} == {
        "SslTransportLayer.write",
        "SslTransportLayer.read",
    }
    assert complaints(recording) == []
    first = frame_of(recording, "ApiVersions", "out")
    assert first.start == 0
    (mover,) = recording.moved_by(first)
    assert [step.name for step in recording.children(mover.seq)] == ["nio.SocketChannel.write"]


LOGINS = ["PLAIN", "SCRAM-SHA-256"]


@pytest.mark.parametrize("mechanism", LOGINS)
@pytest.mark.parametrize("session_ms", [0, 1000])
def test_the_tokens_of_a_login_are_hidden(mechanism: str, session_ms: int) -> None:
    def log_in(run: Run) -> None:
        login = {"sasl_mechanism": mechanism, "sasl_username": "alice", "sasl_password": "open sesame"}
        with run.producer(security_protocol="SASL_PLAINTEXT", **login) as producer:
            for _ in range(3):
                producer.send("orders", b"hello").result()
                run.clock.sleep(session_ms * 0.96)  # the next record finds that the login has to be renewed

    config = BrokerConfig(connections_max_reauth_ms=session_ms)
    cluster = {"sasl": {mechanism: {"alice": "open sesame"}}, "config": config}
    recording = recorded(log_in, cluster=cluster, brokers=True)
    frames = frames_of(recording)
    tokens = [field for frame in frames for field in frame.fields if field.name == "auth_bytes"]
    data = b"".join(frame.data for frame in frames)
    text = otlp.text_of(recording)

    assert tokens
    assert {token.value for token in tokens} == {"hidden"}
    assert not [secret for secret in (b"sesame", b"alice") if secret in data]
    assert "sesame" not in text
    assert {"SaslHandshake", "SaslAuthenticate", "Produce"} <= {frame.api.split()[0] for frame in frames}
    assert "a token of a login" not in {frame.api for frame in frames}
    assert complaints(recording) == []


def size_and(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload


def test_bare_tokens_are_hidden() -> None:
    """Before Kafka 1.0 a token was sent as it is, behind a SaslHandshake of version 0."""
    conversation = Conversation(is_brokers=False)
    handshake = b"\0\x11\0\0\0\0\0\1\0\1x\0\5PLAIN"
    title, _, _ = conversation.take_apart(size_and(handshake), is_out=True, is_login=True)
    assert title == "SaslHandshake v0 request #1"
    conversation.take_apart(size_and(b"\0\0\0\1\0\0\0\0\0\0"), is_out=False, is_login=True)
    for is_out in (True, False):
        title, data, fields = conversation.take_apart(size_and(b"\0alice\0sesame"), is_out=is_out, is_login=True)
        assert title == "a token of a login"
        assert data == size_and(bytes(13))
        assert [(field.name, field.value) for field in fields] == [("size", 13), ("auth_bytes", "hidden")]


def test_what_is_no_kafka_is_one_field() -> None:
    title, data, fields = Conversation(is_brokers=False).take_apart(size_and(b"??"), is_out=True, is_login=False)
    assert (title, data, [field.name for field in fields]) == ("a message", size_and(b"??"), ["size", "payload"])


# Putting messages together...


@given(payloads=st.lists(st.binary(max_size=9)), cuts=st.lists(st.integers(1, 7), min_size=1))
def test_a_stream_is_cut_into_its_messages_however_it_comes(payloads: list[bytes], cuts: list[int]) -> None:
    messages = [size_and(payload) for payload in payloads]
    rest, stream = b"".join(messages), Stream()
    found: list[tuple[int, bytes]] = []
    while rest:
        size = cuts[len(rest) % len(cuts)]
        found += stream.add(rest[:size])
        rest = rest[size:]
    assert [message for _, message in found] == messages
    assert [start for start, _ in found] == [sum(map(len, messages[:index])) for index in range(len(messages))]


def test_a_step_that_moves_nothing_says_nothing() -> None:
    reads = named(sent_one(), "nio.SocketChannel.read")
    assert {step.moved is None for step in reads if step.result == 0} == {True}
    assert [step for step in reads if step.result == 0]
