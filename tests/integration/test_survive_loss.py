"""The bus's PUB side drops messages; watchers miss nothing."""

import threading

from kit import Bus, wait_until
from relay import Relay


def burst(daemon, producer, batches, size):
    with Bus(daemon) as bus:
        for batch in range(batches):
            bus.publish(
                *(
                    {"topic": "burst", "event_type": "X", "id": f"{producer}-{batch}-{n}"}
                    for n in range(size)
                )
            )


def test_tiny_pub_buffer_loses_nothing(daemons):
    daemon = daemons("--pub-buffer-messages", 1).start()
    with daemon.watch() as early, daemon.watch() as late:
        early.subscribe("burst")
        late.subscribe("burst", after="oldest")
        threads = [
            threading.Thread(target=burst, args=(daemon, producer, 40, 50)) for producer in range(8)
        ]
        for thread in threads:
            thread.start()
        seen = [frame["id"] for frame in early.events(8 * 40 * 50)]
        for thread in threads:
            thread.join()
        assert [frame["id"] for frame in late.events(8 * 40 * 50)] == seen
    assert len(set(seen)) == len(seen)
    with Bus(daemon) as bus:
        assert [event["id"] for event in bus.all_events("burst")] == seen


def test_watchers_read_on_while_the_bus_half_is_away(daemons):
    """Two processes: the bus half dies and comes back; pages keep their connection and miss nothing."""
    bus_half = daemons("--only", "bus")
    bus_half.start(wait=False)
    web_half = daemons("--only", "web", folder=bus_half.folder / "web")
    web_half.bus = bus_half.bus
    web_half.start()
    with web_half.watch() as page:
        page.subscribe("system")
        with Bus(bus_half) as bus:
            bus.publish({"event_type": "TASK_CREATED", "data": {"id": "a"}})
        assert page.events(1)[0]["data"]["id"] == "a"
        bus_half.kill()
        bus_half.start(wait=False)
        with Bus(bus_half) as bus:  # a new one: the other may not have noticed that its bus is dead
            bus.publish(*({"event_type": "TASK_CREATED", "data": {"id": f"b{n}"}} for n in range(100)))
        assert [frame["data"]["id"] for frame in page.events(100)] == [f"b{n}" for n in range(100)]


def test_who_is_hung_up_on_dials_again(daemons):
    """As a proxy does whose bus is away, or a bus that is killed at that moment: it takes the connection
    and drops it before a word was said."""
    bus_half, web_half = daemons("--only", "bus"), daemons("--only", "web")
    relay = Relay(bus_half.folder, f"{bus_half.data}/bus")
    relay.join()
    web_half.bus = relay.url
    web_half.start(wait=False)
    wait_until(lambda: relay.refused, "the web half to be hung up on")
    bus_half.start(wait=False)
    web_half.wait_ready()
    relay.cut()
