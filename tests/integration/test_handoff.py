"""The hand-off of WebSockets from the HTTP server to the streams: every client keeps its own socket, and
every descriptor is given back."""

import asyncio
import base64
import contextlib
import json
import os
import resource
import socket
import struct

import pytest
from kit import WAIT_S, wait_until

CLIENTS = 2000


@pytest.fixture(autouse=True)
def many_descriptors():
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def handshake(*headers, version=13, key=True, method="GET"):
    lines = [f"{method} /ws/realtime HTTP/1.1", "Host: x", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
             f"Sec-WebSocket-Version: {version}", *headers]  # fmt: skip
    if key:
        lines.append("Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode())
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def text_frame(message):
    payload, mask = json.dumps(message).encode(), os.urandom(4)
    assert len(payload) < 126
    return bytes([0x81, 0x80 | len(payload)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))


class Client:
    """A WebSocket by hand, in asyncio, so that there can be thousands."""

    async def open(self, port, **options):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, **options)
        self.writer.write(handshake())
        head = await self.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 "), head
        self.id = (await self.next("connected"))["connection_id"]
        return self

    async def next(self, kind):
        first, length = await self.reader.readexactly(2)
        assert first == 0x81, first
        if length == 126:
            (length,) = struct.unpack(">H", await self.reader.readexactly(2))
        frame = json.loads(await self.reader.readexactly(length))
        assert frame["type"] == kind, frame
        return frame

    async def ask(self, message, kind):
        self.writer.write(text_frame(message))
        return await self.next(kind)

    async def close(self):
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


def n_descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def watchers(daemon):
    return daemon.get("/api/v1/stats").json["data"]["watchers"]


async def rude(port, n):
    """Someone who leaves somewhere in the handshake."""
    with contextlib.suppress(OSError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        request = handshake()
        writer.write(request[: n % (len(request) + 1)])
        await writer.drain()
        writer.transport.abort()


async def poll(port, answers):
    """Someone who uses REST meanwhile."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answers.append((await reader.read())[:12])
    writer.close()


def test_thousands_connect_at_once(daemon):
    """Among people who poll and people who leave: each gets one greeting and answers to its own questions."""
    daemon.publish({"topic": "mine", "event_type": "FIRST"})
    before = n_descriptors(daemon)

    async def run():
        answers = []
        clients = [Client() for _ in range(CLIENTS)]
        crowd = [client.open(daemon.port) for client in clients]
        for n in range(CLIENTS // 8):
            crowd.insert(n * 8, rude(daemon.port, n))
            crowd.insert(n * 9, poll(daemon.port, answers))
        await asyncio.wait_for(asyncio.gather(*crowd), WAIT_S * 2)
        assert set(answers) == {b"HTTP/1.1 200"} and len(answers) == CLIENTS // 8
        assert len({client.id for client in clients}) == CLIENTS

        topics = [f"topic-{n % 100}" for n in range(CLIENTS)]
        asked = [c.ask({"type": "subscribe", "topic": t}, "subscribed") for c, t in zip(clients, topics)]
        subscribed = await asyncio.wait_for(asyncio.gather(*asked), WAIT_S * 2)
        assert [frame["topic"] for frame in subscribed] == topics

        assert await asyncio.to_thread(watchers, daemon) == CLIENTS
        events = [{"topic": f"topic-{n}", "event_type": "E", "data": {"n": n}} for n in range(100)]
        await asyncio.to_thread(daemon.publish, *events)
        frames = await asyncio.wait_for(asyncio.gather(*(c.next("event") for c in clients)), WAIT_S * 2)
        assert [frame["data"]["n"] for frame in frames] == [n % 100 for n in range(CLIENTS)]
        await asyncio.gather(*(client.close() for client in clients))

    asyncio.run(run())
    wait_until(lambda: watchers(daemon) == 0, "all watchers to be gone")
    wait_until(lambda: n_descriptors(daemon) <= before + 2, "all descriptors to be given back")


def test_numbers_are_used_again(daemon):
    """Connections come and go, so descriptors' numbers pass between the server and the streams."""

    async def come_and_go(n):
        for _ in range(n):
            client = await Client().open(daemon.port)
            assert (await client.ask({"type": "ping"}, "pong"))["timestamp"]
            await client.close()

    async def run():
        staying = [await Client().open(daemon.port) for _ in range(50)]
        await asyncio.wait_for(asyncio.gather(*(come_and_go(40) for _ in range(20))), WAIT_S * 2)
        await asyncio.gather(*(client.ask({"type": "ping"}, "pong") for client in staying))
        await asyncio.gather(*(client.close() for client in staying))

    asyncio.run(run())


def test_one_source_port_to_two_addresses(daemons):
    """On a wildcard listener a peer's address and port alone do not name a connection."""
    daemon = daemons("--http", "0.0.0.0:0")
    # The daemon chose the port: it tells in its log.
    daemon.start(wait=False)

    def port_of_log():
        text = daemon.log.read_text() if daemon.log.exists() else ""
        words = [word for word in text.split() if word.startswith("port=")]
        return int(words[0][5:]) if words else None

    daemon.port = wait_until(port_of_log, "the daemon to say its port")
    daemon.wait_ready()
    sockets = []
    source = 0
    for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
        s = socket.socket()
        s.settimeout(WAIT_S)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("127.0.0.1", source))
        s.connect((address, daemon.port))
        source = s.getsockname()[1]
        sockets.append(s)
    for s in reversed(sockets):
        s.sendall(handshake())
        assert b" 101 " in read_until(s, b"\r\n\r\n")
        assert b'"connected"' in read_until(s, b"}")
        s.close()


def read_until(s, end):
    got = b""
    while end not in got:
        chunk = s.recv(1)
        assert chunk, got
        got += chunk
    return got


def ask(daemon, request):
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=WAIT_S) as s:
        s.sendall(request)
        answer = b""
        while chunk := s.recv(65536):
            answer += chunk
        return answer


def test_no_room(daemons):
    daemon = daemons("--connections", "3").start()
    pages = [daemon.watch() for _ in range(3)]
    answer = ask(daemon, handshake())
    assert answer.startswith(b"HTTP/1.1 503 ") and b"Retry-After: " in answer and b'"code":"busy"' in answer
    assert daemon.get("/api/v1/tasks").status == 200
    pages.pop().close()
    wait_until(lambda: watchers(daemon) == 2, "one to leave")
    with daemon.watch():
        pass
    for page in pages:
        page.close()


def test_few_descriptors(daemons):
    """With the limit of open files reached, watchers are refused and everything else goes on."""
    daemon = daemons("--http-threads", "4")
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    daemon.start()
    resource.prlimit(daemon.process.pid, resource.RLIMIT_NOFILE, (n_descriptors(daemon) + 20, hard))
    answers = []
    sockets = []
    for _ in range(40):
        s = socket.create_connection(("127.0.0.1", daemon.port), timeout=WAIT_S)
        s.sendall(handshake())
        sockets.append(s)
        s.settimeout(1)
        try:
            answers.append(s.recv(16)[9:12])
        except TimeoutError:
            break  # not even accepted any more: it waits in the kernel
    assert answers.count(b"101") >= 5
    for s in sockets:
        s.close()
    wait_until(lambda: watchers(daemon) == 0, "room again")
    with daemon.watch():
        pass


def test_frames_before_our_answer(daemon):
    answer = ask(daemon, handshake() + text_frame({"type": "ping"}))
    assert answer.startswith(b"HTTP/1.1 101 ") and answer.endswith(b"\x88\x02" + struct.pack(">H", 1002))


@pytest.mark.parametrize(
    "request_bytes, status",
    [
        (handshake(version=8), 426),
        (handshake(key=False), 400),
        (handshake(method="POST"), 405),
        (b"GET /ws/realtime HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", 426),
        (b"GET /ws/realtime HTTP/1.0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", 426),
        (handshake().replace(b"/ws/realtime", b"/ws/other"), 404),
        (handshake().replace(b"/ws/realtime", b"/healthz"), 200),
    ],
)
def test_bad_handshakes(daemon, request_bytes, status):
    answer = ask(daemon, request_bytes)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    with daemon.watch():
        pass


def test_subprotocols_are_not_agreed_to(daemon):
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=WAIT_S) as s:
        s.sendall(handshake("Sec-WebSocket-Protocol: chat, superchat"))
        head = read_until(s, b"\r\n\r\n")
    assert b" 101 " in head and b"Sec-WebSocket-Protocol" not in head


def test_stop_tells_watchers(daemon):
    with daemon.watch() as page:
        assert daemon.stop() == 0
        with pytest.raises(Exception) as ended:
            page.receive()
        assert ended.value.rcvd.code == 1012
