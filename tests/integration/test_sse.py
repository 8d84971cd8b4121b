"""Server-sent events: what a native EventSource needs to resume, several topics with one cursor, resets,
filters, clients that do not read, and very many of them."""

import contextlib
import resource
import socket
import threading

import pytest
from eventstream import EventStream
from kit import SANITIZER_BYTES, wait_until

BOTH = "/api/v1/stream?topics=system,logs"


def seq(block):
    return int(block.id.split(".")[1])


def update(task, **data):
    return {"event_type": "TASK_UPDATED", "data": {"id": task, **data}}


def line(task, n):
    return {"event_type": "TASK_LOG", "message": f"line {n}", "data": {"id": task}}


def mixed(task, n):
    """n events, of two topics in turn."""
    return [line(task, i) if i % 2 else update(task, completed_units=i) for i in range(n)]


def test_a_stream_begins_with_a_place(daemon):
    with EventStream(daemon, BOTH) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream"
        assert stream.headers["cache-control"] == "no-store"
        assert stream.block().retry == "2000"
        logs, system = stream.subscribed(2)
        assert [logs.data["topic"], system.data["topic"]] == ["logs", "system"]
        assert logs.id == system.id == system.data["cursor"]
        daemon.publish(update("t", progress=5))
        block = stream.next("TASK_UPDATED")
        assert block.data["cursor"] == block.id
        assert block.data["data"]["progress"] == 5


def test_topics_are_merged_in_the_order_of_the_journal(daemon):
    """Commits with many events of each topic, whose messages come topic by topic."""
    with EventStream(daemon, BOTH + ",mine") as stream:
        stream.subscribed(3)
        for n in range(20):
            daemon.publish(*mixed("t", 50), {"topic": "mine", "event_type": "X"}, {"topic": "other", "event_type": "X"})
        seqs = [seq(block) for block in stream.told(20 * 51)]
    assert seqs == sorted(seqs)
    assert len(set(seqs)) == len(seqs)
    assert seqs[-1] - seqs[0] == 20 * 52 - 2  # nothing but the other topic is left out


def test_an_idle_client_resumes_where_it_began(daemon):
    with EventStream(daemon, BOTH) as stream:
        stream.subscribed(2)
        last_id = stream.last_id
    daemon.publish(*mixed("t", 10))
    with EventStream(daemon, BOTH, last_id) as stream:
        assert [block.data["recovered"] for block in stream.subscribed(2)] == [True, True]
        assert len(stream.told(10)) == 10


def test_resuming_over_a_killed_server(daemon):
    """Whatever was cut off: every event once, in order."""
    got, last_id = [], None
    for life in range(4):
        with EventStream(daemon, BOTH + "&after=oldest", last_id) as stream:
            stream.subscribed(2)
            daemon.publish(*mixed(f"t{life}", 300))
            got += stream.told(200 + 50 * life)
            last_id = stream.last_id
            daemon.kill()
        daemon.start()
    with EventStream(daemon, BOTH, last_id) as stream:
        stream.subscribed(2)
        got += stream.told(1200 - len(got))
    assert [seq(block) for block in got] == list(range(1, 1201))


def test_one_cursor_on_every_transport(daemon):
    """SSE, long-poll, REST and the WebSocket, one after the other, as one."""
    daemon.publish(*mixed("t", 40))
    with EventStream(daemon, BOTH + "&after=oldest") as stream:
        stream.subscribed(2)
        cursors = [block.id for block in stream.told(10)]
    for wait in (5, 0, 5):
        answer = daemon.get("/api/v1/events", topic="system,logs", after=cursors[-1], limit=5, wait=wait).json
        assert not answer["reset"]
        cursors += [event["cursor"] for event in answer["data"]["events"]]
        assert answer["cursor"] == cursors[-1]
    with daemon.watch() as page:
        frames = {}
        for topic in ("system", "logs"):
            assert page.subscribe(topic, after=cursors[-1])["recovered"]
            frames[topic] = page.events(len(range(len(cursors), 40)) // 2 + (topic == "logs"))
    rest = [frame["cursor"] for topic in frames.values() for frame in topic]
    cursors += sorted(rest, key=lambda cursor: int(cursor.split(".")[1]))
    assert [int(cursor.split(".")[1]) for cursor in cursors] == list(range(1, 41))


@pytest.mark.parametrize("last_id, reason", [("00000001.3", "epoch"), ("nonsense", "epoch"), (None, "ahead")])
def test_cursors_that_cannot_be_served(daemon, last_id, reason):
    cursor = daemon.publish(update("t", progress=3))[0]
    with EventStream(daemon, BOTH, last_id or cursor.split(".")[0] + ".999") as stream:
        assert [block.data["recovered"] for block in stream.subscribed(2)] == [False, False]
        resets = [stream.next("reset") for _ in range(2)]
        assert [block.data["reason"] for block in resets] == [reason, reason]
        assert not any(block.id for block in resets)  # cut off here, it must be reset again
        snapshot = stream.next("snapshot")
        assert snapshot.id == cursor
        assert [row["id"] for row in snapshot.data["tasks"]] == ["t"]
        daemon.publish(line("t", 1))
        stream.next("TASK_LOG")


def test_a_reset_without_rows_says_where_it_goes_on(daemon):
    cursor = daemon.publish(line("t", 1))[0]
    with EventStream(daemon, "/api/v1/stream?topics=logs", "00000001.3") as stream:
        stream.subscribed()
        assert stream.next("reset").id == cursor


def test_filters(daemon):
    with (
        EventStream(daemon, BOTH + "&task_id=a&task_id=b,c") as tasks,
        EventStream(daemon, "/api/v1/stream?owner=kim&event_types=TASK_UPDATED") as owner,
        EventStream(daemon, BOTH + "&resource=book") as book,
    ):
        tasks.subscribed(2)
        owner.subscribed(1)
        book.subscribed(2)
        daemon.publish(
            *[update(task, owner=who, resource="book") for task in "abcd" for who in ("kim", "lee")],
            line("a", 1),
            line("d", 1),
            {"event_type": "TASK_COMPLETED", "data": {"id": "a", "owner": "kim"}},
        )
        assert [block.data["data"]["id"] for block in tasks.told(8)] == list("aabbccaa")
        assert [block.data["data"]["id"] for block in owner.told(4)] == list("abcd")
        assert [block.data["data"]["id"] for block in book.told(8)] == list("aabbccdd")


def test_a_task_begins_with_its_row(daemon):
    daemon.publish(update("a", progress=3), update("b", progress=4))
    with EventStream(daemon, "/api/v1/tasks/a/stream") as stream:
        stream.subscribed(2)
        snapshot = stream.next("snapshot")
        assert [row["id"] for row in snapshot.data["tasks"]] == ["a"]
        daemon.publish(update("b"), line("b", 1), line("a", 1), update("a", progress=9))
        assert [block.event for block in stream.told(2)] == ["TASK_LOG", "TASK_UPDATED"]
    with EventStream(daemon, "/api/v1/tasks/a/stream", stream.last_id) as again:
        assert all(block.data["recovered"] for block in again.subscribed(2))
        daemon.publish(update("a", progress=10))
        again.next("TASK_UPDATED")  # no snapshot: it has everything


def test_conflation(daemon):
    daemon.publish(*[update(f"t{i % 3}", completed_units=i) for i in range(300)])
    first = daemon.get("/api/v1/events", limit=1).json["cursor"]
    with EventStream(daemon, f"/api/v1/stream?catchup=conflate&after={first}") as stream:
        stream.subscribed()
        block = stream.next("conflated")
        assert sorted((row["id"], row["completed_units"]) for row in block.data["tasks"]) == [
            ("t0", 297),
            ("t1", 298),
            ("t2", 299),
        ]
        assert block.id == block.data["cursor"]
        daemon.publish(update("t0", completed_units=300))
        assert seq(stream.told(1)[0]) == 301


@pytest.mark.parametrize(
    "query, field",
    [
        ("topics=no+such*name", "topics"),
        ("topics=", "topics"),
        ("topics=" + ",".join(f"t{i}" for i in range(17)), "topics"),
        ("after=yesterday", "after"),
        ("catchup=sometimes", "catchup"),
        ("catchup=conflate&topics=system,logs", "catchup"),
        ("snapshot=maybe", "snapshot"),
        ("snapshot=true&topics=logs", "snapshot"),
        ("owner=", "owner"),
        ("task=a", "task"),
    ],
)
def test_what_is_wrong_is_said_before_the_stream(daemon, query, field):
    answer = daemon.get("/api/v1/stream?" + query)
    assert answer.status == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["field"] == field


def test_head_and_other_methods(daemon):
    answer = daemon.request("HEAD", "/api/v1/stream")
    assert (answer.status, answer.headers["Content-Type"], answer.body) == (200, "text/event-stream", b"")
    assert daemon.request("POST", "/api/v1/stream", {}).status == 405


def test_who_does_not_read_costs_nobody_anything(daemon):
    text = "x" * 2000
    with EventStream(daemon, BOTH, receive_bytes=4096) as slow, EventStream(daemon, BOTH) as quick:
        slow.subscribed(2)
        quick.subscribed(2)
        before = daemon.rss_bytes()
        n = 20_000  # 40 MB: more than the ring and every buffer of the kernel
        writer = threading.Thread(
            target=lambda: [daemon.publish(*[line("t", text)] * 500) for _ in range(n // 500)]
        )
        writer.start()
        seqs = [seq(block) for block in quick.told(n)]
        writer.join()
        assert seqs == list(range(1, n + 1))
        assert daemon.rss_bytes() - before < 200e6 + SANITIZER_BYTES  # a ring, and what the journal needs
        assert [seq(block) for block in slow.told(n)] == seqs  # paced, but everything


def test_goodbye_says_when_to_come_back(daemon):
    with EventStream(daemon, BOTH) as stream:
        stream.subscribed(2)
        daemon.publish(update("t"))
        assert daemon.stop() == 0
        stream.next("TASK_UPDATED")
        last = stream.block()
        assert last and int(last.retry) >= 500
        assert stream.block() is None


def threads(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as status:
        return next(int(row.split()[1]) for row in status if row.startswith("Threads:"))


def test_very_many(daemons):
    """As many as the limit of open files lets us have at both ends, on the threads there are anyway."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit[1], limit[1]))
    n = min(3000, limit[1] - 1000)
    daemon = daemons("--connections-per-address", n + 10).start()
    before = threads(daemon)
    with contextlib.ExitStack() as life:
        life.callback(resource.setrlimit, resource.RLIMIT_NOFILE, limit)
        streams = [life.enter_context(EventStream(daemon, BOTH)) for _ in range(n)]
        for stream in streams:
            stream.subscribed(2)
        assert threads(daemon) <= before + 2
        daemon.publish(*mixed("t", 10))
        for stream in streams:
            assert [seq(block) for block in stream.told(10)] == list(range(1, 11))
        assert daemon.get("/api/v1/stats").json["data"]["watchers"] >= n
    wait_until(lambda: daemon.get("/api/v1/stats").json["data"]["watchers"] == 0, "everybody has left")


def test_what_follows_the_request_is_not_answered(daemon):
    with EventStream(daemon, BOTH) as stream:
        stream.subscribed(2)
        stream.socket.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        daemon.publish(update("t"))
        stream.next("TASK_UPDATED")
        stream.socket.shutdown(socket.SHUT_WR)  # it has said all, and listens
        daemon.publish(update("t"))
        assert seq(stream.next("TASK_UPDATED")) == 2
