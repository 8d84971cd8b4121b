"""What pages choose from and who works: /api/v1/tasks/values and /api/v1/workers, over restarts."""

from test_rest import check


def values(daemon, **query):
    data = check(daemon.get("/api/v1/tasks/values", **query), 200)["data"]
    return {v["value"]: v["count"] for v in data["values"]}, data["more"]


def workers(daemon, **query):
    data = check(daemon.get("/api/v1/workers", **query), 200)["data"]
    return {w["name"]: w for w in data["workers"]}, data


def test_values_are_found_by_prefix(daemon):
    for i in range(12):
        daemon.post("/api/v1/tasks", {"id": f"t{i}", "type": "render" if i % 3 else "report", "owner": f"user-{i:02}"})
    assert values(daemon, field="type") == ({"render": 8, "report": 4}, False)
    assert values(daemon, field="type", prefix="rep") == ({"report": 4}, False)
    found, more = values(daemon, field="owner", prefix="user-0", limit=3)
    assert (list(found), more) == (["user-00", "user-01", "user-02"], True)
    assert values(daemon, field="status")[0]["pending"] == 12
    assert values(daemon, field="queue") == ({}, False)


def test_what_is_no_field_is_refused(daemon):
    check(daemon.get("/api/v1/tasks/values"), 400, "invalid", "field")
    check(daemon.get("/api/v1/tasks/values", field="title"), 400, "invalid", "field")
    check(daemon.get("/api/v1/tasks/values", field="type", limit=0), 400, "invalid", "limit")
    check(daemon.get("/api/v1/workers", limit=5000), 400, "invalid", "limit")


def test_workers_survive_a_restart(daemon):
    daemon.publish(
        {"event_type": "WORKER_HEARTBEAT", "source": "build-1", "data": {"heartbeat_s": 3000, "version": "2.1"}},
        {"event_type": "TASK_UPDATED", "data": {"id": "a", "worker": "build-1", "progress": 40}},
        {"event_type": "TASK_STATUS_CHANGED", "data": {"id": "b", "worker": "build-2", "status": "paused"}},
        {"event_type": "TASK_COMPLETED", "data": {"id": "c", "worker": "build-3"}},
    )
    before, data = workers(daemon)
    assert list(before) == ["build-1", "build-2"]
    assert before["build-1"]["heartbeat"]["version"] == "2.1"
    assert before["build-1"]["alive"] and before["build-1"]["alive_s"] == 9001
    assert (before["build-1"]["running"], before["build-2"]["paused"]) == (1, 1)
    assert [(t["id"], t["progress"]) for t in data["tasks"]] == [("a", 40), ("b", 0)]
    daemon.kill()
    daemon.start()
    after, _ = workers(daemon)
    assert after["build-1"]["heard_at"] == before["build-1"]["heard_at"]
    assert after["build-2"]["tasks"] == ["b"]
    assert values(daemon, field="worker", prefix="build-")[0] == {"build-1": 1, "build-2": 1}
    daemon.publish({"event_type": "TASK_COMPLETED", "data": {"id": "b"}})
    assert list(workers(daemon)[0]) == ["build-1"]
