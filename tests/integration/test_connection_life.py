"""How long a connection lives, how many there may be, and what a client is told when it may not go on."""

import contextlib
import re
import signal
import struct
import time
import zlib

import pytest
from kit import SANITIZER_BYTES, WAIT_S, wait_until
from rawsocket import CLOSE, PING, PONG, TEXT, Raw
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect


def dial(daemon, forwarded_for=None):
    headers = {"X-Forwarded-For": forwarded_for} if forwarded_for else None
    url = f"ws://127.0.0.1:{daemon.port}/ws/realtime"
    return connect(url, open_timeout=WAIT_S, ping_interval=None, additional_headers=headers)


def refusal(daemon, **options):
    """The answer to a handshake that must be refused."""
    with pytest.raises(InvalidStatus) as refused:
        dial(daemon, **options)
    return refused.value.response


def goodbye(socket):
    """Reads until the server closes; returns its close code and reason."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            socket.recv(timeout=WAIT_S)
    return closed.value.rcvd.code, closed.value.rcvd.reason


def is_problem(response, status, code):
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert int(response.headers["Retry-After"]) > 0
    return f'"code":"{code}"'.encode() in response.body


def test_connections_in_all(daemons):
    daemon = daemons("--connections", 2).start()
    with dial(daemon), dial(daemon) as second:
        assert is_problem(refusal(daemon), 503, "busy")
        second.close()
        with wait_until(lambda: try_dial(daemon), "the place of who has left"):
            pass


def try_dial(daemon):
    with contextlib.suppress(InvalidStatus):
        return dial(daemon)


def test_connections_from_one_address(daemons):
    """Behind a proxy on this host, each client counts for itself; who talks to us directly is not limited."""
    daemon = daemons("--connections-per-address", 2).start()
    with contextlib.ExitStack() as life:
        for address in ["192.0.2.1", "10.0.0.1, 192.0.2.1", "192.0.2.2", None, None, None]:
            life.enter_context(dial(daemon, forwarded_for=address))
        assert is_problem(refusal(daemon, forwarded_for="192.0.2.1"), 429, "too_many")
        life.enter_context(dial(daemon, forwarded_for="192.0.2.2"))
        life.enter_context(dial(daemon, forwarded_for="2001:db8::1"))


def test_without_proxies_the_peer_is_the_client(daemons):
    daemon = daemons("--connections-per-address", 1, "--proxies", "").start()
    with dial(daemon, forwarded_for="192.0.2.1"):
        assert is_problem(refusal(daemon, forwarded_for="192.0.2.2"), 429, "too_many")


def test_who_answers_no_ping_is_closed(daemons):
    """And whoever does answer stays, however little it says."""
    daemon = daemons("--heartbeat-s", 1, "--ping-timeout-s", 5).start()
    with daemon.watch() as lively, Raw(daemon.port) as dead:
        lively.subscribe("system")
        opcode, body = dead.frame()
        while opcode == PING:
            opcode, body = dead.frame()
        assert (opcode, body) == (CLOSE, struct.pack(">H", 1008) + b"no answer to a ping for 5 s")
        daemon.publish({"event_type": "TASK_CREATED", "data": {"id": "t"}})
        lively.events(1)


def test_who_reads_slowly_is_not_silent(daemons):
    """The ping waits behind what was sent before it."""
    daemon = daemons("--heartbeat-s", 1, "--ping-timeout-s", 2).start()
    n, events = 100, [{"topic": "mine", "event_type": "E", "data": {"fill": "x" * 60_000}}] * 20
    for _ in range(n // len(events)):
        daemon.publish(*events)
    with Raw(daemon.port, receive_bytes=65536) as slow:
        slow.send(b'{"type":"subscribe","topic":"mine","after":"oldest"}')
        assert slow.frame()[0] == TEXT
        while n:
            opcode, payload = slow.frame()
            assert opcode in (TEXT, PING), (opcode, payload)
            n -= opcode == TEXT
            if opcode == PING:
                slow.send(payload, opcode=PONG)
            time.sleep(0.08)  # not for a condition: this is how slow it is


def test_a_client_that_closes_gets_its_own_code_back(daemon):
    for code in (1000, 1001, 1011, 4000):
        with Raw(daemon.port) as leaving:
            leaving.send(struct.pack(">H", code) + b"bye", opcode=CLOSE)
            assert leaving.frame() == (CLOSE, struct.pack(">H", code))
    with Raw(daemon.port) as leaving:
        leaving.send(opcode=CLOSE)
        assert leaving.frame() == (CLOSE, b"")
    assert "bellwire_stream_refused_total 0\n" in daemon.get("/metrics").body.decode()


def test_who_watches_nothing_is_closed(daemons):
    daemon = daemons("--idle-s", 1).start()
    with dial(daemon) as idle:
        assert goodbye(idle) == (1008, "no subscription for 1 s")


def test_who_says_too_much_is_closed(daemons):
    daemon = daemons("--messages-per-s", 1).start()
    with dial(daemon) as talker:
        with contextlib.suppress(ConnectionClosed):
            for _ in range(1000):
                talker.send('{"type":"ping"}')
        assert goodbye(talker) == (1008, "more messages than are allowed")


# --- Draining -----------------------------------------------------------------------------------


def test_drain_gives_everybody_what_is_committed(daemons):
    """Then everybody is told when to come back, each at another time, and the daemon ends well."""
    daemon = daemons("--drain-s", 30, "--ring-bytes", "64K").start()
    with contextlib.ExitStack() as life:
        pages = [life.enter_context(daemon.watch()) for _ in range(5)]
        for page in pages:
            page.subscribe("mine")
        cursors = publish_many(daemon, 2000)
        late = life.enter_context(daemon.watch())  # must be fed from the journal
        late.subscribe("mine", after="oldest")
        daemon.process.send_signal(signal.SIGTERM)
        hints = set()
        for page in [*pages, late]:
            assert [event["cursor"] for event in page.events(len(cursors))] == cursors
            code, reason = goodbye(page.socket)
            assert code == 1012
            hints.add(int(re.fullmatch(r"restarting; retry_ms=(\d+)", reason)[1]))
        assert len(hints) > 1
    assert daemon.process.wait(WAIT_S) == 0


def test_drain_gives_what_is_committed_while_a_round_goes_on(daemons):
    """A large event keeps the stream threads busy, a small one is acked meanwhile, and so is the signal given."""
    daemon = daemons("--connections-per-address", 500, "--drain-s", 30).start()
    with contextlib.ExitStack() as life:
        pages = [life.enter_context(Raw(daemon.port)) for _ in range(400)]
        for page in pages:
            assert page.ask({"type": "subscribe", "topic": "mine"})["type"] == "subscribed"
        for fill in (100_000, 10):
            last = daemon.publish({"topic": "mine", "event_type": "E", "data": {"fill": "x" * fill}})[0]
        daemon.process.send_signal(signal.SIGTERM)
        for page in pages:
            page.frame()
            opcode, payload = page.frame()
            assert (opcode, last.encode() in payload) == (TEXT, True)
            assert page.close_code() == 1012
    assert daemon.process.wait(WAIT_S) == 0


def publish_many(daemon, n):
    events = [{"topic": "mine", "event_type": "E", "data": {"n": i, "fill": "x" * 200}} for i in range(n)]
    return [cursor for i in range(0, n, 500) for cursor in daemon.publish(*events[i : i + 500])]


@pytest.fixture
def draining(daemons):
    """A daemon that has been told to end, and that somebody who does not read holds up."""
    daemon = daemons("--drain-s", 600).start()
    deaf = Raw(daemon.port)
    deaf.send(b'{"type":"subscribe","topic":"mine"}')
    assert deaf.frame()[0] == TEXT
    for _ in range(40):  # more than the sockets' buffers take
        daemon.publish(*[{"topic": "mine", "event_type": "E", "data": {"fill": "x" * 200_000}}] * 2)
    daemon.process.send_signal(signal.SIGTERM)
    wait_until(lambda: daemon.get("/readyz").status == 503, "/readyz to say that it is stopping")
    with deaf:
        yield daemon
    daemon.kill()


def test_draining_daemon_lets_nobody_in(draining):
    answer = draining.get("/readyz")
    assert answer.json["field"] == "stopping" and int(answer.headers["Retry-After"]) > 0
    assert is_problem(refusal(draining), 503, "closed")
    assert draining.get("/healthz").status == 200
    assert draining.get("/api/v1/tasks").status == 200  # those under way, and REST, go on


def test_a_second_signal_ends_it_at_once(draining):
    draining.process.send_signal(signal.SIGTERM)
    assert draining.process.wait(WAIT_S) == -signal.SIGTERM


def test_drain_ends_in_its_time(daemons):
    daemon = daemons("--drain-s", 1).start()
    with Raw(daemon.port):  # hangs up only when it is hung up on
        assert daemon.stop() == 0


# --- Compression --------------------------------------------------------------------------------


def watch_compressed(daemon, offers=None):
    headers = {"Sec-WebSocket-Extensions": offers} if offers else None
    compression = None if offers else "deflate"
    return daemon.watch(compression=compression, additional_headers=headers)


def test_compressed_pages_see_what_others_see(daemon):
    """Live, from the ring, and from the journal; and each event is compressed once."""
    with daemon.watch() as plain, watch_compressed(daemon) as first, watch_compressed(daemon) as second:
        assert first.socket.protocol.extensions, "permessage-deflate was agreed on"
        assert not plain.socket.protocol.extensions
        for page in (plain, first, second):
            page.subscribe("mine")
        cursors = publish_many(daemon, 500)
        events = plain.events(500)
        assert [event["cursor"] for event in events] == cursors
        assert first.events(500) == events and second.events(500) == events
        with watch_compressed(daemon) as late:
            late.subscribe("mine", after="oldest", filter={"event_types": ["E"]})
            assert late.events(500) == events
        first.send(type="unsubscribe", topic="mine")  # a client's compressed message
        first.next("unsubscribed")


def test_compression_can_be_off(daemons):
    daemon = daemons("--deflate", "off").start()
    with watch_compressed(daemon) as page:
        assert not page.socket.protocol.extensions


def test_compressed_bomb_is_refused(daemon):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = (packer.compress(bytes(50_000_000)) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]
    assert len(bomb) < 65536
    before = daemon.rss_bytes()
    with Raw(daemon.port, "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits") as client:
        client.send(bomb, rsv=4)
        assert client.close_code() == 1009
    assert daemon.rss_bytes() - before < 5_000_000 + SANITIZER_BYTES


def test_compressed_without_having_agreed(daemon):
    with Raw(daemon.port) as client:
        client.send(b"\xf2\x48\xcd\xc9\xc9\x07\x00", rsv=4)
        assert client.close_code() == 1002
