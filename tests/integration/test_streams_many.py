"""Many watchers at once: each sees exactly its own, whatever happens to filters and connections."""

import asyncio
import json
import random
import threading

import websockets
from kit import WAIT_S, wait_until


def seq_of(cursor):
    return int(cursor.split(".")[1])


class Crowd:
    """Watchers in one event loop: hundreds of them would be too many threads."""

    def __init__(self, daemon):
        self.url = f"ws://127.0.0.1:{daemon.port}/ws/realtime"

    async def watch(self, **subscribe):
        options = {"max_size": None, "compression": None, "ping_interval": None}
        socket = await websockets.connect(self.url, open_timeout=WAIT_S, **options)
        await self.next(socket, "connected")
        await socket.send(json.dumps({"type": "subscribe", "topic": "system", **subscribe}))
        await self.next(socket, "subscribed")
        return socket

    async def next(self, socket, kind):
        frame = json.loads(await asyncio.wait_for(socket.recv(), WAIT_S))
        assert frame["type"] == kind, frame
        return frame

    async def events(self, socket, n):
        return [await self.next(socket, "event") for _ in range(n)]


def update(task, **data):
    return {"topic": "system", "event_type": "TASK_UPDATED", "data": {"id": task, **data}}


def publish(bus, tasks, rounds):
    """One event for each task in each round."""
    for n in range(rounds):
        for start in range(0, tasks, 1000):
            bus.publish(*(update(f"t{i}", n=n) for i in range(start, min(start + 1000, tasks))))


def test_a_thousand_filters_each_see_exactly_their_own(daemon, bus):
    tasks, rounds = 1000, 3

    async def run():
        crowd = Crowd(daemon)
        sockets = [await crowd.watch(filter={"task_id": f"t{i}"}) for i in range(tasks)]
        await asyncio.to_thread(publish, bus, tasks, rounds)
        await asyncio.to_thread(bus.publish, *(update(f"t{i}", n="last") for i in range(tasks)))
        for i, socket in enumerate(sockets):
            frames = await crowd.events(socket, rounds + 1)
            assert [(f["data"]["id"], f["data"]["n"]) for f in frames] == [
                (f"t{i}", n) for n in [*range(rounds), "last"]
            ]
            await socket.close()

    asyncio.run(run())


def test_a_filter_that_changes_under_load_loses_nothing(daemon, bus):
    tasks, rounds, changes = 20, 300, 40
    dice = random.Random(5)
    with daemon.watch() as page:
        wanted = {"t0"}
        page.subscribe("system", filter={"task_id": ["t0"]})
        load = threading.Thread(target=publish, args=(bus, tasks, rounds))
        load.start()
        seen, answers = [], [(0, wanted)]  # events; from which place on which filter held
        for _ in range(changes):
            wanted = {f"t{i}" for i in range(tasks) if dice.random() < 0.3} | {"t0"}
            page.send(type="subscribe", topic="system", filter={"task_id": sorted(wanted)})
            while (frame := page.next("event", "subscribed"))["type"] == "event":
                seen.append(frame)
            answers.append((seq_of(frame["cursor"]), wanted))
        load.join()
        bus.publish(update("t0", n="end"))
        while not seen or seen[-1]["data"]["n"] != "end":
            seen.append(page.next("event"))
    expected, place = [], 0
    for event in bus.all_events("system"):
        while place + 1 < len(answers) and event["seq"] > answers[place + 1][0]:
            place += 1
        if event["data"]["id"] in answers[place][1]:
            expected.append(event["seq"])
    assert [seq_of(frame["cursor"]) for frame in seen] == expected


def test_a_conflated_page_loses_what_was_deleted(daemon, bus):
    bus.publish(*(update(f"t{i}", owner="ann" if i % 2 else "bob") for i in range(100)))
    before = daemon.get("/api/v1/tasks").json["cursor"]
    bus.publish(*({**update(f"t{i}"), "event_type": "TASK_DELETED"} for i in range(0, 100, 5)))
    bus.publish(*(update(f"t{i}", progress=50) for i in range(1, 100, 5)), update("t0", title="again"))
    with daemon.watch() as page:
        page.subscribe("system", after=before, catchup="conflate")
        frame = page.next("conflated")
        assert set(frame["deleted"]) == {f"t{i}" for i in range(0, 100, 5)}
        rows = {row["id"]: row for row in frame["tasks"]}
        assert set(rows) == {f"t{i}" for i in range(1, 100, 5)} | {"t0"}
        assert rows["t0"]["title"] == "again"
        bus.publish(update("t1", progress=60))
        assert page.next("event")["data"]["id"] == "t1"
    with daemon.watch() as page:
        page.subscribe("system", after=before, catchup="conflate", filter={"owner": "ann"})
        assert set(page.next("conflated")["deleted"]) == {f"t{i}" for i in range(5, 100, 10)}
    with daemon.watch() as page:
        page.subscribe("system", after=before, catchup="conflate", filter={"task_id": ["t0", "t1", "t2"]})
        frame = page.next("conflated")
        assert frame["deleted"] == ["t0"]
        assert {row["id"] for row in frame["tasks"]} == {"t0", "t1"}


def metric(daemon, name):
    for line in daemon.get("/metrics").body.decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError(f"no metric {name}")


def test_history_is_fetched_once_for_all(daemon, bus):
    watchers, events = 60, 1500
    for start in range(0, events, 500):
        bus.publish(*(update(f"t{n % 10}", n=n) for n in range(start, start + 500)))
    oldest = daemon.get("/api/v1/events", topic="system", limit=1).json["cursor"]

    async def run():
        crowd = Crowd(daemon)
        sockets = [
            await crowd.watch(after=oldest, **({"filter": {"task_id": "t7"}} if i % 2 else {}))
            for i in range(watchers)
        ]
        for i, socket in enumerate(sockets):
            wanted = [n for n in range(1, events) if i % 2 == 0 or n % 10 == 7]
            frames = await crowd.events(socket, len(wanted))
            assert [frame["data"]["n"] for frame in frames] == wanted
            await socket.close()

    asyncio.run(run())
    asked = metric(daemon, "bellwire_replay_pages_total")
    fetched = asked - metric(daemon, "bellwire_replay_pages_shared_total")
    assert fetched <= 20 < asked, f"{fetched} of {asked} pages were fetched"


def test_a_storm_in_small(daemon, bus):
    watchers, back = 500, 200

    async def follow(crowd, socket, after, upto):
        """Reads until the last event of the storm; returns nothing, every event came once in order."""
        for seq in range(after + 1, upto + 1):
            frame = await crowd.next(socket, "event")
            assert seq_of(frame["cursor"]) == seq
        await socket.close()

    async def run():
        crowd = Crowd(daemon)
        await asyncio.to_thread(publish, bus, 10, 1)
        sockets = [await crowd.watch() for _ in range(watchers)]
        await asyncio.to_thread(publish, bus, 10, 1)
        frames = [(await crowd.events(socket, 10))[-1] for socket in sockets]
        for socket in sockets:
            socket.transport.abort()  # cut, without a word
        await asyncio.to_thread(publish, bus, 10, back // 10)
        load = asyncio.create_task(asyncio.to_thread(publish, bus, 10, 5))
        cursors = [frame["cursor"] for frame in frames]
        again = await asyncio.gather(*(crowd.watch(after=cursor) for cursor in cursors))
        await load
        upto = 20 + back + 50
        await asyncio.gather(*(follow(crowd, s, 20, upto) for s in again))

    asyncio.run(run())
    wait_until(lambda: metric(daemon, "bellwire_stream_connections") == 0, "all connections to end")
