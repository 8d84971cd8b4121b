"""Pages that stop reading: nobody else waits, memory stays bounded, and nothing is lost for them."""

import socket

from kit import SANITIZER_BYTES, Bus, wait_until

STUCK = 50
EVENTS = 20_000
PAYLOAD = "x" * 900


def publish_all(bus):
    """More bytes than ring and socket buffers of a stuck page hold together."""
    for start in range(0, EVENTS, 1000):
        bus.publish(
            *(
                {"topic": "flood", "event_type": "X", "data": {"n": n, "fill": PAYLOAD}}
                for n in range(start, start + 1000)
            )
        )


def test_stuck_pages_harm_nobody_and_catch_up(daemons):
    daemon = daemons("--ring-bytes", "4M").start()
    stuck = [daemon.watch() for _ in range(STUCK)]
    for page in stuck:
        # A small receive buffer and no reading: the server's send() says EAGAIN soon. Much smaller,
        # and TCP would trickle when they wake up: a window below one loopback segment.
        page.socket.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        page.send(type="subscribe", topic="flood")
    with daemon.watch() as reader, Bus(daemon) as bus:
        reader.subscribe("flood")
        before = daemon.rss_bytes()
        publish_all(bus)
        numbers = [frame["data"]["n"] for frame in reader.events(EVENTS)]
        assert numbers == list(range(EVENTS))
        grown = daemon.rss_bytes() - before
        # Rings, one replay page per stuck page, caches; not 50 queues of 20 MB.
        assert grown < (200 << 20) + SANITIZER_BYTES, f"grew by {grown >> 20} MiB"

    # Two of them wake up: everything is there, in order, from the ring or from the journal.
    for page in stuck[:2]:
        page.next("subscribed")
        assert [frame["data"]["n"] for frame in page.events(EVENTS)] == list(range(EVENTS))
    for page in stuck:
        page.socket.socket.close()
    wait_until(lambda: daemon.get("/readyz").status == 200, "readiness after all left")
