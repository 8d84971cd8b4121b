"""A WebSocket client that can do everything wrong, and that does nothing by itself."""

import base64
import json
import os
import socket
import struct

from kit import WAIT_S

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


class Raw:
    def __init__(self, port, *headers, receive_bytes=None):
        """receive_bytes: about so much the kernel keeps for who does not read."""
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(WAIT_S)
        self.socket.connect(("127.0.0.1", port))
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            b"GET /ws/realtime HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + key.encode() + b"\r\n"
            + "".join(line + "\r\n" for line in headers).encode() + b"\r\n"
        )
        self.stream = self.socket.makefile("rb")
        assert b" 101 " in self.stream.readline()
        while self.stream.readline().strip():
            pass
        opcode, payload = self.frame()
        assert json.loads(payload)["type"] == "connected"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def frame(self):
        """(opcode, payload) of the next frame; (None, b"") when the connection has ended."""
        try:
            head = self.stream.read(2)
        except ConnectionResetError:
            head = b""
        if len(head) < 2:
            return None, b""
        assert not head[1] & 0x80, "a server must not mask"
        length = head[1] & 0x7F
        if length == 126:
            (length,) = struct.unpack(">H", self.stream.read(2))
        elif length == 127:
            (length,) = struct.unpack(">Q", self.stream.read(8))
        return head[0] & 0x0F, self.stream.read(length)

    def close_code(self):
        """Reads until the server closes; returns its code."""
        while True:
            opcode, payload = self.frame()
            assert opcode is not None, "ended without a close frame"
            if opcode == CLOSE:
                return struct.unpack(">H", payload[:2])[0] if payload else None

    def send(self, payload=b"", opcode=TEXT, fin=True, masked=True, rsv=0, length=None):
        n = len(payload) if length is None else length
        head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
        bit = 0x80 if masked else 0
        if n < 126:
            head += bytes([bit | n])
        elif n < 65536:
            head += bytes([bit | 126]) + struct.pack(">H", n)
        else:
            head += bytes([bit | 127]) + struct.pack(">Q", n)
        mask = os.urandom(4) if masked else b""
        if masked:
            payload = bytes(b ^ mask[i % 4] for i, b in enumerate(payload))
        self.socket.sendall(head + mask + payload)

    def ask(self, message):
        self.send(message if isinstance(message, bytes) else json.dumps(message).encode())
        opcode, payload = self.frame()
        assert opcode == TEXT, (opcode, payload)
        return json.loads(payload)
