"""Cursors that cannot be honoured, as who follows by server-sent events or long-polls is told: one that is no
longer kept, and another journal under those who watch."""

import shutil
import sqlite3

import pytest
from eventstream import EventStream
from kit import Bus, wait_until
from test_long_poll import Poll, poll
from test_sse import BOTH, mixed, seq, update


def forget_before(daemon, oldest):
    """What a journal is like that has let go of its first events."""
    with sqlite3.connect(daemon.data / "journal.db") as journal:
        journal.execute("UPDATE state SET oldest = ?", (oldest,))
    journal.close()


@pytest.fixture
def short(daemon):
    """Ten events about one task, of which the first five are not kept; and their cursors."""
    cursors = daemon.publish(*mixed("t", 9), update("t", status="running"))
    assert daemon.stop() == 0
    forget_before(daemon, 6)
    daemon.start()
    return daemon, cursors


def test_a_stream_whose_place_is_no_longer_kept(short):
    daemon, cursors = short
    with EventStream(daemon, BOTH, cursors[2]) as stream:
        assert [block.data["recovered"] for block in stream.subscribed(2)] == [False, False]
        resets = [stream.next("reset") for _ in range(2)]
        assert [block.data["reason"] for block in resets] == ["retention"] * 2
        assert stream.last_id == cursors[2]  # who is cut off here is reset again
        snapshot = stream.next("snapshot")
        assert [task["status"] for task in snapshot.data["tasks"]] == ["running"]
        assert snapshot.id == cursors[9]
        daemon.publish(update("t"))
        assert seq(stream.next("TASK_UPDATED")) == 11


def test_a_poll_whose_place_is_no_longer_kept(short):
    daemon, cursors = short
    answer = poll(daemon, wait=60, after=cursors[2], topic="system,logs")
    assert (answer["reset"], answer["reason"], answer["cursor"]) == (True, "retention", cursors[9])
    assert answer["data"]["events"] == []
    assert daemon.get("/api/v1/events", after=cursors[2], topic="system,logs").json["reset"] is True


def test_the_oldest_place_that_is_kept(short):
    """It needs only what comes after it."""
    daemon, cursors = short
    with EventStream(daemon, BOTH, cursors[4]) as stream:
        assert [block.data["recovered"] for block in stream.subscribed(2)] == [True, True]
        assert [seq(block) for block in stream.told(5)] == [6, 7, 8, 9, 10]
    answer = poll(daemon, wait=60, after=cursors[4], topic="system,logs")
    assert [event["cursor"] for event in answer["data"]["events"]] == cursors[5:]


def test_another_journal_under_those_who_watch(daemons):
    """The bus half comes back with another journal, while the web half keeps its watchers."""
    bus_half = daemons("--only", "bus").start(wait=False)
    web_half = daemons("--only", "web")
    web_half.bus = bus_half.bus
    web_half.start()
    begin = web_half.publish(update("old"))[0]
    with EventStream(web_half, BOTH, begin) as stream:
        stream.subscribed(2)
        waiting = Poll(web_half, wait=60, after=begin)
        bus_half.kill()
        shutil.rmtree(bus_half.data)
        bus_half.data.mkdir()
        bus_half.start(wait=False)
        with Bus(bus_half) as bus:
            bus.publish(update("new"))
        assert [stream.next("reset").data["reason"] for _ in range(2)] == ["epoch"] * 2
        snapshot = stream.next("snapshot")
        assert [task["id"] for task in snapshot.data["tasks"]] in ([], ["new"])  # it may come as an event
        status, _, answer = waiting.answer()
        assert (status, answer["reset"], answer["reason"]) == (200, True, "epoch")
        assert answer["cursor"].split(".")[0] == snapshot.id.split(".")[0] != begin.split(".")[0]
        new = web_half.publish(update("newer"))[0]
        while stream.last_id != new:
            stream.told(1)
    assert poll(web_half, wait=60, after=answer["cursor"])["cursor"] == new


def test_a_page_knows_its_new_place_before_the_next_event(daemons):
    """On a topic without rows there is no snapshot that would say it."""
    bus_half = daemons("--only", "bus").start(wait=False)
    web_half = daemons("--only", "web")
    web_half.bus = bus_half.bus
    web_half.start()
    with web_half.watch() as page:
        page.subscribe("mine")
        bus_half.kill()
        shutil.rmtree(bus_half.data)
        bus_half.data.mkdir()
        bus_half.start(wait=False)
        reset = page.next("reset")
    wait_until(web_half.is_ready, "the bus half to be back")
    missed = web_half.publish({"topic": "mine", "event_type": "E"})[0]
    with web_half.watch() as page:
        assert page.subscribe("mine", after=reset["cursor"])["recovered"]
        assert page.events(1)[0]["cursor"] == missed


def numbered(life, first, last):
    return [{"topic": "mine", "event_type": "E", "data": {"n": n, "life": life}} for n in range(first, last + 1)]


def test_a_journal_restored_from_a_copy(daemons):
    """What happened after the copy is gone, also for those who ask for what others were given of it."""
    bus_half = daemons("--only", "bus").start(wait=False)
    web_half = daemons("--only", "web")
    web_half.bus = bus_half.bus
    web_half.start()
    kept = web_half.publish(*numbered("first", 1, 10))
    assert bus_half.stop() == 0
    copy = shutil.copytree(bus_half.data, bus_half.folder / "copy", ignore=shutil.ignore_patterns("bus*"))
    bus_half.start(wait=False)
    wait_until(web_half.is_ready, "the bus half to be back")
    with web_half.watch() as page:
        page.subscribe("mine")
        web_half.publish(*numbered("lost", 11, 30))
        page.events(20)
        assert len(poll(web_half, wait=60, after=kept[4], topic="mine")["data"]["events"]) == 25
        assert bus_half.stop() == 0
        shutil.rmtree(bus_half.data)
        shutil.copytree(copy, bus_half.data)
        bus_half.start(wait=False)
        assert page.next("reset")["reason"] == "ahead"
    wait_until(web_half.is_ready, "the bus half to be back")
    true = web_half.publish(*numbered("second", 11, 40))
    events = poll(web_half, wait=60, after=kept[4], topic="mine", limit=1000)["data"]["events"]
    assert [event["cursor"] for event in events] == kept[5:] + true
    assert [event["data"]["life"] for event in events] == ["first"] * 5 + ["second"] * 30
