"""Commands to many tasks: by ids and by filter, with mixed outcomes, and over very many."""

import queue
import signal
import threading

import pytest
from kit import WAIT_S
from test_commands import DONE, commanded, make, task_of
from test_rest import check, create, ids

BULK = "/api/v1/tasks/bulk"


def bulk(daemon, action, **which):
    return check(daemon.post(BULK, {"action": action, **which}), 202)["data"]


def publish_many(daemon, n, **data):
    """n pending tasks t0, t1, …, a thousand in a request."""
    for first in range(0, n, 1000):
        daemon.publish(
            *(
                {"event_type": "TASK_CREATED", "data": {"id": f"t{i}", **data}}
                for i in range(first, min(first + 1000, n))
            )
        )


def test_by_ids(daemon):
    make(daemon, "running", worker="w1")
    make(daemon, "done", "completed")
    create(daemon, id=7)
    answer = daemon.post(BULK, {"action": "cancel", "ids": ["running", 7, "nobody", "done"], "reason": "late"})
    body = check(answer, 202)
    data = body["data"]
    assert (data["action"], data["matched"], data["accepted"], data["done"]) == ("cancel", 4, 2, 1)
    assert data["refused"] == {"not_found": 1, "conflict": 1}
    assert [(e["id"], e["code"]) for e in data["errors"]] == [("nobody", "not_found"), ("done", "conflict")]
    assert "the task is completed; possible: retry" in data["errors"][1]["message"]
    assert (data["more"], data["stopped"], data["next"]) == (False, None, None)
    assert task_of(daemon, "running")["command"] == "cancel"
    row = task_of(daemon, "7")
    assert (row["status"], row["message"]) == ("cancelled", "cancelled: late")
    # The cursor is behind the last command: only what follows from it is still to come.
    delta = daemon.get("/api/v1/events", topic="system,control", after=body["cursor"]).json
    assert [e["event_type"] for e in delta["data"]["events"]] == ["TASK_STATUS_CHANGED"]


@pytest.mark.parametrize("action", DONE)
def test_each_action(daemon, action):
    status = "paused" if action == "resume" else "failed" if action == "retry" else "pending"
    for i in range(3):
        make(daemon, f"t{i}", status)
    assert bulk(daemon, action, ids=["t0", "t1"])["done"] == 2
    assert bulk(daemon, action, filter={"id": "t2"})["done"] == 1
    assert ids(daemon, status=DONE[action], sort="created_at") == ["t0", "t1", "t2"]


def test_by_filter(daemon):
    for i in range(4):
        make(daemon, f"a{i}", "failed" if i % 2 else "running", owner="ann", worker="w1")
    make(daemon, "b", owner="bob")
    data = bulk(daemon, "stop", filter={"owner": "ann"})
    assert (data["matched"], data["accepted"], data["done"]) == (4, 2, 0)
    assert data["refused"] == {"conflict": 2}
    assert sorted(e["id"] for e in data["errors"]) == ["a1", "a3"]
    assert task_of(daemon, "b")["command"] is None
    data = bulk(daemon, "retry", filter={"status": ["failed", "cancelled"], "owner": ["ann", "bob"], "q": "A1"})
    assert (data["matched"], data["accepted"]) == (1, 1)
    assert bulk(daemon, "cancel", filter={"owner": "nobody"})["matched"] == 0


def test_delete(daemon):
    for i in range(3):
        create(daemon, id=f"t{i}", owner="ann")
    data = bulk(daemon, "delete", ids=["t0", "nobody"])
    assert (data["accepted"], data["refused"]) == (1, {"not_found": 1})
    assert bulk(daemon, "delete", filter={"owner": "ann"})["accepted"] == 2
    assert ids(daemon) == []


@pytest.mark.parametrize(
    "body, field",
    [
        ([], None),
        ({"ids": ["a"]}, "action"),
        ({"action": "explode", "ids": ["a"]}, "action"),
        ({"action": "cancel"}, "ids"),
        ({"action": "cancel", "ids": ["a"], "filter": {}}, "ids"),
        ({"action": "cancel", "ids": []}, "ids"),
        ({"action": "cancel", "ids": ["a", None]}, "ids"),
        ({"action": "cancel", "ids": [str(i) for i in range(1001)]}, "ids"),
        ({"action": "cancel", "filter": 7}, "filter"),
        ({"action": "cancel", "filter": {"ovner": "ann"}}, "filter.ovner"),
        ({"action": "cancel", "filter": {"owner": []}}, "filter.owner"),
        ({"action": "cancel", "filter": {"owner": 7}}, "filter.owner"),
        ({"action": "cancel", "filter": {"q": 7}}, "filter.q"),
        ({"action": "cancel", "filter": {"status": "nonsense"}}, "status"),
        ({"action": "cancel", "filter": {}, "page": "nonsense"}, "page"),
        ({"action": "cancel", "ids": ["a"], "page": "x"}, "page"),
        ({"action": "cancel", "filter": {}, "reason": 7}, "reason"),
        ({"action": "cancel", "filter": {}, "filtre": {}}, "filtre"),
    ],
)
def test_a_wrong_one_changes_nothing(daemon, body, field):
    create(daemon, id="a", owner="ann")
    check(daemon.post(BULK, body), 400, "invalid", field)
    assert ids(daemon, status="pending") == ["a"]


def test_a_task_may_be_called_bulk(daemon):
    create(daemon, id="bulk")
    assert commanded(daemon, "bulk", "cancel")["effect"] == "done"
    assert task_of(daemon, "bulk")["status"] == "cancelled"


def test_by_filter_over_very_many(daemon):
    """100 000 tasks, which others change meanwhile. Nobody waits for it, and none is left out."""
    n = 100_000
    publish_many(daemon, n)
    make(daemon, "theirs")
    over = threading.Event()
    answers, writes = [], []

    def go_over_all():
        which = {"filter": {"status": "pending"}}
        while True:
            data = bulk(daemon, "cancel", **which)
            answers.append(data)
            if not data["more"]:  # on a very slow machine its time may be over before
                break
            which["page"] = data["next"]
        over.set()

    thread = threading.Thread(target=go_over_all)
    thread.start()
    i = 0
    while not over.is_set():
        writes.append(daemon.publish({"event_type": "TASK_UPDATED", "data": {"id": "theirs", "progress": i % 100}}))
        daemon.publish({"event_type": "TASK_UPDATED", "data": {"id": f"t{i * 997 % n}", "message": "moved"}})
        i += 1
    thread.join()
    assert len(writes) > 3
    assert sum(a["accepted"] for a in answers) == n
    assert sum(a["done"] for a in answers) == n
    tasks = daemon.get("/api/v1/stats").json["data"]["tasks"]
    assert (tasks["cancelled"], tasks["pending"], tasks["running"]) == (n, 0, 1)
    daemon.stop()
    daemon.verify()


def test_a_third_by_filter_is_told_to_come_again(daemons):
    """While the bus says nothing two of them wait for it, so the one that is answered came too late."""
    bus = daemons("--only", "bus").start(wait=False)
    web = daemons("--only", "web", "--bus-timeout-ms", WAIT_S * 1000)
    web.bus = bus.bus
    web.start()
    publish_many(web, 10)
    asked = {"action": "pause", "filter": {"status": "pending"}}
    answers = queue.Queue()
    threads = [threading.Thread(target=lambda: answers.put(web.post(BULK, asked))) for _ in range(3)]
    bus.process.send_signal(signal.SIGSTOP)
    try:
        for thread in threads:
            thread.start()
        late = answers.get(timeout=WAIT_S)
        check(late, 503, "busy", None)
        assert int(late.headers["Retry-After"]) > 0
    finally:
        bus.process.send_signal(signal.SIGCONT)
    for thread in threads:
        thread.join()
    assert sum(check(answers.get(), 202)["data"]["accepted"] for _ in range(2)) == 10
    assert bulk(web, "resume", filter={})["accepted"] == 10


def test_errors_are_counted_and_some_are_told(daemon):
    publish_many(daemon, 250)
    data = bulk(daemon, "resume", filter={})
    assert (data["matched"], data["accepted"], data["refused"]) == (250, 0, {"conflict": 250})
    assert len(data["errors"]) == 100
