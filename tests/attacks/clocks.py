"""Attacks on the clocks that judge a peer: a peer in time is not cut, a peer that is too slow is."""

import shutil
import signal
import subprocess

from peers import Paced, pace, reader
from servers import CLOSE_WAIT, ESTABLISHED, FIN_WAIT_1, connect, get, wait_until
from suite import DEFAULT_IDLE, MB, Outcome, attack

# The least rate of the default configuration, in bytes a second.
LEAST_RATE = 240

# The smallest receive buffer that Linux allows. What a peer's kernel has taken counts as taken by the peer, because no
# server can tell the difference: so a peer that should be cut soon needs a small buffer.
SMALL_BUFFER = 1152


def most_seconds(run):
    """Twice the grace period and the time that the bytes in the peer's receive buffer buy."""
    return 2 * (run.grace + SMALL_BUFFER / LEAST_RATE)


def is_held(server, peer):
    """Returns whether the server still has the connection."""
    return any(state in (ESTABLISHED, CLOSE_WAIT) for state, *_ in server.sockets_of([peer]))


def cut_after(seconds):
    return "not cut" if seconds is None else f"cut after {seconds:.0f} s"


@attack(
    "1",
    "readers at 200 kB/s, and at twice the least rate with small and large buffers, are served",
    "C6",
    waits=True,
)
def slow_honest_readers(run):
    server = run.server("http")
    run.watch("http", server)
    seconds = run.choose(10, 75)
    with subprocess.Popen(
        [shutil.which("curl"), "--silent", "--limit-rate", "200k", "--max-time", str(seconds), "--output", "/dev/null"]
        + ["--write-out", "%{size_download}", f"http://127.0.0.1:{server.port}/stream/100000000"],
        stdout=subprocess.PIPE,
        text=True,
    ) as curl:
        readers = [reader(server, "/stream/100000000", 2 * LEAST_RATE, buffer) for buffer in (SMALL_BUFFER, None)]
        # A little less, because curl begins earlier.
        pace(readers, seconds - 1)
        downloaded = int(curl.communicate()[0])
    timed_out = 28  # its exit status when the time is over: the server has not cut it
    cut = [f"200 kB/s after {downloaded / MB:.1f} MB"] if curl.returncode != timed_out else []
    for peer, name in zip(readers, ("480 B/s, small buffers", "480 B/s")):
        if peer.was_cut() or not is_held(server, peer.socket):
            cut.append(name)
    return Outcome(f"{len(cut)} of 3 cut" + (f" ({'; '.join(cut)})" if cut else ""), not cut)


@attack(
    "1b",
    "a reader at half of the least rate is cut within twice the grace period and what its receive buffer buys",
    "C6",
    waits=True,
)
def slower_than_the_least_rate(run):
    server = run.server("http")
    run.watch("http", server)
    peer = reader(server, "/stream/100000000", LEAST_RATE // 2, SMALL_BUFFER)
    cut = pace([peer], most_seconds(run), until=lambda: not is_held(server, peer.socket))
    return Outcome(cut_after(cut), cut is not None)


@attack(
    "1c",
    "a reader that takes 5 MB at full speed and then stops is cut after the idle timeout",
    "C6",
    waits=True,
    only_full=True,
)
def fast_reader_that_stops(run):
    server = run.server("http")
    run.watch("http", server)
    peer = connect(server, receive_buffer=SMALL_BUFFER)
    peer.sendall(get("/stream/100000000000"))
    taken = 0
    while taken < 5 * MB:
        taken += len(peer.recv(65536))
    cut = wait_until(lambda: not is_held(server, peer), DEFAULT_IDLE + most_seconds(run), interval=0.5)
    return Outcome(cut_after(cut), cut is not None)


@attack(
    "2",
    "peers that never read 1.5 MB, which fits into the socket buffer, are cut without a trace in the kernel",
    "C6",
    waits=True,
)
def readers_that_never_read(run):
    server = run.server("http")
    run.watch("http", server)
    count = run.choose(20, 50)
    peers = [connect(server, receive_buffer=SMALL_BUFFER) for _ in range(count)]
    for peer in peers:
        peer.sendall(get("/stream/1500000"))
    kept_first = 0

    def all_cut():
        nonlocal kept_first
        found = server.sockets_of(peers)
        kept_first = max(kept_first, sum(sending for _, sending, _, _ in found))
        return not any(state in (ESTABLISHED, CLOSE_WAIT) for state, *_ in found)

    cut = wait_until(all_cut, most_seconds(run), interval=0.2)
    wait_until(lambda: not server.sockets_of(peers), 2)
    found = server.sockets_of(peers)
    kept = sum(sending for _, sending, _, _ in found)
    waiting = sum(state == FIN_WAIT_1 for state, *_ in found)
    figure = f"{count} {cut_after(cut)}" if cut else f"{len(found)} of {count} held"
    figure += f", {waiting} in FIN-WAIT-1, {kept / MB:.0f} of {kept_first / MB:.0f} MB kept"
    return Outcome(figure, cut is not None and kept == 0)


@attack(
    "3",
    "a server that was stopped (SIGSTOP) for longer than the grace period does not cut peers in time",
    "C6",
    waits=True,
)
def stopped_server(run):
    server = run.server("http")
    upload = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" + bytes(1_000_000)
    peers = []
    for _ in range(15):
        peers.append(reader(server, "/stream/100000000", 200_000))
        peers.append(reader(server, "/stream/100000000", 2 * LEAST_RATE, SMALL_BUFFER))
        peers.append(Paced(connect(server), 2000, upload))
    pace(peers, 1)
    server.signal(signal.SIGSTOP)
    pace(peers, run.grace + 2)
    server.signal(signal.SIGCONT)
    pace(peers, 2)
    cut = sum(peer.was_cut() or not is_held(server, peer.socket) for peer in peers)
    return Outcome(f"{cut} of {len(peers)} cut", cut == 0)


@attack(
    "4",
    "a response that is read slowly arrives whole after a close, while the client goes on sending",
    "C7",
    waits=True,
)
def close_with_slow_reader(run):
    server = run.server("http")
    run.watch("http", server)
    rate, length = run.choose(500_000, 200_000), 3 * MB
    peer = connect(server)
    peer.sendall(get(f"/stream/{length}", b"Connection: close"))
    download, chatter = Paced(peer, rate), Paced(peer, 1000, bytes(100_000))
    pace([download, chatter], length / rate + 5, until=download.was_cut)
    whole = download.tail.endswith(b"\r\n0\r\n\r\n")
    return Outcome(f"{min(download.done, length) / MB:.1f} of {length / MB:.1f} MB arrived", whole)


@attack(
    "5",
    "a Redis request of a million arguments at a trickle is cut within twice the grace period",
    "C6",
    waits=True,
)
def trickled_request(run):
    server = run.server("redis")
    run.watch("redis", server)
    # A length line has four bytes, so each frame takes less than the grace period of the state before this attack was
    # mended, which was 5 s.
    rate = run.choose(2.2, 0.9)
    peer = Paced(connect(server), rate, b"*1000000\r\n" + b"$1\r\na\r\n" * 1000)
    peer.done = peer.socket.send(peer.data[:10])
    peer.begun -= peer.done / rate
    cut = pace([peer], 2 * run.grace + 2, until=lambda: not is_held(server, peer.socket))
    return Outcome(cut_after(cut), cut is not None)


@attack(
    "6",
    "people are served: a line at three keys a second, a pause of 10 s in a word, a download in a pager",
    "C6, C11",
    waits=True,
)
def people(run):
    redis, http = run.example("redis"), run.example("http")
    run.watch("redis", redis)
    typist, pauser = connect(redis), connect(redis)
    typed = Paced(typist, 3, b"SET greeting hello,world\r\n")
    pauser.sendall(b"PI")
    pager = reader(http, "/stream/20000000", 10 * MB)
    pace([typed], 1)
    pace([pager], 0.1)  # a page
    pace([typed], run.choose(10, 20))
    answers = []
    for peer, rest in ((typist, b""), (pauser, b"NG\r\n")):
        peer.setblocking(True)
        peer.settimeout(5)
        try:
            peer.sendall(rest)
            answers.append(peer.recv(100))
        except OSError:
            answers.append(b"")
    served = [answers[0] == b"+OK\r\n", answers[1] == b"+PONG\r\n"]
    pager.rate = 100 * MB
    pace([pager], 5, until=lambda: pager.was_cut() or pager.done > 20 * MB)
    served.append(pager.done > 20 * MB)
    lost = [name for name, good in zip(("the line", "the word", "the pager"), served) if not good]
    figure = f"{sum(served)} of 3 served"
    return Outcome(figure + (f" (not {', '.join(lost)})" if lost else ""), not lost)
