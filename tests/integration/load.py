"""Producers that never give up: what they publish is there once, whatever happens to the bus."""

import random
import threading
import time
import uuid

import pynng
from kit import Bus

TASKS = 40


class Producer(threading.Thread):
    """Publishes batches until told to stop; repeats a batch, with the same ids, until it is acked."""

    def __init__(self, daemon, number, seed, batch=25, pause_s=0.0, fill=""):
        super().__init__()
        self.daemon_under_test = daemon
        self.number = number
        self.random = random.Random(f"{seed} producer {number}")
        self.batch, self.pause_s = batch, pause_s
        self.fill = fill  # makes log lines so much longer
        self.acked = {}  # id → seq, as the ack said
        self.stale = set()
        self.ending = threading.Event()

    def event(self):
        task = f"task-{self.number}-{self.random.randrange(TASKS)}"
        kind = self.random.random()
        if kind < 0.5:
            return {
                "id": str(uuid.uuid4()),
                "event_type": "TASK_LOG",
                "data": {"id": task, "level": "info"},
                "message": "a line of its log" + self.fill,
            }
        if kind < 0.97:
            return {
                "id": str(uuid.uuid4()),
                "event_type": "TASK_UPDATED",
                "data": {"id": task, "progress": self.random.randrange(100)},
            }
        return {"id": str(uuid.uuid4()), "event_type": "TASK_COMPLETED", "data": {"id": task}}

    def run(self):
        with Bus(self.daemon_under_test, timeout_s=1) as bus:
            while not self.ending.wait(self.pause_s):
                self.deliver(bus, [self.event() for _ in range(self.batch)])

    def deliver(self, bus, events):
        while True:
            try:
                answer = bus.call("publish", events=events)
            except pynng.exceptions.NNGException:
                continue  # killed before the ack: ask again, the ids are the same
            if answer["ok"]:
                break
            assert answer["code"] == "busy", answer
            time.sleep(0.01)
        for result in answer["results"]:
            assert "error" not in result, result
            if result.get("seq"):
                self.acked[result["id"]] = result["seq"]
            else:
                self.stale.add(result["id"])
