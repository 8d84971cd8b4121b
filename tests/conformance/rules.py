"""The rules. Each is a function that takes the server and, where it is about one, a transport.

It returns when the rule holds and raises Broken when not. Every rule publishes to topics and tasks of
its own, so that the kit can run against a server that is in use, and twice at a time.
"""

import random
import threading

from .feeds import TRANSPORTS, Polling
from .server import Broken, Patience, epoch_of, must, new_name, notes, seq_of

RULES = []  # (number, name, function, the transports it is checked over; None: it is about none)


def rule(number, name, over=tuple(TRANSPORTS)):
    def add(function):
        RULES.append((number, name, function, over))
        return function

    return add


def cursors_of(results):
    return [result["cursor"] for result in results]


def brief(frames):
    return [frame.get("id") for frame in frames]


def must_be(frames, ids):
    must(brief(frames) == ids, f"events {brief(frames)}", f"exactly {ids}")


def nothing_more(feed, why):
    """What a server wrongly sends it sends soon."""
    extra = feed.events(1, patience_s=0.3)
    must(not extra, f"one more event, {brief(extra)}", why)


def start(server, transport):
    """Where a feed begins that is to see everything from now on."""
    return None if transport.begins_now else server.head()


# --- What is published ------------------------------------------------------------------------------


@rule(1, "ack-cursors", over=None)
def ack_cursors(server):
    """A publish is answered with a cursor for each event: one journal, strictly increasing."""
    cursors = cursors_of(server.publish(*notes(new_name(), 20)))
    must(len({epoch_of(c) for c in cursors}) == 1, f"epochs in {cursors}", "one")
    places = [seq_of(c) for c in cursors]
    must(places == sorted(set(places)), f"cursors {cursors}", "strictly increasing ones")


@rule(2, "sent-again", over=None)
def sent_again(server):
    """An event that is published again is answered with its first cursor, and is there once."""
    topic = new_name()
    first = server.publish(*notes(topic, 3))
    again = server.publish(*notes(topic, 4))
    must(all(r["duplicate"] for r in again[:3]), again[:3], "duplicate: true")
    must(not again[3]["duplicate"], again[3], "duplicate: false")
    must(cursors_of(again)[:3] == cursors_of(first), cursors_of(again)[:3], cursors_of(first))
    must_be(Polling(server, [topic], "oldest").events(5, patience_s=0.3), [f"{topic}-{i}" for i in range(4)])


@rule(3, "terminal-is-final", over=None)
def terminal_is_final(server):
    """After a terminal state nothing moves a task but a higher attempt, and nobody is shown a try."""
    task, before = new_name("task"), server.head()

    def event(kind, **data):
        return {"event_type": kind, "data": {"id": task, **data}}

    server.publish(event("TASK_CREATED"), event("TASK_COMPLETED"))
    late = server.publish(event("TASK_UPDATED", progress=3))[0]
    must(late["applied"] is False, late, "applied: false")
    server.publish(event("TASK_STATUS_CHANGED", status="running", attempt=2))
    seen = Polling(server, ["system"], before, task_id=task).events(4, patience_s=0.3)
    kinds = [frame["event_type"] for frame in seen]
    must(kinds == ["TASK_CREATED", "TASK_COMPLETED", "TASK_STATUS_CHANGED"], kinds, "the late one left out")
    must(seen[-1]["data"]["attempt"] == 2, seen[-1]["data"], "attempt 2")


# --- What is shown ----------------------------------------------------------------------------------


@rule(4, "live")
def live(server, transport):
    """Who watches sees each event once, in the order of the cursors in the acks."""
    topic = new_name()
    with transport(server, [topic], start(server, transport)) as feed:
        acked = [r for n in range(5) for r in server.publish(*notes(topic, 6, start=6 * n))]
        seen = feed.events(30)
        must_be(seen, [r["id"] for r in acked])
        must([f["cursor"] for f in seen] == cursors_of(acked), [f["cursor"] for f in seen], "the acks' cursors")
        nothing_more(feed, "each event once")


@rule(5, "resume-anywhere")
def resume_anywhere(server, transport):
    """From the cursor of any event, exactly the events after it follow."""
    topic = new_name()
    ids = [r["id"] for r in server.publish(*notes(topic, 10))]
    with transport(server, [topic], "oldest") as feed:
        seen = feed.events(10)
    for n, frame in enumerate(seen[:-1]):
        with transport(server, [topic], frame["cursor"]) as feed:
            must_be(feed.events(9 - n), ids[n + 1 :])
    with transport(server, [topic], seen[-1]["cursor"]) as feed:
        nothing_more(feed, "nothing after the last")


@rule(6, "oldest-and-latest")
def oldest_and_latest(server, transport):
    """`oldest` and `<epoch>.0` begin with the first event, `latest` after the last."""
    topic = new_name()
    acked = server.publish(*notes(topic, 3))
    for word in ("oldest", f"{epoch_of(acked[0]['cursor'])}.0"):
        with transport(server, [topic], word) as feed:
            frame = feed.first("event", "reset")
            if frame["type"] == "reset" and word != "oldest":
                must(frame["reason"] == "retention", frame, "retention: the first event may be gone")
            else:
                must_be([frame, *feed.events(2)], [r["id"] for r in acked])
    with transport(server, [topic], "latest") as feed:
        later = server.publish(*notes(topic, 1, start=3))
        must_be(feed.events(1), [later[0]["id"]])


@rule(7, "where-it-begins")
def where_it_begins(server, transport):
    """Without `after`, streams begin now and REST begins at the oldest."""
    topic = new_name()
    ids = [r["id"] for r in server.publish(*notes(topic, 2))]
    with transport(server, [topic]) as feed:
        ids += [r["id"] for r in server.publish(*notes(topic, 2, start=2))]
        wanted = ids[2:] if transport.begins_now else ids
        must_be(feed.events(len(wanted)), wanted)


@rule(8, "cursor-of-nothing")
def cursor_of_nothing(server, transport):
    """A cursor given without an event (of an answer, of `subscribed`) can be resumed from as well."""
    topic = new_name()
    with transport(server, [topic], server.head()) as feed:
        frame = None if isinstance(feed, Polling) else feed.next(0.3)
        cursor = feed.after if frame is None else frame["cursor"]
    ids = [r["id"] for r in server.publish(*notes(topic, 2))]
    with transport(server, [topic], cursor) as feed:
        must_be(feed.events(2), ids)


@rule(9, "seam")
def seam(server, transport):
    """Between what is fetched from the past and what is live, nothing is missing and nothing double."""
    for _ in range(2):
        topic = new_name()
        before = server.publish(*notes(topic, 300))
        during = []
        burst = threading.Thread(
            target=lambda: during.extend(
                r for n in range(300, 600, 10) for r in server.publish(*notes(topic, 10, start=n))
            )
        )
        burst.start()
        try:
            with transport(server, [topic], before[0]["cursor"]) as feed:
                seen = feed.events(599)
                burst.join()
                first_wrong(seen, [f"{topic}-{n}" for n in range(1, 600)])
        finally:
            burst.join()


def first_wrong(seen, ids):
    """must_be() for many: says where they part."""
    for n, (frame, id) in enumerate(zip(seen, ids)):
        must(frame["id"] == id, f"event {n} is {frame['id']}", id)
    must(len(seen) == len(ids), f"{len(seen)} events", len(ids))


@rule(10, "cut-anywhere")
def cut_anywhere(server, transport):
    """Cut at any moment and resumed with the last cursor, again and again: each event once, in order."""
    topic, chance = new_name(), random.Random(10)
    cursor, seen = server.head(), []
    for n in range(15):
        server.publish(*notes(topic, 8, start=8 * n))
        with transport(server, [topic], cursor) as feed:
            seen += feed.events(chance.randrange(8))
            cursor = seen[-1]["cursor"] if seen else cursor
    with transport(server, [topic], cursor) as feed:
        seen += feed.events(120 - len(seen))
    first_wrong(seen, [f"{topic}-{n}" for n in range(120)])


@rule(11, "one-cursor-for-all")
def one_cursor_for_all(server, transport):
    """A cursor from one transport is good on every other, and shows the same events."""
    topic = new_name()
    acked = server.publish(*notes(topic, 6))
    with transport(server, [topic], "oldest") as feed:
        here = feed.events(6)
    there = Polling(server, [topic], "oldest").events(6)
    for mine, other in zip(here, there):
        for key in ("id", "topic", "event_type", "message", "data", "timestamp", "cursor"):
            must(mine.get(key) == other.get(key), f"{key}: {mine.get(key)!r}", f"{other.get(key)!r}, as in REST")
    must_be(Polling(server, [topic], here[2]["cursor"]).events(3), [r["id"] for r in acked[3:]])
    with transport(server, [topic], there[3]["cursor"]) as feed:
        must_be(feed.events(2), [r["id"] for r in acked[4:]])


@rule(12, "topics-together")
def topics_together(server, transport):
    """Several topics come in one order, so that one cursor holds all; on a WebSocket each in its own."""
    topics, cursor = [new_name() for _ in range(3)], server.head()
    ids = [server.publish(*notes(topics[n % 3], 1, start=n))[0]["id"] for n in range(18)]
    seen = []
    while len(seen) < 18:
        with transport(server, topics, cursor) as feed:
            more = feed.events(18 - len(seen) if not transport.merges else min(7, 18 - len(seen)))
        must(more, f"{len(seen)} events", 18)
        seen += more
        cursor = seen[-1]["cursor"]
    if transport.merges:
        must_be(seen, ids)
    for topic in topics:
        must_be([f for f in seen if f["topic"] == topic], [id for id in ids if id.startswith(topic)])


@rule(13, "filter-keeps-order")
def filter_keeps_order(server, transport):
    """A filter leaves events out and changes nothing else; its cursors resume."""
    tasks, cursor = [new_name("task") for _ in range(2)], start(server, transport)
    option = {"filter": {"task_id": tasks[0]}} if not transport.merges else {"task_id": tasks[0]}
    with transport(server, ["system"], cursor, **option) as feed:
        results = server.publish(
            *({"event_type": "TASK_UPDATED", "data": {"id": tasks[n % 2], "progress": n}} for n in range(20))
        )
        wanted = [r["id"] for r in results[::2]]
        seen = feed.events(4)
        must_be(seen, wanted[:4])
    with transport(server, ["system"], seen[-1]["cursor"], **option) as feed:
        must_be(feed.events(6), wanted[4:])


# --- What cannot be served is said ----------------------------------------------------------------------


def must_reset(server, transport, cursor, reason):
    with transport(server, ["system"], cursor) as feed:
        frame = feed.next(Patience.seconds)
        if frame and frame["type"] == "subscribed":
            must(frame["recovered"] is False, frame, "recovered: false")
            frame = feed.next(Patience.seconds)
        must(frame is not None and frame["type"] == "reset", frame, f"a reset for {cursor}")
        must(frame["reason"] == reason, frame, f"reason {reason}")
        if transport.begins_now:
            frame = feed.first("snapshot", "event")
            must(frame["type"] == "snapshot", frame, "a snapshot after the reset")
            while frame["more"]:
                frame = feed.first("snapshot")
        id = server.publish({"event_type": "TASK_UPDATED", "data": {"id": new_name("task")}})[0]["id"]
        while True:  # others may use `system`, too
            events = feed.events(1)
            must(events, "nothing after the reset", f"event {id}")
            if events[0]["id"] == id:
                return


@rule(14, "reset-epoch")
def reset_epoch(server, transport):
    """A cursor of another journal is never guessed at: reset, a snapshot on streams, and on from there."""
    other = f"{int(epoch_of(server.head()), 16) ^ 1:08x}"
    must_reset(server, transport, f"{other}.1", "epoch")


@rule(15, "reset-ahead")
def reset_ahead(server, transport):
    """Nor is one that is beyond the end."""
    epoch, seq = epoch_of(server.head()), seq_of(server.head())
    must_reset(server, transport, f"{epoch}.{seq + 1000000}", "ahead")


@rule(16, "bad-cursor", over=None)
def bad_cursor(server):
    """What is no cursor at all is refused, and the answer says where."""
    answer = server.request("GET", "/api/v1/events", topic="system", after="nonsense")
    must(answer.status == 400, answer.status, 400)
    must(answer.json.get("field") == "after", answer.json, "field: after")


# --- Pages and tables ---------------------------------------------------------------------------------


@rule(17, "pages", over=None)
def pages(server):
    """Read page by page with the answer's cursor, everything comes once; `more` says if there is more."""
    topic = new_name()
    ids = [r["id"] for r in server.publish(*notes(topic, 23))]
    for limit in (1, 5, 23, 100):
        seen, after = [], "oldest"
        while True:
            answer = server.get("/api/v1/events", topic=topic, after=after, limit=limit)
            page, after = answer["data"]["events"], answer["cursor"]
            must(len(page) <= limit, f"{len(page)} events", f"at most {limit}")
            seen += page
            if not answer["data"]["more"]:
                break
            must(page, "an empty page with more: true", "events")
        must_be(seen, ids)


@rule(18, "table-and-cursor", over=None)
def table_and_cursor(server):
    """The task list is true for its cursor: with the events after that it is the list as it is later."""
    tasks = [new_name("task") for _ in range(5)]

    def table():
        answer = server.get("/api/v1/tasks", id=",".join(tasks), limit=50)
        return {row["id"]: (row["status"], row["progress"]) for row in answer["data"]["items"]}, answer["cursor"]

    def step(n):
        kind = "TASK_COMPLETED" if n >= 12 else "TASK_UPDATED"
        return {"event_type": kind, "data": {"id": tasks[n % 5], **({"progress": n} if n < 12 else {})}}

    for n in range(15):
        server.publish(step(n))
        if n == 7:
            rows, cursor = table()
    for frame in Polling(server, ["system"], cursor, task_id=",".join(tasks)).events(7):
        rows[frame["data"]["id"]] = (frame["data"]["status"], frame["data"]["progress"])
    must(rows == table()[0], rows, f"the table, {table()[0]}")


@rule(19, "snapshot-and-cursor", over=["websocket"])  # the one after a reset is rule 14
def snapshot_and_cursor(server, transport):
    """A snapshot with what follows is the table; with `conflate`, too, the terminal state arrives."""
    task = new_name("task")
    server.publish({"event_type": "TASK_CREATED", "data": {"id": task}})
    before = server.head()
    options = {"filter": {"task_id": task}}
    with transport(server, ["system"], snapshot=True, **options) as feed:
        rows = feed.first("snapshot")["tasks"]
        must([row["id"] for row in rows] == [task], rows, f"task {task}")
        server.publish({"event_type": "TASK_COMPLETED", "data": {"id": task}})
        must(feed.events(1)[0]["data"]["status"] == "completed", "another state", "completed")
    with transport(server, ["system"], before, catchup="conflate", **options) as feed:
        frame = feed.first("event", "conflated")
        state = frame["data"] if frame["type"] == "event" else frame["tasks"][0]
        must(state["status"] == "completed", state, "completed")
        must(seq_of(frame["cursor"]) > seq_of(before), frame["cursor"], f"beyond {before}")


def check(function, server, transport=None):
    """None when the rule holds, else what was seen and what was expected."""
    try:
        function(server, transport) if transport else function(server)
    except Broken as broken:
        return broken
    except (OSError, KeyError, ValueError, TypeError, IndexError, AttributeError) as fault:
        return Broken(f"{type(fault).__name__}: {fault}", "an answer in the protocol's form")
    return None
