"""What a step goes on from, across steps, threads and connections.

    wakeup     nio.Selector.wakeup → the select that it ended
    batch      RecordAccumulator.append → drain_batches_for_one_node, which takes the record's batch
    request    drain_batches_for_one_node → NetworkClient.do_send, which puts the batch into a request
    handling   NetworkClient.do_send → KafkaApis.handle, at the broker
    answer     KafkaApis.handle → the broker's KafkaChannel.set_send → NetworkClient.parse_response
    response   NetworkClient.do_send → NetworkClient.parse_response
    outcome    NetworkClient.parse_response → complete_batch
    retry      RecordAccumulator.reenqueue → drain_batches_for_one_node
    metadata   Metadata.update → Metadata.await_update, on the thread that waited for it
    memory     BufferPool.deallocate → BufferPool.wait_for_memory, likewise
    callback   ProducerBatch.complete → the record's callback, and FutureRecordMetadata.result on the caller's thread

A link hangs on the step at the arrow's head. Mostly the other one began earlier; but who sleeps in a select or waits
for a result began to do so before the step that ends it.

`RULES` at the end is the whole of it as a table: which step produces what and follows what.

Java: no counterpart.
"""

import struct
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from kafka_nio.tracing.call import Call
from kafka_nio.tracing.causes import Carried, Causes, Request, Wakeup, about_request, link
from kafka_nio.tracing.connections import Connections
from kafka_nio.tracing.rules import Arguments, Rule

MOST_LINKS = 100
"""How many records of one batch are linked to it. All of them say in `about` which batch they are in."""

REQUEST_ID, RESPONSE_ID = struct.Struct(">4xi"), struct.Struct(">i")
"""Where the correlation id stands in a request's payload, behind API and version, and in a response's."""


# Wakeups...


def _waking(seen: Causes, call: Call, given: Arguments) -> None:
    """Only a wakeup that finds nobody awake writes the byte that ends a select; the others change nothing."""
    if not given["self"]._waker._awake:
        seen.wakeups(given["self"]).append(Wakeup(call))


def _woke(seen: Causes, call: Call, given: Arguments, result: object) -> None:
    """The byte is written. If it has been read already, then by the select that ended in the meantime."""
    pending = seen.wakeups(given["self"])
    for wakeup in pending:
        if wakeup.call is call:
            wakeup.has_written = True
            if wakeup.perhaps_ended is not None and not given["self"]._waker._awake:
                link(wakeup.perhaps_ended, call, "wakeup")
                pending.remove(wakeup)
            return


def _selected(seen: Causes, call: Call, given: Arguments, result: object) -> None:
    """If the byte is gone, this select has read it. If it is there and two have been written, it has read the first."""
    pending, is_awake = seen.wakeups(given["self"]), given["self"]._waker._awake
    if not pending or (is_awake and len(pending) == 1):
        return
    if not pending[0].has_written:
        pending[0].perhaps_ended = call  # or its byte is about to be written, which we shall see
        return
    link(call, pending[0].call, "wakeup")
    pending[:] = pending[-1:] if is_awake else []


# Other waits across threads...


def _begins_to_wait(seen: Causes, call: Call, given: Arguments) -> None:
    seen.waits(given["self"])[call] = None


def _ends_waits(seen: Causes, call: Call, given: Arguments) -> None:
    waits = seen.waits(given["self"])
    waits.update(dict.fromkeys(waits, call))


def _has_metadata(seen: Causes, call: Call, given: Arguments, result: object) -> None:
    link(call, seen.waits(given["self"]).pop(call, None), "metadata")


def _has_memory(seen: Causes, call: Call, given: Arguments, result: object) -> None:
    link(call, seen.waits(given["self"]).pop(call, None), "memory")


# From records to batches...


def _appended(seen: Causes, call: Call, given: Arguments, result: Any) -> None:
    future, _, _ = result
    batch, index = seen.batch(future.batch_result), future.index
    batch.appends[index] = call
    seen.about(call, batch.record(index), batch)
    if batch.drained is not None:
        link(batch.drained, call, "batch")  # the sender's thread was faster than we are


def _opened_batch(seen: Causes, call: Call, given: Arguments, result: Any) -> None:
    future, _, _ = result
    batch = seen.batch(future.batch_result)
    seen.about(call, batch.record(future.index), batch)


def _sent_record(seen: Causes, call: Call, given: Arguments, result: Any) -> None:
    batch = seen.known_batch(result.batch_result)
    if batch is not None:
        seen.about(call, batch.record(result.index), batch)


def _drained(seen: Causes, call: Call, given: Arguments, result: Iterable[Any]) -> None:
    for taken in result:
        batch = seen.batch(taken.result)
        batch.drained = call
        seen.about(call, batch)
        if batch.reenqueued is not None:
            link(call, batch.reenqueued, "retry")
        else:
            for append in islice(batch.appends.values(), MOST_LINKS):
                link(call, append, "batch")


def _touched_batch(seen: Causes, call: Call, given: Arguments) -> None:
    seen.about(call, seen.batch(given["batch"].result))


def _touched_own_batch(seen: Causes, call: Call, given: Arguments) -> None:
    seen.about(call, seen.batch(given["self"].result))


def _reenqueued(seen: Causes, call: Call, given: Arguments) -> None:
    batch = seen.batch(given["batch"].result)
    batch.reenqueued = call
    seen.about(call, batch)


def _handed_over(seen: Causes, call: Call, given: Arguments) -> None:
    """The batch was split: its records are others' now, and stay who they are."""
    old = seen.batch(given["self"].result)
    seen.about(call, old)
    for index, (result, place) in enumerate(given["places"]):
        part = seen.batch(result)
        part.records[place] = old.record(index)
        part.reenqueued = call
        seen.about(call, part)


# From batches to requests...


def _sending_batches(seen: Causes, call: Call, given: Arguments) -> None:
    batches = [seen.batch(batch.result) for batch in given["batches"]]
    seen.about(call, *batches)
    seen.carry(call, Carried(batches))


def _sending(seen: Causes, call: Call, given: Arguments) -> None:
    about_request(call, given["request"].correlation_id)


def _sent(seen: Causes, call: Call, given: Arguments) -> None:
    number, batches = given["request"].correlation_id, seen.carried_to(call).batches
    request = seen.requests(given["self"])[number] = Request(number, call, batches)
    seen.carry(call, Carried(request=request))
    about_request(call, number)
    for batch in batches:
        batch.request = request
        seen.about(call, batch)
        link(call, batch.drained, "request")


# Over the connection and back...


def _id_of(send: Any, at: struct.Struct) -> int:
    """The correlation id in what is about to be sent, behind its size."""
    first = b"".join(bytes(part[:16]) for part in islice(send._parts, 2))[4:]
    number: int = at.unpack_from(first)[0]
    return number


def _handed_to_selector(seen: Causes, call: Call, given: Arguments) -> None:
    request = seen.carried_to(call).request
    if request is not None:
        about_request(call, request.number)


def _handed_to_channel(seen: Causes, call: Call, given: Arguments) -> None:
    end = seen.ends.of(given["self"], call.thread)
    end.sending = number = _id_of(given["send"], RESPONSE_ID if end.is_brokers else REQUEST_ID)
    about_request(call, number)
    exchange = end.connection.exchange(number)
    if end.is_brokers:
        link(call, exchange.handled, "answer")
        exchange.answered = call
    else:
        request = seen.carried_to(call).request
        exchange.sent = call if request is None else request.sent


def _wrote(seen: Causes, call: Call, given: Arguments) -> None:
    end = seen.ends.of(given["self"], call.thread)
    if given["self"].has_send and end.sending is not None:
        about_request(call, end.sending)


def _read(seen: Causes, call: Call, given: Arguments, result: Any) -> None:
    if result is not None:
        end = seen.ends.of(given["self"], call.thread)
        about_request(call, (REQUEST_ID if end.is_brokers else RESPONSE_ID).unpack_from(result.payload)[0])


def _handled(seen: Causes, call: Call, given: Arguments) -> None:
    request = given["request"]
    about_request(call, request.header.correlation_id)
    end = seen.ends.of_broker(call.thread, request.connection_id)
    if end is not None:
        seen.about(call, end.connection)
        exchange = end.connection.exchange(request.header.correlation_id)
        link(call, exchange.sent, "handling")
        exchange.handled = call


def _parsed(seen: Causes, call: Call, given: Arguments, result: Any) -> None:
    number = result[0].header.correlation_id
    about_request(call, number)
    end = seen.ends.of_selector(given["self"]._selector, given["receive"].source, call.thread)
    if end is not None:
        exchange = end.connection.exchanges.pop(number, None)
        link(call, exchange.answered if exchange is not None else None, "answer")
    request = seen.requests(given["self"]).pop(number, None)
    if request is not None:
        request.answered = call
        link(call, request.sent, "response")


# From the answer to whoever waits for it...


def _answered(seen: Causes, call: Call, given: Arguments) -> None:
    about_request(call, given["response"].header.correlation_id)
    seen.about(call, *(seen.batch(batch.result) for batch in given["batches"]))


def _completing(seen: Causes, call: Call, given: Arguments) -> None:
    batch = seen.batch(given["batch"].result)
    seen.about(call, batch)
    if batch.request is not None:
        about_request(call, batch.request.number)
        # Without an answer (acks=0, or the connection is lost) it is the request itself that this comes of.
        link(call, batch.request.answered or batch.request.sent, "outcome")


def _completed(seen: Causes, call: Call, given: Arguments) -> None:
    batch = seen.batch(given["self"].result)
    batch.completed = batch.completed or call
    seen.about(call, batch)
    seen.carry(call, Carried([batch], places=[index for index, _ in given["self"]._callbacks]))


def _called_back(seen: Causes, call: Call, given: Arguments) -> None:
    """The records' callbacks are called in the order of their places."""
    carried = seen.carried_to(call)
    if carried.places:
        (batch,) = carried.batches
        seen.about(call, batch.record(carried.places.pop(0)), batch)
        link(call, batch.completed, "callback")


def _result(seen: Causes, call: Call, given: Arguments, result: object) -> None:
    """The wait for a result has ended, by the outcome or because the caller's patience did."""
    future = given["self"]
    place, index = future.batch_result.place_of(future.index)
    batch = seen.known_batch(place)
    if batch is not None:
        seen.about(call, batch.record(index), batch)
        if place.is_done:
            link(call, batch.completed, "callback")


RULES: Mapping[str, Rule] = {
    # the step                                   produces    follows
    "nio.Selector.wakeup": Rule("wakeup", "", _waking, _woke),
    "nio.Selector.select": Rule("", "wakeup", exited=_selected),
    "nio.Selector.select_now": Rule("", "wakeup", exited=_selected),
    "Metadata.update": Rule("metadata", "", _ends_waits),
    "Metadata.await_update": Rule("", "metadata", _begins_to_wait, _has_metadata, even_failed=True),
    "BufferPool.deallocate": Rule("memory", "", _ends_waits),
    "BufferPool.wait_for_memory": Rule("", "memory", _begins_to_wait, _has_memory, even_failed=True),
    "KafkaProducer.send": Rule("", "", exited=_sent_record),
    "KafkaProducer.do_send": Rule("", "", exited=_sent_record),
    "RecordAccumulator.append": Rule("record", "", exited=_appended),
    "RecordAccumulator.append_new_batch": Rule("batch", "", exited=_opened_batch),
    "Drain.batch_ready": Rule("", "", _touched_batch),
    "BatchSequences.must_wait": Rule("", "", _touched_batch),
    "BatchSequences.assign": Rule("", "", _touched_batch),
    "ProducerBatch.close": Rule("", "", _touched_own_batch),
    "Drain.drain_batches_for_one_node": Rule("drained batch", "record", exited=_drained),
    "Sender.send_produce_request": Rule("", "", _sending_batches),
    "NetworkClient.send": Rule("", "", _sending),
    "NetworkClient.do_send": Rule("request", "drained batch", _sent),
    "Selector.send": Rule("", "", _handed_to_selector),
    "KafkaChannel.set_send": Rule("answer", "handling", _handed_to_channel),
    "KafkaChannel.write": Rule("", "", _wrote),
    "KafkaChannel.read": Rule("", "", exited=_read),
    "KafkaApis.handle": Rule("handling", "request", _handled),
    "NetworkClient.parse_response": Rule("response", "request, answer", exited=_parsed),
    "ProduceResponses.handle_produce_response": Rule("", "", _answered),
    "ProduceResponses.complete_batch": Rule("", "response", _completing),
    "ProduceResponses.can_retry": Rule("", "", _touched_batch),
    "ProduceResponses.fail_batch": Rule("", "", _touched_batch),
    "RecordAccumulator.reenqueue": Rule("retry", "", _reenqueued),
    "RecordAccumulator.split_and_reenqueue": Rule("", "", _touched_batch),
    "ProducerBatch.hand_over": Rule("retry", "", _handed_over),
    "ProducerBatch.complete": Rule("outcome", "", _completed),
    "ProducerBatch.complete_exceptionally": Rule("outcome", "", _completed),
    "call_back": Rule("", "outcome", _called_back),
    "FutureRecordMetadata.result": Rule("", "outcome", exited=_result, even_failed=True),
}


class Links(Causes):
    """Notes links, and which records, batches and requests a step touches.

    Args:
        connections: told of each call before this is.
    """

    def __init__(self, connections: Connections) -> None:
        super().__init__(RULES, connections)
