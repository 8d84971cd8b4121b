"""`bellwire cancel`, pause, …: what the bus answers is told, with an exit status."""

import subprocess

from kit import BUILD, WAIT_S, wait_until


def publish(daemon, **data):
    daemon.publish({"event_type": "TASK_CREATED", "data": data})


def test_what_nobody_works_on_changes_at_once(daemon):
    publish(daemon, id="a")
    publish(daemon, id="b")
    done = daemon.cli("pause", "a", "b")
    assert (done.returncode, done.stdout, done.stderr) == (0, "a: paused\nb: paused\n", "")
    done = daemon.cli("cancel", "--wait", "--by", "alice", "--reason", "no more", "a", "b")
    assert done.returncode == 0
    assert [line.split(",")[0] for line in done.stdout.splitlines()] == ["a: cancelled", "b: cancelled"]
    done = daemon.cli("retry", "--wait", "a")
    assert done.returncode == 0
    assert done.stdout.startswith("a: pending")


def test_what_is_refused_does_not_hold_back_the_others(daemon):
    publish(daemon, id="a")
    publish(daemon, id="b")
    daemon.publish({"event_type": "TASK_COMPLETED", "data": {"id": "b"}})
    done = daemon.cli("cancel", "nobody", "b", "a")
    assert (done.returncode, done.stdout) == (1, "a: cancelled\n")
    unknown, conflict = done.stderr.splitlines()
    assert unknown.startswith("bellwire cancel: nobody: ")
    assert conflict.startswith("bellwire cancel: b: ")
    assert "completed" in conflict


def test_asked_of_a_worker(daemon):
    publish(daemon, id="a", status="running", worker="host:1")
    done = daemon.cli("pause", "a")
    assert (done.returncode, done.stdout) == (0, "a: asked to pause, its worker is host:1\n")


def test_nobody_answers(daemons):
    daemon = daemons("--command-answer-s", "1").start()
    publish(daemon, id="a", status="running", worker="host:1")
    done = daemon.cli("cancel", "--wait", "a")
    assert done.returncode == 1
    why, way_out = done.stderr.splitlines()
    assert why.startswith("bellwire cancel: a: ")
    assert "host:1" in why
    emit = way_out.partition("bellwire ")[2].split()
    assert daemon.cli(*emit).returncode == 0
    assert "failed" in daemon.cli("show", "a").stdout


def test_a_worker_refuses(daemon, bus):
    publish(daemon, id="a", status="running", worker="host:1")
    asking = subprocess.Popen(
        [BUILD / "bellwire", "--bus", daemon.bus, "cancel", "--wait", "a"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    command = wait_until(lambda: bus.all_events("control"), "the command")[0]
    daemon.publish(
        {
            "event_type": "TASK_COMMAND_REFUSED",
            "message": "not now",
            "data": {"id": "a", "action": "cancel", "command_id": command["id"]},
        }
    )
    out, err = asking.communicate(timeout=WAIT_S)
    assert (asking.returncode, out, err) == (1, "", "bellwire cancel: a: not now\n")


def test_the_bus_goes_away_while_waiting(daemon, bus):
    publish(daemon, id="a", status="running", worker="host:1")
    asking = subprocess.Popen(
        [BUILD / "bellwire", "--bus", daemon.bus, "cancel", "--wait", "a"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_until(lambda: bus.all_events("control"), "the command")
    daemon.kill()
    assert "is away; waiting for it" in asking.stderr.readline()
    daemon.start()
    daemon.publish({"event_type": "TASK_STATUS_CHANGED", "data": {"id": "a", "status": "cancelled"}})
    out, err = asking.communicate(timeout=WAIT_S)
    assert (asking.returncode, out, err) == (0, "a: cancelled\n", "")


def test_wrong_usage_and_no_bus(daemons):
    daemon = daemons()
    assert daemon.cli("cancel").returncode == 2
    done = daemon.cli("--timeout-s", "1", "cancel", "a", "b")
    assert done.returncode == 1
    assert "no bus answers" in done.stderr
