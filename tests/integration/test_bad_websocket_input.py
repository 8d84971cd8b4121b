"""Bad input on the WebSocket, byte for byte: a close code or an error frame for each, nobody else hurt."""

import json
import socket
import struct

import pytest
from kit import WAIT_S
from rawsocket import BINARY, CLOSE, PING, PONG, TEXT, Raw


@pytest.fixture
def raw(daemon):
    with Raw(daemon.port) as client:
        yield client


@pytest.fixture
def bystander(daemon):
    """Somebody else on the same daemon, who must not notice anything."""
    with daemon.watch() as page:
        page.subscribe("system")
        yield page
        daemon.publish({"event_type": "TASK_CREATED", "data": {"id": "after"}})
        assert page.events(1)[0]["data"]["id"] == "after"


@pytest.mark.parametrize(
    "wrong, code",
    [
        pytest.param(dict(payload=b"{}", masked=False), 1002, id="unmasked"),
        pytest.param(dict(payload=b"{}", rsv=4), 1002, id="reserved bit"),
        pytest.param(dict(opcode=3), 1002, id="unknown opcode"),
        pytest.param(dict(opcode=0, payload=b"x"), 1002, id="continuation of nothing"),
        pytest.param(dict(opcode=PING, payload=b"p" * 126), 1002, id="ping of 126 bytes"),
        pytest.param(dict(opcode=PING, fin=False), 1002, id="fragmented ping"),
        pytest.param(dict(payload=b"\xff\xfe"), 1007, id="invalid UTF-8"),
        pytest.param(dict(length=2 << 30), 1009, id="2 GiB announced"),
        pytest.param(dict(length=(1 << 63) + 1), (1002, 1009), id="2^63 bytes announced"),
        pytest.param(dict(opcode=CLOSE, payload=b"\x03"), 1002, id="close with one byte"),
        pytest.param(dict(opcode=CLOSE, payload=struct.pack(">H", 1005)), 1002, id="close 1005"),
        pytest.param(dict(opcode=CLOSE, payload=struct.pack(">H", 1000)), 1000, id="a proper close"),
    ],
)
def test_bad_frame_closes_with_its_code(raw, bystander, wrong, code):
    raw.send(**wrong)
    assert raw.close_code() in (code if isinstance(code, tuple) else (code,))
    assert raw.frame() == (None, b""), "the server ends the connection after closing"


def test_bad_second_fragment(raw, bystander):
    raw.send(b'{"type":', fin=False)
    raw.send(b'"ping"}', opcode=TEXT)  # a new message inside an unfinished one
    assert raw.close_code() == 1002


def test_fragments_with_a_ping_between(raw):
    raw.send(b'{"type":', fin=False)
    raw.send(b"hello", opcode=PING)
    raw.send(b'"ping"}', opcode=0)
    assert raw.frame() == (PONG, b"hello")
    opcode, payload = raw.frame()
    assert opcode == TEXT and json.loads(payload)["type"] == "pong"


def test_byte_by_byte(raw):
    whole = bytes([0x81, 0x80 | 15]) + b"\0\0\0\0" + b'{"type":"ping"}'
    for byte in whole:
        raw.socket.sendall(bytes([byte]))
    opcode, payload = raw.frame()
    assert opcode == TEXT and json.loads(payload)["type"] == "pong"


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b'{"type":7}',
        b'{"no":"type"}',
        b'{"type":"dance"}',
        b'{"type":"subscribe"}',
        b'{"type":"subscribe","topic":"a b"}',
        b'{"type":"subscribe","topic":"$head"}',
        b'{"type":"subscribe","topic":"system","after":"nonsense"}',
        b'{"type":"subscribe","topic":"system","filter":7}',
        b'{"type":"subscribe","topic":"system","catchup":"dance"}',
        b'{"type":"unsubscribe","topic":"never-subscribed"}',
    ],
)
def test_bad_message_is_answered_and_forgiven(raw, message):
    answer = raw.ask(message)
    assert answer["type"] == "error", answer
    assert answer["code"] and answer["message"], answer
    assert raw.ask({"type": "ping"})["type"] == "pong"


def test_binary_message_is_refused(raw):
    raw.send(b"\x01\x02", opcode=BINARY)
    assert raw.close_code() == 1003


def test_half_a_handshake(daemon, bystander):
    with socket.create_connection(("127.0.0.1", daemon.port)) as half:
        half.sendall(b"GET /ws/realtime HTTP/1.1\r\nUpgrade: websocket\r\nConnec")
        with daemon.watch() as other:  # others are served meanwhile
            other.send(type="ping")
            other.next("pong")


@pytest.mark.parametrize(
    "headers",
    [
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",  # no key
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: eA==\r\n"
        "Sec-WebSocket-Version: 99\r\n",
        "",  # a plain GET
    ],
)
def test_bad_handshake_is_answered(daemon, bystander, headers):
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=WAIT_S) as client:
        client.sendall(f"GET /ws/realtime HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
        status = client.makefile("rb").readline().split()[1]
        assert 400 <= int(status) < 500
