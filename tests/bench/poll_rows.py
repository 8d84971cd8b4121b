"""Long-polls: clients that wait, get an event and come back. What a poll costs the server, from its
connection to its answer."""

import contextlib
import json
import socket
from statistics import median

from rig import Bellwired, Nchan, wait_until

CLIENTS = 250


class Polled(Bellwired):
    def path_now(self):
        return f"/api/v1/events?topic=bench&wait=60&after={self.cursor}"

    def settle(self, clients):
        wait_until(lambda: json.loads(self.get("/api/v1/stats")[1])["data"]["watchers"] == clients, "all polls")

    def answered(self, body):
        answer = json.loads(body)
        assert len(answer["data"]["events"]) == 1, body
        self.cursor = answer["cursor"]

    def begin(self):
        self.cursor = json.loads(self.get("/api/v1/events?topic=bench&after=latest")[1])["cursor"]


class NchanPolled(Nchan):
    def path_now(self):
        return "/poll"

    def answered(self, body):
        assert b'"n":' in body, body

    def begin(self):
        pass


def ask(server):
    s = socket.create_connection(("127.0.0.1", server.port))
    s.sendall(f"GET {server.path_now()} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    return s


def read(s):
    with contextlib.closing(s):
        whole = b""
        while more := s.recv(65536):
            whole += more
    return whole.split(b"\r\n\r\n", 1)[1]


def poll(server, rounds):
    server.begin()
    before = server.cpu_s()
    for _ in range(rounds):
        waiting = [ask(server) for _ in range(CLIENTS)]
        server.settle(CLIENTS)
        publisher = server.emit(1, 0)
        bodies = [read(s) for s in waiting]
        server.answered(bodies[0])
        if publisher:
            publisher.report()
    return {"cpu_us": (server.cpu_s() - before) * 1e6 / (rounds * CLIENTS)}


def polls(row, in_turns, frame, seconds):
    rounds = 4 * seconds
    ours, peer = in_turns(
        (Polled, lambda server: poll(server, rounds)),
        (lambda: NchanPolled(frame), lambda server: poll(server, rounds)),
    )
    mine, theirs = median(a["cpu_us"] for a in ours), median(b["cpu_us"] for b in peer)
    row(
        f"long-poll, {CLIENTS} clients that come back after each event: server CPU per poll",
        f"{mine / theirs:.2f} × Nchan's ({mine:.0f} against {theirs:.0f} µs)",
        "≤ 2 × Nchan's",
        mine <= 2 * theirs,
    )
