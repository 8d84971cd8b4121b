"""Whoever hangs up while the bus greets it does no harm: the next one is let in."""

import socket
import struct

import msgpack
import pynng
from kit import wait_until

GREETING_OF = {"pub": 0x21, "in": 0x20}  # who dials there: SUB, PUB


def dial(path, protocol):
    end = socket.socket(socket.AF_UNIX)
    end.connect(path)
    end.sendall(b"\0SP\0" + struct.pack(">HH", protocol, 0))
    return end


def hang_up_at_once(daemon, endpoint):
    for _ in range(200):
        dial(f"{daemon.bus.removeprefix('ipc://')}.{endpoint}", GREETING_OF[endpoint]).close()


def hears_the_heartbeat(daemon):
    end = dial(daemon.bus.removeprefix("ipc://") + ".pub", GREETING_OF["pub"])
    end.settimeout(3)
    try:
        assert end.recv(8)[:4] == b"\0SP\0"
        return bool(end.recv(100))
    except (TimeoutError, ConnectionError):
        return False
    finally:
        end.close()


def test_subscribers_are_let_in(daemon):
    hang_up_at_once(daemon, "pub")
    wait_until(lambda: hears_the_heartbeat(daemon), "a message from the bus")


def test_producers_that_want_no_ack_are_let_in(daemon, bus):
    event = {"event_type": "TASK_CREATED", "topic": "system", "id": "e", "data": {"id": "t"}}
    hang_up_at_once(daemon, "in")
    with pynng.Pub0(dial=daemon.bus + ".in", block_on_dial=False) as producer:

        def arrived():  # PUB drops until there is a connection
            producer.send(msgpack.packb(event))
            return bus.all_events("system")

        wait_until(arrived, "the event")
