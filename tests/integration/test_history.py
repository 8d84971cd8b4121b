"""What charts are drawn from: /api/v1/stats/history, the counts of stats, and /metrics in the same words."""

import re

from kit import wait_until
from test_rest import check


def history(daemon, **query):
    return check(daemon.get("/api/v1/stats/history", **query), 200)["data"]


def work(daemon):
    daemon.publish(
        {"event_type": "TASK_CREATED", "data": {"id": "a"}},
        {"event_type": "TASK_COMPLETED", "data": {"id": "a"}},
        {"event_type": "TASK_FAILED", "data": {"id": "b"}},
        {"event_type": "TASK_LOG", "message": "line", "data": {"id": "b"}},
        {"event_type": "TASK_UPDATED", "data": {"id": "c", "attempt": 1, "status": "timeout"}},
    )


def test_steps_tell_what_happened_in_them(daemon):
    empty = history(daemon)
    assert empty["step_s"] == 5 and empty["points"] == len(empty["series"]["events"])
    with daemon.watch() as watcher:
        watcher.subscribe("system")
        work(daemon)
        watcher.events(4)
        wait_until(lambda: sum(history(daemon)["series"]["events"]) == 5, "a step with the events")
    told = history(daemon)
    series = told["series"]
    assert told["end"] and all(len(points) == told["points"] for points in series.values())
    counted = {key: sum(series[key]) for key in ("created", "logs", "completed", "failed", "timeout")}
    assert counted == {"created": 1, "logs": 1, "completed": 1, "failed": 1, "timeout": 1}
    assert max(series["websocket"]) == 1 and max(series["sse"]) == 0
    assert any(series["commit_us_p50"]) and any(series["delivery_us_p99"])
    assert history(daemon, points=1)["points"] == 1
    assert history(daemon, step_s=120)["points"] in (0, 1)


def test_what_is_no_step_is_refused(daemon):
    check(daemon.get("/api/v1/stats/history", step_s=60), 400, "invalid", "step_s")
    check(daemon.get("/api/v1/stats/history", points=0), 400, "invalid", "points")
    check(daemon.get("/api/v1/stats/history", points=721), 400, "invalid", "points")


def stats(daemon):
    return check(daemon.get("/api/v1/stats"), 200)["data"]


def test_stats_tell_who_watches_what(daemon):
    assert stats(daemon)["subscriptions"] == {}
    with daemon.watch() as one, daemon.watch() as two:
        one.subscribe("system")
        one.subscribe("logs")
        two.subscribe("system")
        told = stats(daemon)
        assert told["connections"] == {"websocket": 2, "sse": 0, "long_poll": 0}
        assert told["subscriptions"] == {"system": 2, "logs": 1}
        two.send(type="unsubscribe", topic="system")
        two.next("unsubscribed")
        assert stats(daemon)["subscriptions"]["system"] == 1
    wait_until(lambda: stats(daemon)["subscriptions"] == {}, "all subscriptions to end")


def test_stats_count_what_ended_lately(daemon):
    work(daemon)
    daemon.publish(
        {"event_type": "TASK_FAILED", "timestamp": "2001-01-01T00:00:00Z", "data": {"id": "old"}}
    )
    told = stats(daemon)
    assert told["recent"]["hour"] == {"completed": 1, "failed": 1, "cancelled": 0, "timeout": 1}
    assert told["recent"]["day"] == told["recent"]["hour"]
    assert told["tasks"]["failed"] == 2


def test_metrics_are_what_prometheus_reads(daemon):
    work(daemon)
    text = daemon.get("/metrics").body.decode()
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)
    assert len(families) == len(dict(families))  # each is described once
    sample = re.compile(r'([a-z0-9_]+)(\{[a-z]+="[^"]*"\})? (-?[0-9.e+]+|\+Inf)')
    kinds = dict(families)
    for line in text.splitlines():
        if line.startswith("#"):
            continue
        name = sample.fullmatch(line).group(1)
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert kinds.get(name) in ("counter", "gauge") or kinds.get(base) == "histogram", line
        assert kinds.get(name) != "counter" or name.endswith("_total"), line
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert values['bellwire_writer_events_by_type_total{type="TASK_FAILED"}'] == "1"
    assert values['bellwire_journal_tasks_finished_total{status="completed"}'] == "1"
    buckets = [int(v) for k, v in values.items() if k.startswith("bellwire_writer_commit_seconds_bucket")]
    assert buckets == sorted(buckets) and buckets[-1] == int(values["bellwire_writer_commit_seconds_count"]) > 0
