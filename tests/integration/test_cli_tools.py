"""`bellwire emit`, `tail`, `ls` and `show`."""

import json
import signal
import subprocess

from kit import BUILD


def emit_lines(daemon, *lines):
    return daemon.cli("emit", "-", input="\n".join(lines) + "\n")


def test_emit_words(daemon):
    done = daemon.cli("emit", "-v", "TASK_UPDATED", "id=42", "progress=40", "--message", "hello")
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith(".1")
    task = json.loads(daemon.cli("show", "--json", "42").stdout)
    assert (task["progress"], task["message"], task["status"]) == (40, "hello", "running")


def test_emit_refused(daemon):
    done = daemon.cli("emit", "TASK_UPDATED", "id=t", "progress=400")
    assert done.returncode == 1
    assert "data.progress" in done.stderr
    assert daemon.cli("emit", "TASK_UPDATED", "word").returncode == 2


def test_emit_stream_with_bad_lines(daemon):
    done = emit_lines(
        daemon,
        '{"event_type":"TASK_CREATED","id":"e1","data":{"id":"t"}}',
        "{nonsense",
        '{"event_type":"TASK_CREATED","id":"e1","data":{"id":"t"}}',
        "",
        '{"event_type":"TASK_UPDATED","data":{"id":"t","progress":"x"}}',
        '{"event_type":"TASK_COMPLETED","data":{"id":"t"}}',
        '{"event_type":"TASK_UPDATED","data":{"id":"t","progress":5}}',
    )
    assert done.returncode == 1
    summary, *reasons = done.stderr.splitlines()
    assert summary == "6 events: 2 accepted, 1 duplicate, 1 stale, 2 refused"
    assert reasons[0].startswith("  line 2: ")
    assert reasons[1].startswith("  line 5: data.progress: ")


def test_emit_many(daemon):
    n = 100_000
    lines = (f'{{"event_type":"X","topic":"mine","data":{{"n":{i}}}}}' for i in range(n))
    done = emit_lines(daemon, *lines)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(f"{n} events: {n} accepted, ")


def test_tail_tells_everything_once(daemon):
    emit_lines(daemon, *(f'{{"event_type":"X","topic":"a","data":{{"n":{i}}}}}' for i in range(500)))
    tail = subprocess.Popen(
        [BUILD / "bellwire", "--bus", daemon.bus, "tail", "--json", "-t", "a", "--after", "oldest"],
        stdout=subprocess.PIPE,
    )
    events = [json.loads(tail.stdout.readline()) for _ in range(500)]
    daemon.cli("emit", "X", "--topic", "a", "n=500")
    events.append(json.loads(tail.stdout.readline()))
    assert [event["data"]["n"] for event in events] == list(range(501))
    assert len({event["cursor"] for event in events}) == 501
    tail.send_signal(signal.SIGINT)
    assert tail.wait(60) == 0


def test_ls(daemon):
    for i, status in enumerate(["running", "failed", "running"]):
        daemon.publish(
            {"event_type": "TASK_STATUS_CHANGED", "data": {"id": f"t{i}", "status": status}}
        )
    rows = json.loads(daemon.cli("ls", "--status", "running", "--json").stdout)
    assert [row["id"] for row in rows] == ["t2", "t0"]
    table = daemon.cli("ls", "--sort", "created_at").stdout.splitlines()
    assert table[0].split()[:3] == ["ID", "STATUS", "DONE"]
    assert [line.split()[0] for line in table[1:]] == ["t0", "t1", "t2"]
    assert "\033" not in "".join(table)


def test_show_nothing(daemon):
    done = daemon.cli("show", "nothing")
    assert done.returncode == 1
    assert 'no task "nothing"' in done.stderr


def test_bus_away(daemons):
    away = daemons()
    for command in (["ls"], ["show", "t"], ["emit", "TASK_UPDATED", "id=t"]):
        done = away.cli("--timeout-s", "1", *command)
        assert done.returncode == 1
        assert away.bus in done.stderr and "bellwired --bus" in done.stderr
