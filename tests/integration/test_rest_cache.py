"""REST as what pages fall back to: unchanged answers cost nothing, large ones travel small."""

import gzip
import http.client
import json

from kit import wait_until

LIST = "/api/v1/tasks?status=pending,running&limit=50"


def ask(daemon, path, etag=None, **headers):
    if etag:
        headers["If-None-Match"] = etag
    return daemon.request("GET", path, headers=headers)


def publish_tasks(daemon, n, title="Mix"):
    daemon.publish(*({"event_type": "TASK_CREATED", "data": {"id": f"t{i}", "title": title}} for i in range(n)))


def check_not_modified(answer, etag):
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["ETag"] == etag
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_list_is_told_again_only_when_something_changed(daemon, bus):
    publish_tasks(daemon, 3)
    for path in (LIST, "/api/v1/tasks/t1", "/api/v1/tasks/t1/progress"):
        first = ask(daemon, path)
        assert first.status == 200
        assert first.headers["Cache-Control"] == "private, no-cache"
        etag = first.headers["ETag"]
        check_not_modified(ask(daemon, path, etag), etag)
        check_not_modified(ask(daemon, path, f'"other", {etag}'), etag)

        # Written through the same server: seen at once, every time.
        for n in range(20):
            daemon.publish({"event_type": "TASK_UPDATED", "data": {"id": "t1", "progress": n + 1}})
            again = ask(daemon, path, etag)
            assert again.status == 200
            etag = again.headers["ETag"]
            check_not_modified(ask(daemon, path, etag), etag)

        # Written by a producer at the bus: seen within moments.
        bus.publish({"event_type": "TASK_UPDATED", "data": {"id": "t1", "message": path}})
        newer = wait_until(lambda: (a := ask(daemon, path, etag)).status == 200 and a, "the new answer")
        assert path in json.dumps(newer.json)


def test_an_etag_belongs_to_its_question(daemon):
    publish_tasks(daemon, 1)
    etag = ask(daemon, LIST).headers["ETag"]
    for path in (LIST + "0", "/api/v1/tasks", "/api/v1/tasks/t0", LIST.replace("50", "49")):
        assert ask(daemon, path, etag).status == 200, path
    assert ask(daemon, "/api/v1/tasks?status=nonsense", etag).status == 400
    for nonsense in ("*", '"', 'W/"', etag[:-1], etag + "x" * 3000, 'W/"0.1.0-latest-00000000"'):
        assert ask(daemon, "/api/v1/tasks", nonsense).status == 200, nonsense


def test_another_journal_is_another_answer(daemons):
    daemon = daemons().start()
    publish_tasks(daemon, 1)
    etag = ask(daemon, LIST).headers["ETag"]
    daemon.stop()
    daemon.start()
    check_not_modified(ask(daemon, LIST, etag), etag)
    daemon.stop()
    for file in daemon.data.glob("journal.db*"):
        file.unlink()
    daemon.start()
    publish_tasks(daemon, 1)
    assert ask(daemon, LIST, etag).status == 200


def test_a_poll_that_has_everything_goes_on_from_the_same_place(daemon):
    publish_tasks(daemon, 2)
    events = "/api/v1/events?topic=system&after="
    cursor = daemon.get(events + "oldest").json["cursor"]
    for _ in range(3):
        answer = daemon.get(events + cursor)
        assert answer.json == {"data": {"events": [], "more": False}, "reset": False, "cursor": cursor}
        daemon.publish({"event_type": "TASK_UPDATED", "message": "on", "data": {"id": "t1"}})
        answer = daemon.get(events + cursor)
        assert [event["message"] for event in answer.json["data"]["events"]] == ["on"]
        cursor = answer.json["cursor"]


def test_large_answers_travel_compressed(daemon):
    publish_tasks(daemon, 50, title="Übersetzung 小说 🎬")
    path = "/api/v1/tasks?limit=50"
    plain = ask(daemon, path)
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == "Accept-Encoding"
    packed = ask(daemon, path, **{"Accept-Encoding": "br, gzip;q=0.9"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert int(packed.headers["Content-Length"]) == len(packed.body) < len(plain.body) / 4
    assert json.loads(gzip.decompress(packed.body)) == plain.json
    for refused in ("gzip;q=0", "identity", "br", "gzip;q=0, *;q=1"):
        answer = ask(daemon, path, **{"Accept-Encoding": refused})
        assert "Content-Encoding" not in answer.headers and answer.body == plain.body, refused
    head = daemon.request("HEAD", path, headers={"Accept-Encoding": "gzip"})
    assert (head.headers["Content-Length"], head.body) == (packed.headers["Content-Length"], b"")
    small = ask(daemon, "/api/v1/tasks/t1", **{"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers and "Vary" not in small.headers


def test_what_may_be_kept(daemon):
    publish_tasks(daemon, 1)
    page = ask(daemon, "/", **{"Accept-Encoding": "gzip"})
    assert page.headers["Cache-Control"] == "no-cache" and page.headers["Content-Encoding"] == "gzip"
    assert ask(daemon, "/", page.headers["ETag"]).status == 304
    kept = "private, no-cache"
    for path, status, cache in (
        ("/api/v1/tasks/t0/events", 200, kept),
        ("/api/v1/tasks/t0/logs", 200, kept),
        ("/api/v1/events", 200, kept),
        ("/api/v1/tasks/nobody", 404, "no-store"),
        ("/api/v1/tasks?limit=x", 400, "no-store"),
        ("/healthz", 200, "no-store"),
        ("/readyz", 200, "no-store"),
        ("/metrics", 200, "no-store"),
    ):
        answer = ask(daemon, path)
        assert (answer.status, answer.headers["Cache-Control"]) == (status, cache), path


def test_idle_connections_leave_room(daemons):
    """Pages hold their connections open; with two workers, one may be held."""
    daemon = daemons("--http-threads", "2").start()
    held = []
    for _ in range(20):
        connection = http.client.HTTPConnection("127.0.0.1", daemon.port, timeout=60)
        connection.request("GET", "/healthz", headers={"Connection": "keep-alive"})
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()
        held.append((connection, answer.headers["Connection"]))
    assert "close" in [kind for _, kind in held]
    for connection, _ in held:
        connection.close()
