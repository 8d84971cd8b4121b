"""REST over HTTP, as programs use it: tasks, events, logs, and what their answers promise."""

import json
import re

import msgpack
import pytest
from kit import wait_until

CURSOR = re.compile(r"[0-9a-f]{8}\.[0-9]+")


def check(answer, status, code=None, field=None):
    """The answer's JSON, once its status and (for a problem) its code and field are as expected."""
    assert answer.status == status, answer.body
    body = answer.json
    if status >= 400:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert body["status"] == status and body["title"] and body["detail"]
        assert body["code"] == code, body
        assert body.get("field") == field, body
    return body


def create(daemon, **fields):
    return check(daemon.post("/api/v1/tasks", fields), 201)["data"]


def items(daemon, **query):
    return check(daemon.get("/api/v1/tasks", **query), 200)["data"]["items"]


def ids(daemon, **query):
    return [task["id"] for task in items(daemon, **query)]


# --- one task ---------------------------------------------------------------------------------------
def test_life_of_a_task(daemon):
    answer = daemon.post("/api/v1/tasks", {"id": "a/b c", "title": "Mix", "params": {"n": [1, None]}})
    body = check(answer, 201)
    assert answer.headers["Location"] == "/api/v1/tasks/a%2Fb%20c"
    assert CURSOR.fullmatch(body["cursor"])
    task = body["data"]
    assert (task["id"], task["status"], task["params"]) == ("a/b c", "pending", {"n": [1, None]})

    path = answer.headers["Location"]
    assert check(daemon.get(path), 200)["data"] == task
    half = check(daemon.request("PATCH", path, {"progress": 50, "message": "half"}), 200)["data"]
    assert (half["status"], half["progress"], half["message"]) == ("running", 50, "half")
    assert half["params"] == {"n": [1, None]}
    progress = check(daemon.get(path + "/progress"), 200)["data"]
    assert progress["progress"] == 50 and "params" not in progress

    done = check(daemon.request("PATCH", path, {"status": "success", "result": {"ok": True}}), 200)
    assert (done["data"]["status"], done["data"]["progress"]) == ("completed", 100)
    assert done["data"]["result"] == {"ok": True} and done["data"]["finished_at"]
    late = daemon.request("PATCH", path, {"progress": 60})
    check(late, 409, "conflict", "status")
    again = check(daemon.request("PATCH", path, {"attempt": 2, "status": "running"}), 200)["data"]
    assert (again["attempt"], again["retry_count"], again["result"]) == (2, 1, None)

    assert check(daemon.request("DELETE", path), 200)["data"] == {"id": "a/b c", "deleted": True}
    check(daemon.get(path), 404, "not_found")
    check(daemon.get(path + "/progress"), 404, "not_found")
    check(daemon.request("PATCH", path, {"progress": 1}), 404, "not_found")
    check(daemon.request("DELETE", path), 404, "not_found")

    events = check(daemon.get(path + "/events"), 200)["data"]["events"]
    assert [event["event_type"] for event in events] == [
        "TASK_CREATED", "TASK_UPDATED", "TASK_COMPLETED", "TASK_STATUS_CHANGED", "TASK_DELETED"
    ]  # fmt: skip


def test_create_makes_an_id_and_refuses_one_that_exists(daemon):
    first, second = create(daemon, title="x"), create(daemon, title="x")
    assert first["id"] != second["id"]
    check(daemon.post("/api/v1/tasks", {"id": first["id"]}), 409, "exists", "id")
    assert create(daemon, id=42)["id"] == "42"


def test_put_makes_or_changes(daemon):
    check(daemon.request("PUT", "/api/v1/tasks/p", {"title": "one", "status": "paused"}), 201)
    task = check(daemon.request("PUT", "/api/v1/tasks/p", {"id": "p", "progress": 5}), 200)["data"]
    assert (task["title"], task["status"], task["progress"]) == ("one", "paused", 5)


@pytest.mark.parametrize("status, event", [("failed", "TASK_FAILED"), ("timeout", "TASK_FAILED"),
                                           ("cancelled", "TASK_STATUS_CHANGED"),
                                           ("completed", "TASK_COMPLETED")])  # fmt: skip
def test_a_status_becomes_its_event(daemon, status, event):
    create(daemon, id="t")
    check(daemon.request("PATCH", "/api/v1/tasks/t", {"status": status}), 200)
    assert daemon.get("/api/v1/tasks/t").json["data"]["status"] == status
    last = daemon.get("/api/v1/tasks/t/events").json["data"]["events"][-1]
    assert last["event_type"] == event and last["source"] == "http"


@pytest.mark.parametrize(
    "body, field",
    [
        ({"progress": 101}, "progress"),
        ({"status": "asleep"}, "status"),
        ({"attempt": 0}, "attempt"),
        ({"title": 7}, "title"),
        ({"id": "other"}, "id"),
        ({"id": ""}, "id"),
        ({"id": ["t"]}, "id"),
        (["not an object"], None),
    ],
)
def test_bad_task_fields(daemon, body, field):
    create(daemon, id="t")
    check(daemon.request("PATCH", "/api/v1/tasks/t", body), 400, "invalid", field)
    assert daemon.get("/api/v1/tasks/t").json["data"]["progress"] == 0


def test_long_ids(daemon):
    check(daemon.post("/api/v1/tasks", {"id": "x" * 129}), 400, "invalid", "id")
    assert create(daemon, id="é" * 64)["id"] == "é" * 64


# --- the list ---------------------------------------------------------------------------------------
@pytest.fixture
def farm(daemon):
    """30 tasks: every third failed, two owners, three types."""
    for n in range(30):
        create(daemon, id=f"t{n:02}", title=f"Frame {n}", type=f"type{n % 3}", queue="q", resource="r",
               owner="ann" if n % 2 else "bob")  # fmt: skip
        if n % 3 == 0:
            daemon.request("PATCH", f"/api/v1/tasks/t{n:02}", {"status": "failed"})
    return daemon


def test_filters(farm):
    assert len(items(farm)) == 30
    assert len(items(farm, status="failed")) == 10
    assert len(items(farm, status="failed,pending")) == 30
    assert farm.get("/api/v1/tasks?status=failed&status=pending").json["data"]["total"] == 30
    assert ids(farm, owner="ann", status="failed", sort="created_at") == ["t03", "t09", "t15", "t21", "t27"]
    assert len(items(farm, type="type1,type2")) == 20
    assert len(items(farm, queue="q", resource="r", owner="bob")) == 15
    assert items(farm, queue="none") == []
    assert sorted(ids(farm, id="t01,t02,nope")) == ["t01", "t02"]
    assert ids(farm, q="FRAME 17") == ["t17"]
    assert ids(farm, q="t05") == ["t05"]


def test_order_and_pages(farm):
    by_creation = [f"t{n:02}" for n in range(30)]
    assert ids(farm, sort="created_at", limit=100) == by_creation
    assert ids(farm, sort="-created_at", limit=100) == by_creation[::-1]
    assert ids(farm, limit=100) == ids(farm, sort="-updated_at", limit=100)
    seen, page = [], {}
    while True:
        data = check(farm.get("/api/v1/tasks", sort="created_at", limit=7, **page), 200)["data"]
        assert data["total"] == 30 and data["total_exact"] is True
        seen += [task["id"] for task in data["items"]]
        if data["next"] is None:
            break
        page = {"page": data["next"]}
        create(farm, title="comes in between")
        farm.request("DELETE", f"/api/v1/tasks/{items(farm, limit=1)[0]['id']}")
    assert seen == by_creation


def test_rows_have_no_documents(farm):
    row = items(farm, limit=1)[0]
    assert not {"params", "result", "metadata"} & set(row)
    assert {"id", "status", "progress", "eta_s", "seq", "retry_count"} <= set(row)


@pytest.mark.parametrize(
    "query, field",
    [
        ("stauts=failed", "stauts"),
        ("status=asleep", "status"),
        ("owner=", "owner"),
        ("sort=size", "sort"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("page=%25%25", "page"),
        ("page=" + "x" * 600, "page"),
        ("q=" + "x" * 300, "q"),
        ("q=%ff", "q"),
        ("q=%zz", "q"),
        ("q=%00", "q"),
    ],
)
def test_bad_queries(daemon, query, field):
    check(daemon.get("/api/v1/tasks?" + query), 400, "invalid", field)


# --- events -----------------------------------------------------------------------------------------
def test_publish_and_read_on_by_cursor(daemon):
    cursors = daemon.publish(*({"topic": "mine", "event_type": "E", "data": {"n": n}} for n in range(25)))
    after, seen = "oldest", []
    while True:
        body = check(daemon.get("/api/v1/events", topic="mine", after=after, limit=10), 200)
        assert body["reset"] is False
        seen += body["data"]["events"]
        after = body["cursor"]
        if not body["data"]["more"]:
            break
    assert [event["data"]["n"] for event in seen] == list(range(25))
    assert [event["cursor"] for event in seen] == cursors
    assert seen[0]["type"] == "event" and seen[0]["topic"] == "mine"
    nothing = check(daemon.get("/api/v1/events", topic="mine", after=after), 200)
    assert nothing["data"]["events"] == [] and nothing["cursor"] == after
    assert check(daemon.get("/api/v1/events", topic="mine", after="latest"), 200)["cursor"] == after


def test_topics_are_merged_and_filtered(daemon):
    create(daemon, id="a", owner="ann")
    create(daemon, id="b", owner="bob")
    daemon.publish({"event_type": "TASK_LOG", "message": "hello", "data": {"id": "a"}})

    def events(**query):
        data = check(daemon.get("/api/v1/events", **query), 200)["data"]
        return [(event["topic"], event["data"]["id"]) for event in data["events"]]

    assert events() == [("system", "a"), ("system", "b")]
    assert events(topic="logs,system") == [("system", "a"), ("system", "b"), ("logs", "a")]
    assert events(topic="logs,system", task_id="a") == [("system", "a"), ("logs", "a")]
    assert events(owner="bob") == [("system", "b")]
    assert events(topic="logs", event_types="TASK_LOG,OTHER") == [("logs", "a")]
    assert events(event_types="TASK_FAILED") == []


def test_names_with_commas(daemon):
    """Where several values have commas between them, a comma within one has a backslash before it."""
    for task, owner in (("a,b", "Smith, Ann"), ("a", "Smith"), ("c\\d", "CORP\\ann"), ("e\\", "x")):
        create(daemon, id=task, owner=owner)
    assert sorted(ids(daemon, id="a,b")) == ["a"]
    assert sorted(ids(daemon, id="a\\,b,a")) == ["a", "a,b"]
    assert ids(daemon, owner="Smith\\, Ann") == ["a,b"]
    assert ids(daemon, owner="CORP\\ann") == ["c\\d"]
    assert sorted(ids(daemon, id="e\\\\,c\\\\d")) == ["c\\d", "e\\"]
    (event,) = check(daemon.get("/api/v1/events", task_id="a\\,b"), 200)["data"]["events"]
    assert event["data"]["id"] == "a,b"


def test_cursors_that_cannot_be_served(daemon):
    daemon.publish({"event_type": "TASK_CREATED", "data": {"id": "t"}})
    cursor = daemon.get("/api/v1/events").json["cursor"]
    epoch = cursor.split(".")[0]
    other = "0000000f" if epoch != "0000000f" else "0000000e"
    for bad, reason in ((f"{other}.1", "epoch"), (f"{epoch}.99", "ahead")):
        body = check(daemon.get("/api/v1/events", after=bad), 200)
        assert (body["reset"], body["reason"], body["data"]["events"]) == (True, reason, [])
        assert body["cursor"] == cursor
    for bad in ("", "99", "newest", cursor + "x"):
        check(daemon.get("/api/v1/events", after=bad), 400, "invalid", "after")
    check(daemon.get("/api/v1/events", topic="a b"), 400, "invalid", "topic")


def test_rest_and_websocket_share_cursors(daemon):
    first = daemon.publish({"topic": "mine", "event_type": "E", "data": {"n": 1}})[0]
    daemon.publish({"topic": "mine", "event_type": "E", "data": {"n": 2}})
    with daemon.watch() as watcher:
        watcher.subscribe("mine", after=first)
        frame = watcher.next("event")
    read = daemon.get("/api/v1/events", topic="mine", after=first).json["data"]["events"]
    assert read == [frame]


def test_logs(daemon):
    create(daemon, id="t")
    for n, level in enumerate(["debug", "info", "warning", "error", "info"]):
        daemon.publish({"event_type": "TASK_LOG", "message": str(n), "data": {"id": "t", "level": level}})
    daemon.publish({"event_type": "TASK_LOG", "message": "of another", "data": {"id": "u"}})

    def lines(**query):
        data = check(daemon.get("/api/v1/tasks/t/logs", **query), 200)["data"]
        return [event["message"] for event in data["events"]]

    assert lines() == ["0", "1", "2", "3", "4"]
    assert lines(level="warning") == ["2", "3"]
    assert lines(limit=2) == ["0", "1"]
    first = daemon.get("/api/v1/tasks/t/logs", limit=2).json
    assert first["data"]["more"] is True
    assert lines(after=first["cursor"]) == ["2", "3", "4"]
    check(daemon.get("/api/v1/tasks/t/logs", level="loud"), 400, "invalid", "level")

    # From the end: the last lines, where to go on, and where what was before them is.
    end = daemon.get("/api/v1/tasks/t/logs", before="latest", limit=2).json
    assert [event["message"] for event in end["data"]["events"]] == ["3", "4"]
    assert lines(after=end["cursor"]) == []
    assert lines(before=end["data"]["earlier"], limit=2) == ["1", "2"]
    whole = daemon.get("/api/v1/tasks/t/logs", before="latest").json["data"]
    assert len(whole["events"]) == 5 and whole["more"] is False and "earlier" not in whole
    assert lines(before="latest", level="error") == ["3"]
    check(daemon.get("/api/v1/tasks/t/logs", before="latest", after="oldest"), 400, "invalid", "before")


# --- publishing -------------------------------------------------------------------------------------
GOOD = {"event_type": "TASK_UPDATED", "data": {"id": "t", "progress": 1}}
BAD = {"event_type": "TASK_UPDATED", "data": {"id": "t", "progress": 101}}


def test_publish_tells_of_each(daemon):
    named = {**GOOD, "id": "e1"}
    first = check(daemon.post("/api/v1/events", named), 201)
    (result,) = first["data"]["results"]
    assert result == {"id": "e1", "cursor": first["cursor"], "duplicate": False, "applied": True}
    (result,) = check(daemon.post("/api/v1/events", [named]), 201)["data"]["results"]
    assert (result["duplicate"], result["cursor"]) == (True, first["cursor"])

    mixed = check(daemon.post("/api/v1/events", [GOOD, BAD, "text", GOOD]), 207)["data"]["results"]
    assert [("error" in result, result["applied"]) for result in mixed] == [
        (False, True), (True, False), (True, False), (False, True)
    ]  # fmt: skip
    assert mixed[1]["error"]["field"] == "data.progress"

    done = {"event_type": "TASK_COMPLETED", "data": {"id": "t"}}
    check(daemon.post("/api/v1/events", done), 201)
    (late,) = check(daemon.post("/api/v1/events", GOOD), 201)["data"]["results"]
    assert (late["applied"], late["reason"], late["cursor"]) == (False, "stale", None)


def test_publish_fails_when_all_do(daemon):
    problem = check(daemon.post("/api/v1/events", BAD), 400, "invalid", "data.progress")
    assert len(problem["results"]) == 1 and problem["results"][0]["error"]["code"] == "invalid"
    check(daemon.post("/api/v1/events", ["a", "b"]), 400, "invalid")
    check(daemon.post("/api/v1/events", []), 400, "invalid")
    check(daemon.post("/api/v1/events", "[1"), 415, "unsupported", "Content-Type")
    check(daemon.post("/api/v1/events", [GOOD] * 1001), 413, "too_big")
    large = {**GOOD, "data": {"id": "t", "fill": "x" * 300_000}}
    check(daemon.post("/api/v1/events", large), 413, "too_big")
    assert len(check(daemon.post("/api/v1/events", [GOOD] * 1000), 201)["data"]["results"]) == 1000


def test_publish_msgpack(daemon):
    body = msgpack.packb([GOOD, {**GOOD, "data": {"id": 7}}])
    answer = daemon.post("/api/v1/events", body, **{"Content-Type": "application/msgpack"})
    assert len(check(answer, 201)["data"]["results"]) == 2
    assert sorted(ids(daemon)) == ["7", "t"]
    cut = daemon.post("/api/v1/events", body[:-1], **{"Content-Type": "application/msgpack"})
    check(cut, 400, "invalid")


CLOUD = {"specversion": "1.0", "id": "1", "source": "/farm", "type": "TASK_UPDATED", "subject": "t",
         "data": {"progress": 40}}  # fmt: skip


def last_event(daemon, **query):
    return daemon.get("/api/v1/events", limit=1000, **query).json["data"]["events"][-1]


def test_cloudevents(daemon):
    structured = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
    batch = {"Content-Type": "application/cloudevents-batch+json"}
    check(daemon.post("/api/v1/events", json.dumps(CLOUD), **structured), 201)
    event = last_event(daemon)
    assert (event["id"], event["source"], event["data"]["progress"]) == ("/farm 1", "/farm", 40)
    (again,) = check(daemon.post("/api/v1/events", json.dumps(CLOUD), **structured), 201)["data"]["results"]
    assert again["duplicate"]

    other = {**CLOUD, "source": "/other", "type": "com.example.seen", "topic": "seen", "data": [1, 2]}
    wrong = {**CLOUD, "specversion": "0.3"}
    results = check(daemon.post("/api/v1/events", json.dumps([other, wrong]), **batch), 207)["data"]["results"]
    assert results[1]["error"]["field"] == "specversion"
    event = last_event(daemon, topic="seen")
    assert (event["event_type"], event["data"]) == ("com.example.seen", {"id": "t", "value": [1, 2]})

    binary = {"Content-Type": "application/json", "ce-specversion": "1.0", "ce-id": "9", "ce-type": "T",
              "ce-source": "/b%20c", "ce-message": "gr%C3%BC%C3%9F dich"}  # fmt: skip
    check(daemon.request("POST", "/api/v1/events?topic=cloud", '{"a":1}', binary), 201)
    event = last_event(daemon, topic="cloud")
    assert (event["id"], event["message"], event["data"]) == ("/b c 9", "grüß dich", {"a": 1})


# --- operation --------------------------------------------------------------------------------------
def test_stats(daemon):
    create(daemon, id="a")
    with daemon.watch():
        stats = check(daemon.get("/api/v1/stats"), 200)["data"]
    assert stats["tasks"]["pending"] == 1 and stats["watchers"] == 1
    assert stats["topics"]["system"]["head"] == 1 and CURSOR.fullmatch(stats["oldest"])


def test_metrics(daemon):
    create(daemon)
    answer = daemon.get("/metrics")
    assert answer.status == 200 and answer.headers["Content-Type"].startswith("text/plain")
    lines = answer.body.decode().splitlines()
    values = dict(line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
    assert int(values["bellwire_http_requests_total"]) >= 1
    assert int(values["bellwire_writer_events_total"]) == 1
    types = dict(line.split()[2:] for line in lines if line.startswith("# TYPE"))
    parts = {"histogram": ("_bucket", "_sum", "_count")}
    described = {name + part for name, kind in types.items() for part in parts.get(kind, ("",))}
    assert described == {series.split("{")[0] for series in values}


def test_head_and_options(daemon):
    full, head = daemon.get("/api/v1/tasks"), daemon.request("HEAD", "/api/v1/tasks")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["Content-Length"] == full.headers["Content-Length"]
    options = daemon.request("OPTIONS", "/api/v1/tasks/x")
    assert options.status == 204
    assert options.headers["Allow"] == "GET, HEAD, PATCH, PUT, DELETE, OPTIONS"
    check(daemon.request("DELETE", "/api/v1/tasks"), 405, "unsupported")


def test_state_survives_a_restart(daemon):
    task = create(daemon, id="t", title="stays")
    assert daemon.stop() == 0
    daemon.start()
    assert daemon.get("/api/v1/tasks/t").json["data"] == task


def test_web_alone_says_when_the_bus_is_away(daemons):
    bus = daemons("--only", "bus")
    web = daemons("--only", "web", "--bus-timeout-ms", "500")
    web.bus = bus.bus
    web.start(wait=False)


    def refused():
        try:
            return web.get("/readyz").status == 503
        except OSError:
            return False

    wait_until(refused, "the web half to answer")
    problem = check(web.get("/readyz"), 503, "unavailable", "bus")
    assert "bus" in problem["detail"]
    answer = web.get("/api/v1/tasks")
    assert answer.status in (503, 504), answer.body
    bus.start(wait=False)
    wait_until(web.is_ready, "the web half to find the bus")
    create(web, id="t")
