#!/usr/bin/env python3
"""Writes the inputs that the fuzz targets begin with to tests/fuzz/corpus/<target>/.

Run it after changing it, from the project's root, and commit what it wrote. It needs nothing but
Python: the few kinds of msgpack that occur are packed here."""

import json
import pathlib
import struct

CORPUS = pathlib.Path(__file__).parent / "corpus"


def pack(v):
    """One value as msgpack; bytes become bin, pairs in a list of tuples may repeat a key."""
    if v is None or isinstance(v, bool):
        return {None: b"\xc0", False: b"\xc2", True: b"\xc3"}[v]
    if isinstance(v, int):
        if 0 <= v < 128:
            return bytes([v])
        return b"\xcf" + struct.pack(">Q", v) if v > 0 else b"\xd3" + struct.pack(">q", v)
    if isinstance(v, float):
        return b"\xcb" + struct.pack(">d", v)
    if isinstance(v, str):
        raw = v.encode()
        return (bytes([0xA0 | len(raw)]) if len(raw) < 32 else b"\xda" + struct.pack(">H", len(raw))) + raw
    if isinstance(v, bytes):
        return b"\xc5" + struct.pack(">H", len(v)) + v
    if isinstance(v, list) and not (v and isinstance(v[0], tuple)):
        return b"\xdc" + struct.pack(">H", len(v)) + b"".join(map(pack, v))
    pairs = v.items() if isinstance(v, dict) else v
    return b"\xde" + struct.pack(">H", len(pairs)) + b"".join(pack(k) + pack(x) for k, x in pairs)


def event(kind, at=0, **data):
    return {"id": f"e{at}", "event_type": kind, "message": f"at {at}", "source": "host:1/seed",
            "timestamp": f"2026-01-20T10:30:{at:02d}.5Z", "data": {"id": "t1", **data}}


LIFE = [
    event("TASK_CREATED", 0, type="import", title="Import \u00e4\u20ac\U0001f680", owner="ann",
          resource="novel-1", queue="q", params={"files": ["a", "b"]}, metadata=[1, 2.5, -3, None]),
    event("TASK_UPDATED", 1, completed_units=1, total_units=10, step="1/10", current="a.md"),
    event("TASK_UPDATED", 3, completed_units=4),
    event("TASK_STATUS_CHANGED", 4, status="paused"),
    event("TASK_STATUS_CHANGED", 5, status="PROCESSING", worker="w1"),
    event("TASK_FAILED", 6, status="timeout", error={"type": "E", "message": "m", "trace": "at x"}),
    event("TASK_UPDATED", 7, progress=12.5, retry_count=1),
    event("TASK_COMPLETED", 9, result={"pages": 412}),
    event("TASK_DELETED", 10),
]

EVENTS = {
    "life": LIFE,
    "one": LIFE[1],
    "other-systems": [event("task-received"), event("task-started", 1), event("progress", 2, progress=5),
                      event("task-retried", 3), event("task-revoked", 4), event("removed", 5)],
    "other-topics": [{"topic": "logs", "event_type": "TASK_LOG", "data": {"id": "t1", "level": "info"}},
                     {"topic": "doors", "event_type": "active", "data": {"id": 5, "raw": b"\0\xff"}},
                     {"event_type": "WORKER_HEARTBEAT"}, {"event_type": "TASK_COMMAND"}],
    "stored": {**event("X"), "topic": "mine", "received_at": "2026-01-20T10:30:01Z", "seq": 1 << 63, "prev": 7},
    "twice": [("event_type", "TASK_UPDATED"), ("data", [("id", "t"), ("progress", 1), ("progress", 2)])],
    "wrong": [event("TASK_UPDATED", 0, progress="x"), event("TASK_STATUS_CHANGED"), {}, 5,
              event("TASK_UPDATED", 0, title=7), event("TASK_UPDATED", 0, attempt=1 << 40)],
}

JSON = {
    "life": json.dumps(LIFE),
    "escapes": r'["\"\\\/\b\f\n\r\t\u00e4\ud83d\ude80","</script>&\u2028"]',
    "numbers": "[0,-0,-0.0,1e3,1E-7,0.1,123456789.125,9007199254740993,9223372036854775807,-9223372036854775808]",
    "beyond": "[18446744073709551615,1e308,5e-324]",
    "deep": "[" * 32 + "]" * 32,
    "too-deep": "[" * 33 + "]" * 33,
    "twice": '{"a":1,"a":2}',
    "broken": '{"a":[1,2,}',
}

RPC = {
    "publish": {"v": 1, "op": "publish", "events": LIFE[:2]},
    "events": {"v": 1, "op": "events", "topics": ["system", "logs"], "after": "1f0c22aa.5", "limit": 10,
               "up_to": 99, "task_ids": ["t1"], "owners": ["ann"], "resources": ["r"], "event_types": ["X"]},
    "tasks": {"v": 1, "op": "tasks", "id": "t1", "type": ["a"], "owner": ["ann"], "resource": ["r"],
              "queue": ["q"], "status": ["running", "SUCCESS"], "q": "text", "sort": "created_at",
              "ascending": True, "page": "token", "limit": 5},
    "task": {"v": 1, "op": "task", "task_id": "t1"},
    "logs": {"v": 1, "op": "logs", "task_id": "t1", "after": "oldest", "level": "warning"},
    "changed": {"v": 1, "op": "changed", "after": "latest", "status": "failed"},
    "stats": {"v": 1, "op": "stats"},
    "error": {"ok": False, "code": "invalid", "message": "m", "field": "data.id"},
    "ok": {"ok": True},
    "result": {"id": "a", "seq": 5, "duplicate": True},
    "stale": {"id": "a", "applied": False, "reason": "stale"},
    "refused": {"id": "a", "error": {"code": "busy", "message": "m", "field": "f"}},
}

CURSOR = ["1f0c22aa.0", "ffffffff.18446744073709551615", "00000000.18446744073709551616", "oldest", "latest",
          "2026-01-20T10:30:00.123456Z", "2024-02-29t23:59:60-23:59", "0000-01-01T00:00:00+00:01",
          "ipc://./var/bus", "inproc://x", "tcp://[::1]:7700", "tls+tcp://host", "tcp://host:65534"]

PUB = {
    "events": b"system\0" + pack({"v": 1, "epoch": 0x1F0C22AA, "prev": 4, "events": LIFE[:3]}),
    "none": b"logs\0" + pack({"v": 1, "epoch": 1, "prev": 0, "events": []}),
    "head": b"$head\0" + pack({"v": 1, "epoch": 1, "heads": {"system": 5, "logs": 1 << 40}}),
    "later": b"logs\0" + pack({"v": 2, "epoch": 1, "prev": 0, "events": []}),
}

STORED = [{**e, "topic": "system", "received_at": "2026-01-20T10:30:01Z", "seq": 5 + n, "prev": 4 + n}
          for n, e in enumerate(LIFE)]

RECEIVED = {
    **PUB,
    "stored": b"system\0" + pack({"v": 1, "epoch": 0x1F0C22AA, "prev": 4, "events": STORED}),
    "stats": b"\0" + pack({"ok": True, "head": 9, "topics": {"system": {"head": 9, "events": 5}}}),
}

# The first byte: the kind of event, then whether the payload is JSON.
PACK = {
    "json": b"\x01" + json.dumps(LIFE[0]["data"]).encode(),
    "number": b"\x01" + b'{"id":42,"progress":40}',
    "log": b"\x03" + b'{"id":"line","task_id":-7}',
    "own": b"\x07" + b'{"id":42}',
    "other-system": b"\x09" + b'{"id":42}',
    "msgpack": b"\x00" + pack(LIFE[0]["data"]),
    "twice": b"\x02" + pack([("id", 1), ("task_id", "a"), ("id", 2), ("task_id", 3)]),
}

MSGPACK = {
    "keys": pack([(5, 1), (-7, 2), (None, 3), (True, 4), ([], 5), (b"bin", 6), (1.5, 7), ("s", 8)]),
    "ext": b"\xc7\x03\x05abc",
    "float32": b"\xca\x3f\x00\x00\x00",
    "nan": b"\x92\xcb\x7f\xf8\0\0\0\0\0\0\xca\x7f\x80\0\0",
    "bad-utf8": b"\xa4a\xff\xe2\x82",
    "deep": b"\x91" * 32 + b"\xc0",
    "bomb": b"\xdd\xff\xff\xff\xff",
    "life": pack(LIFE),
}


def message(body, *route, ipc=False):
    """What a client sends: its length, the words of its route, a body."""
    content = b"".join(struct.pack(">I", word) for word in route) + body
    return (b"\1" if ipc else b"") + struct.pack(">Q", len(content)) + content


# The first byte: odd for ipc, even for tcp.
SP = {
    "one": b"\0" + message(b"abc", 0x80000001),
    "ipc": b"\1" + message(b"abc", 0x80000001, ipc=True) + message(b"", 0xFFFFFFFF, ipc=True),
    "devices": b"\0" + message(b"x", 5, 6, 0x80000001) + message(b"x", *[0] * 7, 0x80000001),
    "too-many-devices": b"\0" + message(b"x", *[0] * 8, 0x80000001) + message(b"y", 0x80000002),
    "no-end": b"\1" + message(b"xy", 1, ipc=True),
    "cut": b"\0" + message(b"abc", 0x80000001)[:-1],
    "large": b"\1" + b"\1" + b"\xff" * 8,
}


def write(target, name, content):
    path = CORPUS / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


for name, value in EVENTS.items():
    write("event", name, pack(value))
for name, text in JSON.items():
    write("json", name, text.encode())
for name, value in RPC.items():
    write("rpc", name, pack(value))
for n, text in enumerate(CURSOR):
    write("cursor", f"{n:02d}", text.encode())
for name, content in PUB.items():
    write("pub", name, content)
for name, content in MSGPACK.items():
    write("msgpack", name, content)
for name, content in RECEIVED.items():
    write("received", name, content)
for name, content in PACK.items():
    write("pack", name, content)
for name, content in SP.items():
    write("sp", name, content)
