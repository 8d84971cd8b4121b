"""Server-sent events as a program of few lines reads them: blocks, and nothing interpreted."""

import contextlib
import json
import socket

from kit import WAIT_S


class Block:
    """What stood between two empty lines."""

    def __init__(self, lines):
        self.comments = [line[1:].strip() for line in lines if line.startswith(":")]
        fields = dict(line.split(": ", 1) for line in lines if not line.startswith(":"))
        self.event = fields.get("event")
        self.id = fields.get("id")
        self.retry = fields.get("retry")
        self.data = json.loads(fields["data"]) if "data" in fields else None

    def __repr__(self):
        return f"Block({self.event} {self.id} {self.data})"


class EventStream:
    """One connection to an SSE path. `last_id` is what EventSource would resume with."""

    def __init__(self, daemon, path, last_id=None, receive_bytes=None):
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(WAIT_S)
        self.socket.connect(("127.0.0.1", daemon.port))
        resume = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n{resume}\r\n".encode())
        self.file = self.socket.makefile("rb")
        self.last_id = last_id
        self.status = int(self.file.readline().split()[1])
        self.headers = dict(iter(self.header, None))

    def header(self):
        line = self.file.readline().decode().strip()
        return tuple(line.lower().split(": ", 1)) if line else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.file.close()
        self.socket.close()

    def block(self):
        """The next block, or None when the server has hung up."""
        lines = []
        with contextlib.suppress(ConnectionResetError):
            while line := self.file.readline():
                if line == b"\n":
                    block = Block(lines)
                    self.last_id = block.id or self.last_id
                    return block
                lines.append(line.decode().rstrip("\n"))
        return None

    def next(self, *events):
        """The next block with data, whose event must be one of these."""
        block = self.block()
        while block and block.data is None:
            block = self.block()
        assert block, f"hung up; expected {events}"
        assert block.event in events, block
        return block

    def subscribed(self, n_topics=1):
        return [self.next("subscribed") for _ in range(n_topics)]

    def told(self, n):
        """The next n events."""
        blocks = []
        while len(blocks) < n:
            block = self.block()
            assert block, f"hung up after {len(blocks)} of {n}"
            if block.data is not None:
                assert block.data["type"] == "event", block
                blocks.append(block)
        return blocks
