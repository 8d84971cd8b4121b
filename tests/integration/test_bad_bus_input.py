"""Bad input on the bus: a clear error for each, with the field that is wrong, and nobody else is hurt."""

import msgpack
import pynng
import pytest
from kit import Bus, wait_until

GOOD = {"event_type": "TASK_UPDATED", "data": {"id": "good", "progress": 1}}


def pack(**members):
    return msgpack.packb({"v": 1, **members})


@pytest.mark.parametrize(
    "request_bytes, code, field",
    [
        pytest.param(b"", "protocol", None, id="nothing"),
        pytest.param(b"\xc1", "protocol", None, id="a byte msgpack never uses"),
        pytest.param(b"\x82\xa1v\x01", "protocol", None, id="cut off"),
        pytest.param(b"\x93" * 2000, "protocol", None, id="nested 2000 deep"),
        pytest.param(b"\xdd\xff\xff\xff\xff", "protocol", None, id="4 G elements announced"),
        pytest.param(msgpack.packb([1, 2]), "invalid", None, id="not a map"),
        pytest.param(msgpack.packb({"v": 9, "op": "stats"}), "version", "v", id="version 9"),
        pytest.param(pack(op="dance"), "unsupported", "op", id="unknown op"),
        pytest.param(pack(op=7), "invalid", "op", id="op of a wrong type"),
        pytest.param(pack(op="publish"), "invalid", "events", id="no events"),
        pytest.param(pack(op="publish", events=[]), "invalid", "events", id="empty batch"),
        pytest.param(pack(op="publish", events=[GOOD] * 1001), "invalid", "events", id="1001 events"),
        pytest.param(pack(op="events", after="nonsense"), "invalid", "after", id="bad cursor"),
        pytest.param(pack(op="events", after="00000000.01"), "invalid", "after", id="leading zero"),
        pytest.param(pack(op="tasks", page="%%%"), "invalid", "page", id="bad page"),
        pytest.param(pack(op="tasks", limit=100000), "invalid", "limit", id="limit too large"),
        pytest.param(pack(op="tasks", status=["asleep"]), "invalid", "status", id="unknown status"),
        pytest.param(pack(op="task"), "invalid", "task_id", id="no task id"),
        pytest.param(pack(op="task", task_id="none"), "not_found", None, id="no such task"),
    ],
)
def test_bad_request(bus, request_bytes, code, field):
    answer = bus.raw(request_bytes)
    assert answer["ok"] is False, answer
    assert answer["code"] == code, answer
    assert answer["message"], answer
    if field is not None:
        assert answer["field"] == field, answer
    assert bus.publish(GOOD)[0]["seq"] > 0


def event(**members):
    return {**GOOD, **members}


@pytest.mark.parametrize(
    "bad, code, field",
    [
        pytest.param("text", "invalid", None, id="not a map"),
        pytest.param({"data": {"id": "x"}}, "invalid", "event_type", id="no type"),
        pytest.param(event(event_type="T" * 65), "invalid", "event_type", id="long type"),
        pytest.param(event(event_type=5), "invalid", "event_type", id="type is a number"),
        pytest.param(event(id="i" * 129), "invalid", "id", id="long id"),
        pytest.param(event(topic="a b"), "invalid", "topic", id="space in topic"),
        pytest.param(event(topic="t" * 129), "invalid", "topic", id="long topic"),
        pytest.param(event(topic="$head"), "invalid", "topic", id="the bus's own topic"),
        pytest.param({"event_type": "MINE"}, "invalid", "topic", id="own type without topic"),
        pytest.param(event(timestamp="yesterday"), "invalid", "timestamp", id="bad timestamp"),
        pytest.param(event(data=[1]), "invalid", "data", id="data is a list"),
        pytest.param(event(data={}), "invalid", "data.id", id="task event without task"),
        pytest.param(event(data={"id": "x" * 129}), "invalid", "data.id", id="long task id"),
        pytest.param(event(data={"id": "x", "progress": 101}), "invalid", "data.progress", id="101 %"),
        pytest.param(event(data={"id": "x", "progress": "half"}), "invalid", "data.progress", id="words"),
        pytest.param(event(data={"id": "x", "status": "asleep"}), "invalid", "data.status", id="status"),
        pytest.param(event(data={"id": "x", "attempt": 0}), "invalid", "data.attempt", id="attempt 0"),
        pytest.param(event(data={"id": "x", "fill": "f" * 300_000}), "too_big", None, id="300 KiB"),
    ],
)
def test_bad_event_harms_no_other_in_its_batch(bus, bad, code, field):
    first, refused, last = bus.publish(GOOD, bad, GOOD)
    assert first["seq"] > 0 and last["seq"] > 0
    assert refused["error"]["code"] == code, refused
    assert refused["error"]["message"], refused
    if field is not None:
        assert refused["error"]["field"] == field, refused
    assert not refused.get("seq")


def test_invalid_utf8_is_refused(bus):
    answer = bus.raw(
        pack(op="publish", events=[GOOD]).replace(b"good", b"go\xffd")  # inside data.id
    )
    assert answer["ok"] and answer["results"][0]["error"]["field"] == "data.id", answer


def test_fire_and_forget(daemon, bus):
    """Good events arrive; rubbish is counted, not obeyed, and hurts nobody."""
    with pynng.Pub0(dial=daemon.bus + ".in", block_on_dial=True) as pub:

        def arrived():  # PUB drops until the pipe stands, so it says it again
            pub.send(b"\xc1 rubbish")
            pub.send(msgpack.packb({"v": 1, "events": [event(id="f1"), {"bad": 1}, event(id="f2")]}))
            pub.send(msgpack.packb(event(id="f3")))
            return {"f1", "f2", "f3"} <= {e["id"] for e in bus.all_events("system")}

        wait_until(arrived, "three events by PUB")
    ids = [e["id"] for e in bus.all_events("system")]
    assert len(ids) == len(set(ids)), "a repeated id was stored twice"


def test_bad_clients_do_not_stop_good_ones(daemon, bus):
    rubbish = [pynng.Req0(dial=daemon.bus + ".req", resend_time=-1) for _ in range(20)]
    try:
        for socket in rubbish:
            socket.send(b"\xc1" * 1000)
            socket.close()  # does not even wait for its answer
        assert bus.publish(GOOD)[0]["seq"] > 0
    finally:
        for socket in rubbish:
            socket.close()
    with Bus(daemon) as other:
        assert other.call("stats")["ok"]
