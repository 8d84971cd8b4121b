"""What happens to the two halves in the chaos test. Each step, and each pause, is drawn from a seed."""

import random
import time

from conformance.server import Server

METRICS = ["bellwire_stream_behind_total", "bellwire_replay_pages_total", "bellwire_bridge_holes_total"]


class Chaos:
    LOSSY = ["--pub-buffer-messages", "1"]
    LOSS = 0.3  # of the published messages that the relay lets fall

    def __init__(self, bus, web, relay, seed):
        self.bus, self.web, self.relay = bus, web, relay
        self.random = random.Random(f"{seed} chaos")
        self.steps = [self.kill_web, self.kill_bus, self.drain_web, self.stop_bus, self.lose, self.separate]
        self.left = []
        self.done = {}
        self.counted = dict.fromkeys(METRICS, 0)  # by all lives of the web half

    def go_on(self, seconds, is_enough):
        """Steps with pauses, each kind as often as the others and at least once, until it was so long and enough."""
        end = time.monotonic() + seconds
        while time.monotonic() < end or len(self.done) < len(self.steps) or not is_enough():
            if not self.left:
                self.left = self.random.sample(self.steps, len(self.steps))
            step = self.left.pop()
            step()
            self.done[step.__name__] = self.done.get(step.__name__, 0) + 1
            time.sleep(self.random.uniform(0.2, 2))

    def pause(self):
        time.sleep(self.random.uniform(0, 1))

    def count(self):
        """Before the web half ends: what it went through."""
        answer = Server(f"http://127.0.0.1:{self.web.port}").request("GET", "/metrics")
        for line in answer.body.decode().splitlines():
            name, _, value = line.partition(" ")
            if name in self.counted:
                self.counted[name] += int(float(value))

    def kill_web(self):
        self.count()
        self.web.kill()
        self.pause()
        self.web.start()

    def drain_web(self):
        self.count()
        assert self.web.stop() == 0, self.web.last_lines()
        self.pause()
        self.web.start()

    def kill_bus(self):
        self.bus.kill()
        self.pause()
        self.bus.start(wait=False)

    def stop_bus(self):
        assert self.bus.stop() == 0, self.bus.last_lines()
        self.pause()
        self.bus.start(wait=False)

    def lose(self):
        """The bus publishes with next to no buffer, and some of it is lost on the way; or all is well again."""
        is_lossy = self.relay.loss > 0
        self.bus.arguments = [] if is_lossy else self.LOSSY
        self.relay.loss = 0 if is_lossy else self.LOSS
        self.stop_bus()

    def separate(self):
        self.relay.cut()
        self.pause()
        self.relay.join()
