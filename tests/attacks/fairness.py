"""Attacks by the amount of work: a busy peer must not starve the others."""

import functools
import time

import peers
from servers import Redis, connect
from suite import MB, Outcome, attack

# The longest wait of the good client, in medians of redis-server under the same load.
MOST_RATIO = 5

# Below this, the scheduler decides and not the server. The short form allows for a busy machine.
LEAST_MILLISECONDS = 0.5
LEAST_MILLISECONDS_SHORT = 5


def ping_beside_floods(server, connections, seconds):
    """The median of PING in milliseconds, beside connections that pipeline MSET."""
    with peers.Helper("flood.py", server.port, connections) as flood:
        flooding = flood.has_printed(5)
        with peers.Helper("probe.py", "redis", server.port, 0.01) as probe:
            time.sleep(seconds)  # the length of the measurement
            found = peers.latency(probe)
        if not flooding:
            found["failed"] += 1
    return found


@functools.cache
def redis_server(connections, seconds):
    with Redis() as redis:
        return ping_beside_floods(redis, connections, seconds)


def fair(run, connections):
    seconds = run.choose(1, 4)
    server = run.example("redis")
    found, compared = (
        ping_beside_floods(server, connections, seconds),
        redis_server(connections, seconds),
    )
    figure = f"{found['p50']:.2f} ms, worst {found['worst']:.0f}"
    figure += f" (redis-server {compared['p50']:.2f}, {compared['worst']:.0f})"
    if found["failed"]:
        figure += f", {found['failed']} failures"
    bound = max(MOST_RATIO * compared["p50"], run.choose(LEAST_MILLISECONDS_SHORT, LEAST_MILLISECONDS))
    return Outcome(figure, found["p50"] <= bound and found["failed"] == 0)


@attack("10", "PING beside 1 connection that pipelines MSET", "C22", only_full=True)
def one_flood(run):
    return fair(run, 1)


@attack("10b", "PING beside 10 connections that pipeline MSET", "C22")
def ten_floods(run):
    return fair(run, 10)


@attack("10c", "PING beside 50 connections that pipeline MSET", "C22", only_full=True)
def fifty_floods(run):
    return fair(run, 50)


@attack("11", "a flood of lines into a chat room drops no member that reads", "C22, O6")
def chat_flood(run):
    server = run.example("chat")
    listeners = []
    for number in range(10):
        listener = connect(server)
        listener.sendall(b"listener%d\n" % number)
        listeners.append(peers.Paced(listener, 1000 * MB))
    run.watch("chat", server)
    speaker = connect(server)
    speaker.sendall(b"speaker\n")
    speaker.setblocking(False)
    line = b"a" * 100 + b"\n"
    data, sent, begun = memoryview(line * 1000), 0, time.monotonic()
    seconds, most = run.choose(2, 5), 200 * MB
    while time.monotonic() - begun < seconds and sent < most:
        try:
            sent += speaker.send(data[sent % len(line) :])
        except BlockingIOError:
            pass
        except OSError:
            break
        for listener in listeners:
            listener.tick()
    seconds = time.monotonic() - begun
    peers.pace(listeners, 1)
    dropped = sum(listener.was_cut() for listener in listeners)
    return Outcome(f"{dropped} of {len(listeners)} dropped at {sent / seconds / MB:.1f} MB/s", dropped == 0)
