"""Pages from elsewhere, as their browsers ask for them: CORS on REST, SSE and long-poll, Origin on the WebSocket."""

import json

import pytest
from kit import WAIT_S, wait_until
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

APP, EVIL = "https://app.example", "https://evil.example"


@pytest.fixture
def open_daemon(daemons):
    return daemons("--origins", f"{APP}, http://localhost:3000").start()


def allowed(answer):
    return answer.headers.get("Access-Control-Allow-Origin")


def watch(daemon, origin):
    with connect(f"ws://127.0.0.1:{daemon.port}/ws/realtime", origin=origin, open_timeout=WAIT_S) as socket:
        return json.loads(socket.recv(timeout=WAIT_S))["type"]


@pytest.mark.parametrize(
    "path", ["/api/v1/tasks", "/api/v1/events", "/api/v1/events?wait=1&after=latest", "/api/v1/no-such-thing"]
)
def test_answers_are_for_pages_that_are_listed(open_daemon, path):
    assert allowed(open_daemon.request("GET", path, headers={"Origin": APP})) == APP
    for headers in ({"Origin": EVIL}, {}):
        answer = open_daemon.request("GET", path, headers=headers)
        assert allowed(answer) is None
        assert "Origin" in answer.headers.get_all("Vary")  # caches must not mix them up


def test_a_stream_is_for_pages_that_are_listed(open_daemon):
    for origin, answer in ((APP, APP), (EVIL, None)):
        assert allowed(open_daemon.request("HEAD", "/api/v1/stream", headers={"Origin": origin})) == answer


def test_a_browser_asks_first(open_daemon):
    """What it asks before a POST of JSON, or an EventSource of our own with a token."""
    ask = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type,authorization"}
    answer = open_daemon.request("OPTIONS", "/api/v1/events", headers={"Origin": APP, **ask})
    assert (answer.status, allowed(answer)) == (204, APP)
    assert "POST" in answer.headers["Access-Control-Allow-Methods"].split(", ")
    names = [name.lower() for name in answer.headers["Access-Control-Allow-Headers"].split(", ")]
    assert {"content-type", "authorization", "last-event-id", "if-none-match"} <= set(names)
    refused = open_daemon.request("OPTIONS", "/api/v1/events", headers={"Origin": EVIL, **ask})
    assert "Access-Control-Allow-Methods" not in refused.headers


def test_usually_no_other_page_is_served(daemon):
    answer = daemon.request("GET", "/api/v1/tasks", headers={"Origin": APP})
    assert allowed(answer) is None and "Vary" not in answer.headers


def test_any_page_could_open_a_websocket(daemon):
    """A browser does not keep anybody from it; and would hand on whatever is told."""
    assert watch(daemon, None) == "connected"  # no browser
    assert watch(daemon, f"http://127.0.0.1:{daemon.port}") == "connected"
    for origin in (EVIL, "null", "http://127.0.0.1:1", f"http://localhost:{daemon.port}"):
        with pytest.raises(InvalidStatus) as refused:
            watch(daemon, origin)
        response = refused.value.response
        assert response.status_code == 403 and response.reason_phrase == "Forbidden"
        assert json.loads(response.body)["field"] == "Origin"
    wait_until(lambda: daemon.get("/api/v1/stats").json["data"]["watchers"] == 0, "no place is taken")


def test_listed_pages_may_open_a_websocket(open_daemon):
    assert watch(open_daemon, APP) == watch(open_daemon, "http://localhost:3000") == "connected"
    with pytest.raises(InvalidStatus):
        watch(open_daemon, EVIL)
