"""Bad input over HTTP, byte for byte: a clear error for each, and the daemon goes on for the others."""

import json
import os
import socket
import threading

import pytest
from kit import WAIT_S, wait_until


def exchange(daemon, request):
    """Sends bytes on a connection of its own; returns all that comes back."""
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=WAIT_S) as s:
        s.sendall(request)
        answer = b""
        while chunk := s.recv(65536):
            answer += chunk
        return answer


def status_of(answer):
    assert answer.startswith(b"HTTP/1.1 "), answer[:200]
    return int(answer[9:12])


def problem_of(answer):
    head, body = answer.split(b"\r\n\r\n", 1)
    assert b"Content-Type: application/problem+json" in head, head
    return json.loads(body)


def get(path, *headers):
    lines = [b"GET " + path + b" HTTP/1.1", b"Host: x", b"Connection: close", *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def post(body, *headers, path=b"/api/v1/events", content_type=b"application/json"):
    lines = [b"POST " + path + b" HTTP/1.1", b"Host: x", b"Connection: close", b"Content-Type: " + content_type]
    return b"\r\n".join([*lines, *headers]) + b"\r\n\r\n" + body


def sized(body, **more):
    return post(body, b"Content-Length: %d" % len(body), **more)


CHUNKED = b"Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    "request_bytes, status, word",
    [
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, "", id="TLS"),
        pytest.param(b"hello\r\n\r\n", 400, "", id="no HTTP"),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", 505, "version", id="HTTP 9.9"),
        pytest.param(b"GET\r\n\r\n", 400, "", id="a method alone"),
        pytest.param(b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400, "", id="header without colon"),
        pytest.param(get(b"/api/v1/tasks", *[b"H%d: x" % n for n in range(64)]), 431, "header", id="65 headers"),
        pytest.param(b"GET /".ljust(32768, b"x"), 400, "32768", id="32 KB of path"),
        pytest.param(get(b"/%2e%2e/%2e%2e/etc/passwd"), 404, "path", id="climbing"),
        pytest.param(get(b"/api/v1/tasks/%00"), 400, "percent", id="NUL in path"),
        pytest.param(get(b"/api/v1/tasks/%ff"), 400, "percent", id="no UTF-8 in path"),
        pytest.param(get(b"/api/v1/tasks/\xff\xfe"), 400, "", id="raw bytes in path"),
        pytest.param(get(b"/api/v1/tasks?q=%e9"), 400, "UTF-8", id="no UTF-8 in query"),
        pytest.param(get(b"/api/v1/tasks?" + b"&".join([b"id=a"] * 100)), 400, "64", id="100 parameters"),
        pytest.param(get(b"/api/v1/events?after=%s" % (b"9" * 200)), 400, "", id="long cursor"),
        pytest.param(sized(b""), 400, "empty", id="empty body"),
        pytest.param(sized(b'{"event_type":\n\n  oops}'), 400, "line 3", id="bad JSON"),
        pytest.param(sized(b'{"a":1,"a":2}'), 400, "", id="duplicate key"),
        pytest.param(sized(b'{"event_type":"\xff"}'), 400, "", id="no UTF-8 in JSON"),
        pytest.param(sized(b'{"event_type":"a\\u0000b"}'), 400, "", id="NUL in JSON"),
        pytest.param(sized(b"[" * 100000 + b"]" * 100000), 400, "", id="100000 levels"),
        pytest.param(sized(b"{}" + b" " * 100 + b"x"), 400, "", id="trailing text"),
        pytest.param(sized(b'{"event_type":NaN}'), 400, "", id="NaN"),
        pytest.param(sized(b"1e999"), 400, "", id="a number too large"),
        pytest.param(sized(b"\xdd\xff\xff\xff\xff", content_type=b"application/msgpack"), 400, "", id="4 G elements"),
        pytest.param(sized(b"\x91" * 5000, content_type=b"application/msgpack"), 400, "deep", id="5000 levels"),
        pytest.param(sized(b"{}", content_type=b"text/html"), 415, "application/json", id="wrong type"),
        pytest.param(post(b"{}", b"Content-Length: -1"), 400, "number", id="negative length"),
        pytest.param(post(b"{}", b"Content-Length: 2, 2"), 400, "", id="a list of lengths"),
        pytest.param(post(b"{}", b"Content-Length: 2", CHUNKED), 400, "", id="length and chunks"),
        pytest.param(post(b"{}", CHUNKED, b"Transfer-Encoding: identity"), 400, "", id="two encodings"),
        pytest.param(post(b"{}", b"Transfer-Encoding: gzip"), 400, "", id="unknown encoding"),
        pytest.param(post(b"xyz\r\n", CHUNKED), 400, "", id="chunk without size"),
        pytest.param(post(b"ffffffffffffffff\r\nabc", CHUNKED), 400, "framed", id="an endless chunk"),
        pytest.param(post(b"", b"Content-Length: 99999999999"), 413, "16777216", id="99 GB announced"),
    ],
)
def test_bad_request(daemon, request_bytes, status, word):
    # A client that has sent all it will, as most of these have; others would be waited for.
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=WAIT_S) as s:
        s.sendall(request_bytes)
        s.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := s.recv(65536):
            answer += chunk
    assert status_of(answer) == status, answer
    problem = problem_of(answer)
    assert problem["status"] == status and word in problem["detail"], problem
    assert daemon.get("/api/v1/tasks").status == 200


def test_ten_thousand_headers(daemon):
    request = get(b"/api/v1/tasks", *[b"X-Header-%d: value" % n for n in range(10_000)])
    try:
        answer = exchange(daemon, request)
        assert status_of(answer) == 400 and "32768" in problem_of(answer)["detail"]
    except (ConnectionResetError, BrokenPipeError):
        pass  # it closed while we were still sending: an answer may be lost then
    assert daemon.get("/api/v1/tasks").status == 200


def test_half_a_request_does_not_stay(daemon):
    """A slow head is given up, with an answer, and meanwhile others are served."""
    halves = [socket.create_connection(("127.0.0.1", daemon.port), timeout=WAIT_S) for _ in range(8)]
    for s in halves:
        s.sendall(b"GET /api/v1/tasks HTTP/1.1\r\nHost: x\r\nX: ")
    assert daemon.get("/api/v1/tasks").status == 200
    for s in halves:
        answer = b""
        while chunk := s.recv(65536):
            answer += chunk
        assert status_of(answer) == 400 and "10000 ms" in problem_of(answer)["detail"]
        s.close()


def test_large_bodies(daemons):
    daemon = daemons("--body-bytes-max", "64K").start()
    large = json.dumps({"event_type": "X", "topic": "t", "data": {"x": "y" * 70_000}}).encode()
    fitting = large.replace(b"y" * 10_000, b"")
    assert status_of(exchange(daemon, sized(fitting))) == 201
    for request in (sized(large), post(b"%x\r\n%s\r\n0\r\n\r\n" % (len(large), large), CHUNKED)):
        answer = exchange(daemon, request)
        assert status_of(answer) == 413 and "65536" in problem_of(answer)["detail"]
    assert daemon.get("/api/v1/events?topic=t").json["data"]["more"] is False


def test_client_that_leaves_in_its_body(daemon):
    for _ in range(50):
        s = socket.create_connection(("127.0.0.1", daemon.port), timeout=WAIT_S)
        s.sendall(post(b'{"event_type":', b"Content-Length: 1000"))
        s.close()
    assert daemon.get("/api/v1/tasks").status == 200
    assert daemon.get("/api/v1/events").json["data"]["events"] == []


def test_no_request_hides_in_a_body(daemon):
    """Two readers of one stream must agree where a request ends: doubtful ones end the connection."""
    hidden = b"DELETE /api/v1/tasks/victim HTTP/1.1\r\nHost: x\r\n\r\n"
    daemon.post("/api/v1/tasks", {"id": "victim"})
    head = b"POST /api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    for framing in (
        b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
        b"Content-Length: 0x5\r\n\r\n",
        b"Content-Length: +0\r\n\r\n",
        b"".join(b"H%d: x\r\n" % n for n in range(64)) + b"Content-Length: 5\r\n\r\n",
    ):
        answer = exchange(daemon, head + framing + hidden)
        assert status_of(answer) in (400, 431) and answer.count(b"HTTP/1.1 ") == 1, answer
    assert daemon.get("/api/v1/tasks/victim").status == 200


def test_noise(daemon):
    """Random bytes, and good requests with some bytes changed."""
    good = sized(json.dumps({"event_type": "TASK_LOG", "data": {"id": "t"}}).encode())
    for n in range(300):
        noise = bytearray(os.urandom(n) if n % 2 else good)
        for _ in range(n % 7):
            noise[os.urandom(1)[0] % len(noise)] = os.urandom(1)[0]
        with socket.create_connection(("127.0.0.1", daemon.port), timeout=WAIT_S) as s:
            s.sendall(noise)
            s.shutdown(socket.SHUT_WR)
            while s.recv(65536):
                pass
    assert daemon.get("/api/v1/tasks").status == 200


def test_many_at_once(daemon):
    """More clients than workers, good and bad, all answered."""
    answers = []

    def ask(n):
        answers.append(daemon.get("/api/v1/tasks" if n % 2 else "/api/v1/nothing").status)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(200)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert sorted(answers) == [200] * 100 + [404] * 100


def test_descriptors_come_back(daemon):
    def n_open():
        return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))

    daemon.get("/api/v1/tasks")
    wait_until(lambda: daemon.get("/readyz").status == 200, "readiness")
    before = n_open()
    for n in range(200):
        exchange(daemon, get(b"/api/v1/nothing"))
        exchange(daemon, post(b"{}", b"Content-Length: 2", CHUNKED))
    wait_until(lambda: n_open() <= before + 2, "descriptors to be given back")
