"""Attacks by memory: what a peer makes the server hold beyond its marks."""

import peers
from servers import ask, connect, wait_until
from suite import KIB, MB, Outcome, attack

SMALL_BUFFER = 4096

# The defaults of the configuration.
HIGH_WATER = 256 * KIB
MAILBOX_CAPACITY = 64 * KIB
READ_SIZE = 64 * KIB

# The most that the arguments of one request may cost in `redis_server`: one value of 512 MiB and 1 MiB for the rest.
MOST_REQUEST = 513 * KIB * KIB

# The most that `http_server` holds of all uploads together.
MOST_CONTENT = 64 * KIB * KIB


def settled(server, seconds=3):
    """The resident memory when it no longer grows."""
    last = [0]

    def rests():
        before, last[0] = last[0], server.resident()
        return last[0] - before < KIB * KIB // 4

    wait_until(rests, seconds, interval=0.2)
    return server.resident()


@attack("12", "an echo of single bytes that nobody reads holds at most twice its mark and one read", "O9")
def single_byte_pushes(run):
    server = run.target("lines")
    run.watch("lines", server)
    before, count = settled(server), 20
    sockets = [connect(server, receive_buffer=SMALL_BUFFER) for _ in range(count)]
    for socket in sockets:
        socket.sendall(b"ECHO\n")
    peers.send_until_stuck(sockets, b"x\n" * 32 * KIB)
    each = (settled(server) - before) / count
    return Outcome(f"{each / KIB:,.0f} KiB each (mark 256)", each <= 2 * HIGH_WATER + READ_SIZE)


@attack("12b", "a mailbox that is filled with single bytes holds at most twice its capacity", "O9")
def single_bytes_in_mailboxes(run):
    server = run.target("lines")
    run.watch("lines", server)
    count = 20
    sockets = [connect(server, receive_buffer=SMALL_BUFFER) for _ in range(count)]
    for socket in sockets:
        socket.sendall(b"LISTEN\n")
        socket.recv(1)
    before = settled(server)
    filled = int(ask(server, b"FILL"))
    each = (settled(server) - before) / count
    figure = f"{each / KIB:,.0f} KiB each for {filled // count:,} pushes (capacity 64)"
    return Outcome(figure, filled > 0 and each <= 2 * MAILBOX_CAPACITY)


@attack("13", "an MGET whose reply has 101 MB, and that nobody reads, holds less than a tenth of it", "O9, L3")
def large_reply(run):
    server = run.example("redis")
    run.watch("redis", server)
    value, keys = bytes(1000), 100_000
    peer = connect(server, receive_buffer=SMALL_BUFFER)
    peer.sendall(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n%b\r\n" % (len(value), value))
    peer.recv(100)
    before = settled(server)
    request = b"*%d\r\n$4\r\nMGET\r\n" % (keys + 1) + b"$1\r\nk\r\n" * keys
    peers.send_until_stuck([peer], request, most=len(request))
    settled(server)
    grown = server.peak() - before
    return Outcome(f"{grown / MB:.0f} MB", grown < 101 * MB // 10)


@attack("13b", "one Redis request of 700 MB that does not end is refused above 513 MiB", "L3")
def unfinished_request(run):
    server = run.example("redis")
    run.watch("redis", server)
    most = 700 * MB
    before = settled(server)
    peer = connect(server)
    peer.sendall(b"*1000000\r\n")
    argument = b"$1000000\r\n" + bytes(1_000_000) + b"\r\n"
    sent = peers.send_until_stuck([peer], argument, most=most)
    settled(server)
    grown = server.peak() - before
    return Outcome(f"{grown / MB:.0f} MB of {sent / MB:.0f}", grown < MOST_REQUEST * 11 // 10)


@attack("13c", "uploads of 15 MB that do not end hold little more than the budget of all uploads, 64 MiB", "L3")
def uploads(run):
    server = run.example("http")
    run.watch("http", server)
    count, length = run.choose(20, 40), 15 * MB
    before = settled(server)
    sockets = [connect(server) for _ in range(count)]
    for socket in sockets:
        socket.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % (length + 1))
    sent = peers.send_until_stuck(sockets, bytes(length), most=length)
    settled(server)
    grown = server.peak() - before
    return Outcome(f"{grown / MB:.0f} MB of {sent / MB:.0f}", grown < MOST_CONTENT + count * READ_SIZE + 16 * MB)
