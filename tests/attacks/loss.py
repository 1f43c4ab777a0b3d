"""Attacks on bytes: input that is lost, and input that should be dropped."""

from servers import ask, connect, reset, wait_until
from suite import Outcome, attack

TRIES = 10


@attack("16", "lines that had arrived before a reset are delivered although a write fails", "C10")
def input_before_reset(run):
    server = run.target("lines")
    run.watch("lines", server)
    for _ in range(TRIES):
        peer = connect(server)
        # The server has read this line and is busy with it when the rest arrives, so the write of its answer is the
        # first to see the reset.
        peer.sendall(b"SLEEP 100\n")
        wait_until(lambda: server.has_read_all_of(peer), 5, interval=0.001)
        peer.sendall(b"LOG important\n")
        reset(peer)
    wait_until(lambda: int(ask(server, b"LOGGED")) == TRIES, 1)
    delivered = int(ask(server, b"LOGGED"))
    return Outcome(f"{delivered} of {TRIES} delivered", delivered == TRIES)


@attack("18", "bytes behind STARTTLS in one read are dropped by `discard_buffers`", "O5")
def bytes_behind_starttls(run):
    server = run.target("lines")
    run.watch("lines", server)
    for _ in range(TRIES):
        with connect(server) as peer:
            peer.sendall(b"STARTTLS\nLOG evil\n")
            peer.recv(100)
            peer.shutdown(1)
            peer.recv(100)
    obeyed = int(ask(server, b"LOGGED"))
    return Outcome(f"{obeyed} of {TRIES} obeyed", obeyed == 0)
