"""Attacks that hold a place in the server, and the end of the server."""

import signal
import socket
import time

from peers import Paced, pace, reader
from servers import ESTABLISHED, ask, connect, get, reset, wait_until
from suite import DEFAULT_IDLE, MB, SHORT_GRACE, SHORT_IDLE, Outcome, attack


def exits(seconds, status=0):
    if seconds is None:
        return "no exit"
    return f"exit after {seconds:.1f} s" + (f", status {status}" if status else "")


@attack(
    "7",
    "connections that never send a byte are closed after the idle timeout",
    "C11",
    waits=True,
)
def idle_connections(run):
    # Not HTTP: its server waits for a request from the beginning, so that the least rate counts.
    server = run.server("redis", SHORT_IDLE)
    resident = server.resident()
    # Fewer than the connection limit of every adapter, so that there is a place for the good client.
    idle = [connect(server) for _ in range(run.choose(100, 400))]
    run.watch("redis", server, run.choose(0.1, 1))

    def held():
        return sum(state == ESTABLISHED for state, *_ in server.sockets_of(idle))

    timeout = run.choose(SHORT_IDLE, DEFAULT_IDLE)
    closed = wait_until(lambda: held() == 0, timeout + 5, interval=0.2)
    if closed is None:
        return Outcome(f"{held()} of {len(idle)} held, {(server.resident() - resident) / MB:.1f} MB", False)
    return Outcome(f"{len(idle)} closed after {closed:.0f} s", True)


@attack(
    "8",
    "a reset after the peer's FIN ends a connection whose handler stays open",
    "C11",
    waits=True,
)
def reset_after_fin(run):
    server = run.target("lines")
    run.watch("lines", server)
    count = 20
    peers = [connect(server) for _ in range(count)]
    for peer in peers:
        peer.sendall(b"PING\nHOLD\n")
        peer.shutdown(socket.SHUT_WR)
        peer.recv(100)
    others = 3  # the one that asks, and the good client with a connection that has just been closed
    wait_until(lambda: server.count(ESTABLISHED) <= others, 5)
    for peer in peers:
        reset(peer)
    ended = wait_until(lambda: int(ask(server, b"LIVE")) <= others, 5)
    if ended is None:
        live = int(ask(server, b"LIVE")) - others
        return Outcome(f"{live} of {count} handlers live on", False)
    return Outcome(f"{count} ended after {ended:.1f} s", True)


@attack(
    "9",
    "a shutdown ends in bounded time although a handler produces without end (drain timeout 2 s)",
    "C17",
    waits=True,
)
def shutdown_with_endless_producer(run):
    server = run.target("lines", SHORT_GRACE)
    peer = connect(server)
    peer.sendall(b"STREAM\n")
    endless = Paced(peer, 10 * MB)
    pace([endless], 0.3)
    connect(server).sendall(b"SHUTDOWN\n")
    ended = pace([endless], SHORT_GRACE + 3, until=lambda: server.process.poll() is not None)
    return Outcome(exits(ended), ended is not None)


@attack(
    "9b",
    "SIGTERM lets a download in progress end, then the server exits with status 0",
    "C17",
    waits=True,
)
def sigterm(run):
    server = run.example("http")
    length = 20 * MB
    peer = connect(server)
    peer.sendall(get(f"/stream/{length}", b"Connection: close"))
    download = Paced(peer, 8 * MB)
    pace([download], 0.3)
    server.signal(signal.SIGTERM)
    begun = time.monotonic()
    pace([download], 6, until=download.was_cut)
    ended = server.exit_within(2)
    status = server.process.returncode
    figure = f"{min(download.done, length) / MB:.0f} of {length / MB:.0f} MB arrived, "
    figure += exits(None if ended is None else time.monotonic() - begun, status)
    return Outcome(figure, download.done >= length and status == 0)


@attack(
    "9c",
    "SIGTERM ends a server with an endless download after the drain timeout",
    "C17",
    waits=True,
    only_full=True,
)
def sigterm_with_endless_download(run):
    server = run.example("http")
    endless = reader(server, "/stream/1000000000000", 10 * MB)
    pace([endless], 0.3)
    server.signal(signal.SIGTERM)
    ended = pace([endless], 40, until=lambda: server.process.poll() is not None)
    status = server.process.returncode
    return Outcome(exits(ended, status), ended is not None and status == 0)
