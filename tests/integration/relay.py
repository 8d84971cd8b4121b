"""A relay between the web half and the bus half, which can be cut and joined again."""

import contextlib
import pathlib
import random
import socket
import threading

ENDPOINTS = (".req", ".pub", ".in")


class Relay:
    """Listens beside the bus's sockets in a folder; what dials `url` reaches the bus at bus_path.

    `loss` is the part of what the bus publishes that is lost on the way, message by message."""

    def __init__(self, folder, bus_path, seed=0):
        self.path, self.bus_path = f"{folder}/relay", bus_path
        self.url = f"ipc://{self.path}"
        self.lock = threading.Lock()
        self.open = set()  # listening and connected sockets
        self.refused = set()  # endpoints of the bus that were away when somebody dialled
        self.random = random.Random(f"{seed} relay")
        self.loss, self.lost = 0.0, 0

    def join(self):
        for endpoint in ENDPOINTS:
            listener = socket.socket(socket.AF_UNIX)
            pathlib.Path(self.path + endpoint).unlink(missing_ok=True)
            listener.bind(self.path + endpoint)
            listener.listen()
            self.keep(listener)
            self.begin(self.accept, listener, endpoint)

    def cut(self):
        with self.lock:
            sockets, self.open = self.open, set()
        for s in sockets:
            self.end(s)

    @staticmethod
    def begin(function, *arguments):
        threading.Thread(target=function, args=arguments, daemon=True).start()

    def keep(self, *sockets):
        with self.lock:
            self.open.update(sockets)

    def end(self, *sockets):
        for s in sockets:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)
            s.close()
        with self.lock:
            self.open.difference_update(sockets)

    def accept(self, listener, endpoint):
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                far = socket.socket(socket.AF_UNIX)
                try:
                    far.connect(self.bus_path + endpoint)
                except OSError:  # the bus is away
                    self.end(near, far)
                    self.refused.add(endpoint)
                    continue
                with self.lock:
                    cut = listener not in self.open
                if cut:
                    self.end(near, far)
                    return
                self.keep(near, far)
                self.begin(self.pump, near, far)
                self.begin(self.pump_messages if endpoint == ".pub" else self.pump, far, near)

    def pump(self, source, sink):
        with contextlib.suppress(OSError):
            while chunk := source.recv(65536):
                sink.sendall(chunk)
        self.end(source, sink)

    def pump_messages(self, source, sink):
        """As nng's sockets speak to each other: eight bytes of greeting, then messages behind 1 and their size."""
        with contextlib.suppress(OSError, EOFError), source.makefile("rb") as stream:
            sink.sendall(exactly(stream, 8))
            while True:
                head = exactly(stream, 9)
                message = head + exactly(stream, int.from_bytes(head[1:], "big"))
                if self.random.random() < self.loss:
                    self.lost += 1
                else:
                    sink.sendall(message)
        self.end(source, sink)


def exactly(stream, n):
    data = stream.read(n)
    if len(data) < n:
        raise EOFError
    return data
