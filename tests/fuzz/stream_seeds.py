#!/usr/bin/env python3
"""Writes the inputs that the streams' fuzz targets begin with to tests/fuzz/corpus/<target>/.

Run it after changing it, from the project's root, and commit what it wrote."""

import json
import pathlib
import struct
import zlib

CORPUS = pathlib.Path(__file__).parent / "corpus"


def frame(first, payload, mask=b"\x37\xfa\x21\x3d"):
    """A masked frame; `first` is its first byte."""
    n = len(payload)
    if n < 126:
        length = bytes([0x80 | n])
    elif n < 1 << 16:
        length = bytes([0x80 | 126]) + struct.pack(">H", n)
    else:
        length = bytes([0x80 | 127]) + struct.pack(">Q", n)
    return bytes([first]) + length + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


WS = {
    "text": frame(0x81, b'{"type":"ping"}') + frame(0x82, b"\xff"),
    "fragments": frame(0x01, b"one ") + frame(0x89, b"ping") + frame(0x00, b"") + frame(0x80, b"two"),
    "long": frame(0x81, b"x" * 200) + frame(0x81, b"y" * 126),
    "too-long": frame(0x81, b"x" * 301),
    "announced": b"\x82\xff" + struct.pack(">Q", 2 << 30),
    "utf8": frame(0x81, "κόσμε\U0001f680".encode()) + frame(0x01, b"\xe2\x82") + frame(0x80, b"\xac"),
    "not-utf8": frame(0x81, b"fine \xed\xa0\x80"),
    "close": frame(0x88, struct.pack(">H", 1000) + b"bye"),
    "close-empty": frame(0x88, b""),
    "unmasked": b"\x81\x05hello",
    "reserved": frame(0xC1, b"x"),
    "not-shortest": b"\x81\xfe\x00\x05\0\0\0\0hello",
}



def deflate(text, level=6):
    """As a client does: without the four bytes that each message ends with."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -15)
    return (packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


PACKED = deflate(b'{"type":"ping"}' * 9)
DEFLATED = {
    "deflated": frame(0xC1, deflate(b'{"type":"ping"}')) + frame(0xC2, deflate(b"\xff", 0)) + frame(0x81, b"plain"),
    "deflated-fragments": frame(0x41, PACKED[:7]) + frame(0x89, b"ping") + frame(0x80, PACKED[7:]),
    "deflated-bomb": frame(0xC2, deflate(bytes(100_000))),
    "deflated-final": frame(0xC1, bytes.fromhex("f348cdc9c9070000")),
    "deflated-broken": frame(0xC1, b"\xff\xff\xff"),
    "deflated-not-utf8": frame(0xC1, deflate(b"fine \xed\xa0\x80")),
    "deflated-continuation": frame(0x41, PACKED[:3]) + frame(0xC0, PACKED[3:]),
}

COMMANDS = [
    {"type": "ping"},
    {"type": "unsubscribe", "topic": "logs"},
    {"type": "subscribe", "topic": "system", "after": "1f0c22aa.5", "snapshot": True},
    {"type": "subscribe", "topic": "system", "after": "oldest", "catchup": "conflate"},
    {"type": "subscribe", "topic": "logs", "catchup": "replay",
     "filter": {"task_id": ["a", "b"], "owner": "kim", "resource": None, "event_types": ["TASK_LOG"]}},
    {"type": "subscribe", "topic": "system", "filter": {"task_id": [], "owner": 7}},
    {"type": "subscribe", "topic": "$head"},
    {"type": "dance"},
    [1, 2],
]


def write(target, name, content):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


for name, conversation in WS.items():
    write("ws", name, b"\x02" + conversation)
for name, conversation in DEFLATED.items():
    write("ws", name, b"\x82" + conversation)
for i, command in enumerate(COMMANDS):
    write("command", f"{i:02}", json.dumps(command).encode())
