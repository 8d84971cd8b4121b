"""Long-poll: at once if there is something, else when it comes; the cursor always; no worker held."""

import contextlib
import json
import socket
import threading

import pytest
from kit import WAIT_S, wait_until

PATH = "/api/v1/events"


def update(task, **data):
    return {"event_type": "TASK_UPDATED", "data": {"id": task, **data}}


def ids(answer):
    return [event["data"]["id"] for event in answer["data"]["events"]]


class Poll:
    """A long-poll that has been sent; its answer is read when wanted."""

    def __init__(self, daemon, **query):
        self.socket = socket.create_connection(("127.0.0.1", daemon.port), timeout=WAIT_S)
        text = "&".join(f"{name}={value}" for name, value in query.items())
        self.socket.sendall(f"GET {PATH}?{text} HTTP/1.1\r\nHost: x\r\n\r\n".encode())

    def answer(self):
        """(status, headers, JSON); the server must hang up after it."""
        with contextlib.closing(self.socket):
            whole = b""
            while more := self.socket.recv(1 << 20):
                whole += more
        head, body = whole.split(b"\r\n\r\n", 1)
        status, *lines = head.decode().split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        assert int(headers["content-length"]) == len(body)
        assert headers["connection"] == "close"
        return int(status.split()[1]), headers, json.loads(body)


def poll(daemon, **query):
    status, headers, answer = Poll(daemon, **query).answer()
    assert (status, headers["content-type"]) == (200, "application/json")
    return answer


def test_what_is_there_is_answered_at_once(daemon):
    daemon.publish(*[update(f"t{i}") for i in range(10)])
    answer = poll(daemon, wait=60, limit=4)  # from the oldest, as without wait
    assert ids(answer) == ["t0", "t1", "t2", "t3"]
    assert answer["data"]["more"] is True
    assert answer["cursor"] == answer["data"]["events"][-1]["cursor"]
    rest = poll(daemon, wait=60, after=answer["cursor"])
    assert ids(rest) == [f"t{i}" for i in range(4, 10)]
    assert rest["data"]["more"] is False


def test_the_answer_is_that_of_rest(daemon):
    daemon.publish(*[update(f"t{i}") for i in range(5)])
    assert poll(daemon, wait=60) == daemon.get(PATH).json


def test_it_waits_for_the_first_event(daemon):
    start = poll(daemon, wait=1, after="latest")
    assert start["data"]["events"] == []
    waiting = Poll(daemon, wait=60, after=start["cursor"], topic="system,logs")
    daemon.publish(update("a"))
    _, _, answer = waiting.answer()
    assert ids(answer) == ["a"]
    assert answer["reset"] is False


def test_nothing_came(daemon):
    """The cursor moves on with events that were not asked for: it must stay good for a long time."""
    first = daemon.publish(update("a"))[0]
    daemon.publish(*[update("b")] * 100)
    answer = poll(daemon, wait=1, after=first, task_id="a")
    assert answer["data"] == {"events": [], "more": False}
    assert int(answer["cursor"].split(".")[1]) == 101


def test_filters_hold_while_it_waits(daemon):
    cursor = daemon.publish(update("x"))[0]
    waiting = Poll(daemon, wait=60, after=cursor, owner="kim", event_types="TASK_UPDATED,TASK_FAILED")
    daemon.publish(*[update("b", owner="lee")] * 20)
    daemon.publish(update("b", owner="lee"), {"event_type": "TASK_CREATED", "data": {"id": "c", "owner": "kim"}})
    daemon.publish(update("a", owner="kim"))
    assert ids(waiting.answer()[2]) == ["a"]


@pytest.mark.parametrize("after, reason", [("00000001.3", "epoch"), ("ahead", "ahead")])
def test_a_cursor_that_cannot_be_served(daemon, after, reason):
    cursor = daemon.publish(update("a"))[0]
    if after == "ahead":
        after = cursor.split(".")[0] + ".77"
    answer = poll(daemon, wait=60, after=after)
    assert (answer["reset"], answer["reason"], answer["cursor"]) == (True, reason, cursor)
    assert answer["data"]["events"] == []


@pytest.mark.parametrize(
    "query, field",
    [("wait=61", "wait"), ("wait=5&limit=0", "limit"), ("wait=5&after=x", "after"), ("wait=5&topic=a*", "topic")],
)
def test_what_is_wrong_is_said_at_once(daemon, query, field):
    answer = daemon.get(f"{PATH}?{query}")
    assert (answer.status, answer.json["field"]) == (400, field)


def test_waiting_holds_no_worker(daemons):
    daemon = daemons("--http-threads", 2).start()
    begin = daemon.publish(update("a"))[0]
    waiting = [Poll(daemon, wait=60, after=begin) for _ in range(50)]
    wait_until(lambda: daemon.get("/api/v1/stats").json["data"]["watchers"] == 50, "all wait")
    cursor = daemon.publish(update("b"))[0]
    for one in waiting:
        answer = one.answer()[2]
        assert (ids(answer), answer["cursor"]) == (["b"], cursor)


def test_large_answers_are_bounded_and_whole(daemon):
    text = "x" * 50_000
    for i in range(4):
        ten = [f"t{n}" for n in range(10 * i, 10 * i + 10)]
        daemon.publish(*[{"topic": "mine", "event_type": "X", "data": {"id": t, "text": text}} for t in ten])
    got, cursor = [], "oldest"
    while len(got) < 40:
        answer = poll(daemon, topic="mine", wait=60, after=cursor, limit=1000)
        assert 0 < len(answer["data"]["events"]) <= 10
        assert answer["data"]["more"] == (len(got) + len(answer["data"]["events"]) < 40)
        got += ids(answer)
        cursor = answer["cursor"]
    assert got == [f"t{i}" for i in range(40)]


def test_a_poller_sees_everything_over_restarts(daemon):
    """Producers go on, the server is killed, and one cursor sees every event once, in order."""
    n = 600
    got, cursor = [], "oldest"
    for life in range(3):
        publisher = threading.Thread(
            target=lambda first: [daemon.publish(update(f"t{i}")) for i in range(first, first + n // 3)],
            args=(life * n // 3,),
        )
        publisher.start()
        while len(got) < (life + 1) * n // 3:
            answer = poll(daemon, wait=60, after=cursor, limit=7)
            assert not answer["reset"]
            got += ids(answer)
            cursor = answer["cursor"]
        publisher.join()
        daemon.kill()
        daemon.start()
    assert got == [f"t{i}" for i in range(n)]


def test_the_bus_is_away(daemons, tmp_path):
    """Only the web half runs: there is nothing to say, and it is said."""
    daemon = daemons("--only", "web").start(wait=False)
    while True:
        with contextlib.suppress(OSError):
            status, headers, answer = Poll(daemon, wait=2, after="latest").answer()
            break
    assert (status, headers["content-type"], answer["code"]) == (503, "application/problem+json", "unavailable")
    assert headers["retry-after"] == "1"


def test_stopping_answers_who_waits(daemon):
    cursor = daemon.publish(update("a"))[0]
    waiting = Poll(daemon, wait=60, after=cursor)
    wait_until(lambda: daemon.get("/api/v1/stats").json["data"]["watchers"] == 1, "it waits")
    assert daemon.stop() == 0
    status, _, answer = waiting.answer()
    assert (status, answer["cursor"], answer["data"]["events"]) == (200, cursor, [])


def test_which_task_an_event_is_about_is_the_same_everywhere(daemon):
    """Over REST from the journal, from a page near its head, and live."""
    about_x = [{"id": "x"}, {"task_id": "x"}, {"task_id": "", "id": "x"}, {"task_id": [7], "id": "x"}]
    others = [{"task_id": "y", "id": "x"}, {"id": "y"}, {}]
    events = [{"topic": "builds", "event_type": "E", "data": data} for data in about_x + others]
    begin = daemon.publish({"topic": "builds", "event_type": "E"})[0]
    with daemon.watch() as page:
        page.subscribe("builds", filter={"task_id": "x"})
        daemon.publish(*events)
        assert [event["data"] for event in page.events(len(about_x))] == about_x
        daemon.publish({"topic": "builds", "event_type": "E", "data": {"id": "x", "last": True}})
        assert page.events(1)[0]["data"].get("last")  # none of the others came between
    for query in ({}, {"wait": 60}):
        answer = daemon.get(PATH, topic="builds", task_id="x", after=begin, **query).json
        assert [event["data"] for event in answer["data"]["events"]][:-1] == about_x
