"""How long a connection lives, how many there may be, and what a client is told when it may not go on."""

import contextlib
import struct

import pytest
from kit import WAIT_S, wait_until
from rawsocket import CLOSE, PING, Raw
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
