"""A full disk: no ack without the data, a clear error, reads go on, and when there is room again it
goes on without a restart."""

import os
import pathlib
import subprocess

import pytest
from kit import Bus, wait_until

FILL = "x" * 50_000


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 24 MiB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small tmpfs needs root")
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(bus):
    """Publishes until the bus refuses. Returns the ids acked and the refusal."""
    acked = []
    for n in range(2000):
        event = {"id": f"fill-{n}", "event_type": "TASK_LOG", "data": {"id": "t", "text": FILL}}
        answer = bus.call("publish", events=[event])
        results = answer.get("results", [{}])
        if answer["ok"] and "error" not in results[0]:
            acked.append(event["id"])
        else:
            return acked, answer if not answer["ok"] else results[0]["error"]
    raise AssertionError("the disk never filled")


def check_full(daemon, bus, acked, refusal):
    assert refusal["code"] == "no_space", refusal
    assert acked
    answer = daemon.post("/api/v1/events", {"event_type": "TASK_LOG", "data": {"id": "t", "text": FILL}})
    assert answer.status == 507 and answer.json["code"] == "no_space"
    wait_until(lambda: daemon.get("/readyz").status == 503, "/readyz to say that it cannot write")
    assert daemon.get("/healthz").status == 200
    assert daemon.get("/api/v1/tasks").status == 200
    assert [event["id"] for event in bus.all_events("logs")] == acked


def test_disk_full_and_free_again(daemons, small_disk):
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(8 << 20))
    daemon = daemons(folder=small_disk).start()
    with Bus(daemon) as bus:
        bus.publish({"id": "c", "event_type": "TASK_CREATED", "data": {"id": "t"}})
        acked, refusal = fill(bus)
        check_full(daemon, bus, acked, refusal)

        ballast.unlink()
        wait_until(lambda: daemon.get("/readyz").status == 200, "/readyz to notice the room by itself")
        assert [event["id"] for event in bus.all_events("logs")] == acked

        def accepted():
            event = {"id": "after", "event_type": "TASK_LOG", "data": {"id": "t"}}
            answer = bus.call("publish", events=[event])
            return answer["ok"] and "error" not in answer["results"][0]

        wait_until(accepted, "the journal to accept events again")
        assert daemon.get("/readyz").status == 200
        assert [event["id"] for event in bus.all_events("logs")] == acked + ["after"]
    assert daemon.stop() == 0
    daemon.verify()


def test_size_limit(daemons):
    daemon = daemons("--journal-bytes-max", "4M").start()
    with Bus(daemon) as bus:
        bus.publish({"id": "c", "event_type": "TASK_CREATED", "data": {"id": "t"}})
        acked, refusal = fill(bus)
        check_full(daemon, bus, acked, refusal)
    assert (pathlib.Path(daemon.data) / "journal.db").stat().st_size <= 4 << 20
