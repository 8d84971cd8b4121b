"""Producers that never give up: what they publish is there once, whatever happens to the bus."""

import random
import threading
import time
import uuid

import pynng
from kit import Bus

TASKS = 40


def name_of_task(producer, number):
    return f"task-{producer}-{number}"


class Task:
    """What its producer knows of a task: it alone speaks of it."""

    def __init__(self, name):
        self.name = name
        self.attempt, self.is_final = 1, False

    def next(self, dice):
        """Its next event. A task lives on for as long as the load does: ended, it is tried again or deleted."""
        drawn = dice.random()
        if drawn < 0.01:
            self.attempt, self.is_final = 1, False
            return self.event("TASK_DELETED")
        if self.is_final and drawn < 0.3:  # a late word, which the bus must not believe
            return self.event("TASK_UPDATED", progress=dice.randrange(100))
        if self.is_final:
            self.attempt, self.is_final = self.attempt + 1, False
            return self.event("TASK_STATUS_CHANGED", status="running")
        if drawn < 0.06:
            self.is_final = True
            return self.event(dice.choice(["TASK_COMPLETED", "TASK_FAILED"]))
        return self.event("TASK_UPDATED", progress=dice.randrange(100))

    def event(self, kind, **data):
        return new_event(kind, id=self.name, attempt=self.attempt, **data)


def new_event(kind, message="", **data):
    return {"id": str(uuid.uuid4()), "event_type": kind, "message": message, "data": data}


class Producer(threading.Thread):
    """Publishes batches until told to stop; repeats a batch, with the same ids, until it is acked."""

    def __init__(self, daemon, number, seed, batch=25, pause_s=0.0, fill=""):
        super().__init__(daemon=True)
        self.daemon_under_test = daemon
        self.random = random.Random(f"{seed} producer {number}")
        self.tasks = [Task(name_of_task(number, n)) for n in range(TASKS)]
        self.batch, self.pause_s = batch, pause_s
        self.fill = fill  # makes log lines so much longer
        self.acked = {}  # id → seq, as the ack said
        self.stale = set()
        self.ending = threading.Event()

    def event(self):
        task = self.random.choice(self.tasks)
        if self.random.random() < 0.5:
            return new_event("TASK_LOG", "a line of its log" + self.fill, id=task.name, level="info")
        return task.next(self.random)

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
