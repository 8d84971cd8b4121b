"""Commands on the real daemon: what is possible, what follows, who sees it, and what a worker does."""

import pytest
from eventstream import EventStream
from kit import wait_until
from test_rest import check

ACTIONS = ["start", "pause", "resume", "stop", "cancel", "retry"]
FINAL = ["completed", "failed", "cancelled", "timeout"]
STATUSES = ["pending", "running", "paused", *FINAL]
POSSIBLE = {
    "start": ["pending"],
    "pause": ["pending", "running"],
    "resume": ["paused"],
    "stop": ["pending", "running", "paused"],
    "cancel": ["pending", "running", "paused"],
    "retry": ["running", "paused", *FINAL],
}
DONE = {"pause": "paused", "resume": "pending", "stop": "cancelled", "cancel": "cancelled", "retry": "pending"}


def command(daemon, task, action, **body):
    path = f"/api/v1/tasks/{task}/{action}"
    return daemon.post(path, body) if body else daemon.request("POST", path)


def commanded(daemon, task, action, **body):
    """The answer's data, of a command that must be taken."""
    return check(command(daemon, task, action, **body), 202)["data"]


def task_of(daemon, task):
    return check(daemon.get(f"/api/v1/tasks/{task}"), 200)["data"]


def make(daemon, task, status="running", **data):
    """A task in this status, as a worker (if one is named) would have made it."""
    data = {"id": task, "status": status, **data}
    if status == "completed":
        kind = "TASK_COMPLETED"
    else:
        kind = "TASK_FAILED" if status in ("failed", "timeout") else "TASK_STATUS_CHANGED"
    daemon.publish({"event_type": kind, "data": data})


def events_of(daemon, task, topic="system"):
    return check(daemon.get(f"/api/v1/tasks/{task}/events", topic=topic), 200)["data"]["events"]


# --- what is possible, and what follows -------------------------------------------------------------
def test_every_action_in_every_status(daemon):
    for owned in (True, False):
        for status in STATUSES:
            for action in ACTIONS:
                task = f"{status}-{action}-{owned}"
                make(daemon, task, status, **({"worker": "w1"} if owned else {}))
                if status not in POSSIBLE[action]:
                    body = check(command(daemon, task, action), 409, "conflict", "action")
                    assert f"the task is {status}" in body["detail"]
                    offered = body["detail"].split("; possible: ")[1].split(", ")
                    assert offered == [a for a in ACTIONS if status in POSSIBLE[a]]
                    assert len(events_of(daemon, task)) == 1 and not events_of(daemon, task, "control")
                    continue
                done = not owned and status != "running" and action != "start"
                answer = commanded(daemon, task, action)
                assert (answer["id"], answer["action"]) == (task, action)
                assert answer["effect"] == ("done" if done else "asked")
                row = task_of(daemon, task)
                assert row["status"] == (DONE[action] if done else status)
                assert row["attempt"] == (2 if done and action == "retry" else 1)
                assert row["command"] == (None if done else action)
                assert bool(row["command_at"]) == (not done)
                asked, follows = events_of(daemon, task, "control")[0], events_of(daemon, task)[1]
                assert (asked["event_type"], asked["id"]) == ("TASK_COMMAND", answer["command_id"])
                assert follows["event_type"] == ("TASK_STATUS_CHANGED" if done else "TASK_UPDATED")
                assert follows["data"]["command_id"] == answer["command_id"]
    daemon.stop()
    daemon.verify()


def test_what_is_refused(daemon):
    check(command(daemon, "nobody", "cancel"), 404, "not_found", "id")
    make(daemon, "t")
    check(command(daemon, "t", "cancel", reason=7), 400, "invalid", "reason")
    check(daemon.post("/api/v1/tasks/t/cancel", []), 400, "invalid", None)
    for member in ("reasson", "by", "id"):
        body = check(command(daemon, "t", "cancel", **{"reason": "late", member: "x"}), 400, "invalid", member)
        assert body["detail"] == "unknown member; known here: reason"
    check(daemon.post("/api/v1/tasks/t/explode", {}), 404, "not_found", None)
    check(daemon.get("/api/v1/tasks/t/cancel"), 405, "unsupported", None)
    answer = daemon.request("POST", "/api/v1/tasks/t/cancel", "x", {"Content-Type": "text/plain"})
    check(answer, 415, "unsupported", "Content-Type")
    # A page of another site cannot leave the type out: its browser has to ask first.
    foreign = daemon.request("POST", "/api/v1/tasks/t/cancel", headers={"Sec-Fetch-Site": "cross-site"})
    check(foreign, 415, "unsupported", "Content-Type")
    assert task_of(daemon, "t")["command"] is None


def test_as_an_event_it_is_the_same(daemon):
    """A command is published like any event, and sent again it is there once."""
    make(daemon, "t", worker="w1")
    event = {"id": "c1", "event_type": "TASK_COMMAND", "data": {"id": "t", "action": "pause", "by": "ann"}}
    for duplicate in (False, True):
        (result,) = check(daemon.post("/api/v1/events", event), 201)["data"]["results"]
        assert result["duplicate"] == duplicate
    assert [e["event_type"] for e in events_of(daemon, "t")] == ["TASK_STATUS_CHANGED", "TASK_UPDATED"]
    assert events_of(daemon, "t")[1]["message"] == "pause asked by ann"
    bad = [
        ({"id": "nobody", "action": "pause"}, "not_found", "data.id"),
        ({"id": "t", "action": "explode"}, "invalid", "data.action"),
        ({"id": "t", "action": "resume"}, "conflict", "data.action"),
    ]
    answer = daemon.post("/api/v1/events", [{"event_type": "TASK_COMMAND", "data": data} for data, *_ in bad])
    assert answer.status == 400
    for result, (_, code, field) in zip(answer.json["results"], bad, strict=True):
        assert (result["error"]["code"], result["error"]["field"]) == (code, field)


# --- who sees it ------------------------------------------------------------------------------------
def test_everybody_sees_it_come_and_go(daemon):
    make(daemon, "t", worker="w1")
    with daemon.watch() as page, EventStream(daemon, "/api/v1/stream?topics=system,control") as stream:
        page.subscribe("system", filter={"task_id": "t"})
        stream.subscribed(2)
        asked = commanded(daemon, "t", "cancel", reason="too slow")
        (row,) = check(daemon.get("/api/v1/tasks", status="running"), 200)["data"]["items"]
        assert row["command"] == "cancel" and row["command_at"]
        note = page.events(1)[0]
        assert note["data"]["command"] == "cancel" and note["data"]["command_at"] == row["command_at"]
        assert note["message"] == "cancel asked: too slow"
        daemon.publish({"event_type": "TASK_UPDATED", "data": {"id": "t", "progress": 50}})
        assert page.events(1)[0]["data"]["command"] == "cancel"
        daemon.publish({"event_type": "TASK_FAILED", "data": {"id": "t", "status": "cancelled"}})
        answer = page.events(1)[0]
        assert answer["data"]["command"] is None and answer["data"]["command_at"] is None
        seen = [block.data for block in stream.told(4)]
        assert [e["event_type"] for e in seen[:2]] == ["TASK_COMMAND", "TASK_UPDATED"]
        assert seen[0]["data"]["reason"] == "too slow" and seen[0]["id"] == asked["command_id"]
    row = task_of(daemon, "t")
    assert (row["status"], row["command"], row["command_at"]) == ("cancelled", None, None)


def test_a_page_that_comes_later_sees_it(daemon):
    make(daemon, "t", worker="w1")
    before = check(daemon.get("/api/v1/tasks"), 200)["cursor"]
    commanded(daemon, "t", "pause")
    with daemon.watch() as page:
        page.subscribe("system", snapshot=True)
        assert page.next("snapshot")["tasks"][0]["command"] == "pause"
    with daemon.watch() as page:
        page.subscribe("system", after=before, catchup="conflate")
        frame = page.next("event", "conflated")
        rows = frame["tasks"] if frame["type"] == "conflated" else [frame["data"]]
        assert rows[0]["command"] == "pause"


# --- the worker -------------------------------------------------------------------------------------
@pytest.mark.parametrize("action, status", [("pause", "paused"), ("stop", "cancelled"), ("cancel", "failed")])
def test_the_status_answers(daemon, action, status):
    make(daemon, "t", worker="w1")
    commanded(daemon, "t", action)
    make(daemon, "t", status)
    assert task_of(daemon, "t")["command"] is None


def test_a_final_task_of_a_worker_is_asked_to_try_again(daemon):
    make(daemon, "t", "failed", worker="w1")
    finished_at = task_of(daemon, "t")["finished_at"]
    assert commanded(daemon, "t", "retry")["effect"] == "asked"
    row = task_of(daemon, "t")
    assert (row["status"], row["command"], row["finished_at"]) == ("failed", "retry", finished_at)
    daemon.publish({"event_type": "TASK_UPDATED", "data": {"id": "t", "attempt": 2, "progress": 1}})
    row = task_of(daemon, "t")
    assert (row["status"], row["command"], row["attempt"]) == ("running", None, 2)


def test_a_worker_refuses(daemon):
    make(daemon, "t", worker="w1")
    old = commanded(daemon, "t", "pause")["command_id"]
    new = commanded(daemon, "t", "pause")["command_id"]
    refused = {"event_type": "TASK_COMMAND_REFUSED", "message": "cannot pause here"}
    for command_id, applied in ((old, False), (new, True)):
        data = {"id": "t", "action": "pause", "command_id": command_id}
        answer = check(daemon.post("/api/v1/events", {**refused, "data": data}), 201)
        assert answer["data"]["results"][0]["applied"] == applied
    assert task_of(daemon, "t")["command"] is None


def test_a_worker_repeats_what_it_was_asked(daemon):
    """Which is no command of its own, and takes nothing from what else it says."""
    make(daemon, "t", worker="w1")
    asked = commanded(daemon, "t", "pause")
    at = task_of(daemon, "t")["command_at"]
    data = {"id": "t", "command": "cancel", "command_id": asked["command_id"], "progress": 50}
    daemon.publish({"event_type": "TASK_UPDATED", "message": "pausing", "data": data})
    row = task_of(daemon, "t")
    assert (row["progress"], row["message"], row["command"], row["command_at"]) == (50, "pausing", "pause", at)
    daemon.stop()
    daemon.verify()


def test_a_worker_follows_its_own_tasks(daemon):
    """From the cursor of the task's first event: what was asked before it looked is not missed."""
    (cursor,) = daemon.publish({"event_type": "TASK_CREATED", "data": {"id": "mine", "worker": "w1"}})
    make(daemon, "other", worker="w2")
    commanded(daemon, "other", "cancel")
    asked = commanded(daemon, "mine", "cancel")
    with daemon.watch() as worker:
        worker.subscribe("control", after=cursor, filter={"task_id": ["mine"]})
        event = worker.events(1)[0]
        assert (event["id"], event["data"]["action"]) == (asked["command_id"], "cancel")
        commanded(daemon, "mine", "stop")
        assert worker.events(1)[0]["data"]["action"] == "stop"


# --- kills ------------------------------------------------------------------------------------------
def test_what_was_asked_survives_a_kill(daemon):
    make(daemon, "t", worker="w1")
    commanded(daemon, "t", "cancel")
    daemon.kill()
    daemon.verify()
    daemon.start()
    wait_until(lambda: task_of(daemon, "t")["command"] == "cancel", "the command after a kill")
    make(daemon, "t", "cancelled")
    assert task_of(daemon, "t")["command"] is None
    daemon.stop()
    daemon.verify()


# --- nobody answers ---------------------------------------------------------------------------------
def ask_and_answer(daemon, task, action, status):
    """Both in one commit: however slow the machine is, no time passes in between."""
    daemon.publish(
        {"event_type": "TASK_COMMAND", "data": {"id": task, "action": action}},
        {"event_type": "TASK_STATUS_CHANGED", "data": {"id": task, "status": status}},
    )


def unanswered(daemon, task):
    return [e for e in events_of(daemon, task) if e["event_type"] == "TASK_COMMAND_UNANSWERED"]


def wait_unanswered(daemon, task):
    return wait_until(lambda: unanswered(daemon, task), f"{task} is told to be unanswered")


def test_what_nobody_answers_is_told(daemons):
    daemon = daemons("--command-answer-s", 1, "--head-heartbeat-ms", 50).start()
    make(daemon, "t", worker="w1")
    make(daemon, "answered", worker="w1")
    with daemon.watch() as page:
        page.subscribe("system", filter={"event_types": ["TASK_COMMAND_UNANSWERED"]})
        ask_and_answer(daemon, "answered", "cancel", "cancelled")
        asked = commanded(daemon, "t", "cancel")
        event = page.events(1)[0]
    data = event["data"]
    assert (data["id"], data["action"], data["command_id"]) == ("t", "cancel", asked["command_id"])
    assert data["after_s"] == 1 and data["command"] is None and data["status"] == "running"
    assert event["message"] == "cancel was asked 1 s ago, and w1 did not answer"
    row = task_of(daemon, "t")
    assert (row["status"], row["command"], row["command_at"]) == ("running", None, None)
    assert not unanswered(daemon, "answered")  # which was asked before
    daemon.stop()
    daemon.verify()


def test_an_answer_that_is_late_is_an_answer(daemons):
    daemon = daemons("--command-answer-s", 1, "--head-heartbeat-ms", 50).start()
    make(daemon, "t", worker="w1")
    commanded(daemon, "t", "pause")
    wait_unanswered(daemon, "t")
    make(daemon, "t", "paused")
    assert task_of(daemon, "t")["status"] == "paused"


def test_a_kill_between_command_and_answer(daemons):
    """What was asked is neither forgotten nor told twice, however often the bus dies."""
    daemon = daemons("--command-answer-s", 1, "--head-heartbeat-ms", 50).start()
    make(daemon, "answers", worker="w1")
    make(daemon, "silent", worker="w2")
    commanded(daemon, "silent", "stop")
    daemon.kill()
    daemon.verify()
    daemon.start()
    wait_unanswered(daemon, "silent")
    daemon.kill()
    daemon.start()
    ask_and_answer(daemon, "answers", "stop", "cancelled")
    commanded(daemon, "silent", "retry")  # when this one is told, the time of the first is long over
    wait_until(lambda: len(unanswered(daemon, "silent")) == 2, "the second one is told")
    assert [e["data"]["action"] for e in unanswered(daemon, "silent")] == ["stop", "retry"]
    assert not unanswered(daemon, "answers")
    daemon.stop()
    daemon.verify()


def test_more_than_one_batch_is_unanswered(daemons):
    daemon = daemons("--command-answer-s", 1, "--head-heartbeat-ms", 50).start()
    n = 1500
    for first in range(0, n, 500):
        tasks = range(first, first + 500)
        daemon.publish(*({"event_type": "TASK_UPDATED", "data": {"id": f"t{i}"}} for i in tasks))
        daemon.publish(*({"event_type": "TASK_COMMAND", "data": {"id": f"t{i}", "action": "stop"}} for i in tasks))

    def count():
        metrics = daemon.get("/api/v1/stats").json["data"]["metrics"]
        return metrics["bellwire_commands_unanswered_total"]

    wait_until(lambda: count() == n, "all are told")
    daemon.stop()
    daemon.verify()
