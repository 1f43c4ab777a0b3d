"""The clients of fairness.sh.

fairness.py ping PORT COUNT     times PING: prints the median, the 99th percentile, and the median time of a new connection
                                with its first PING, in milliseconds
fairness.py flood PORT COUNT    sends MSET over this many connections as fast as the server takes it, until SIGTERM; prints
                                the answers per second
"""

import selectors
import signal
import socket
import sys
import time

PING = b"*1\r\n$4\r\nPING\r\n"
PONG = b"+PONG\r\n"
OK = b"+OK\r\n"


def connect(port):
    client = socket.create_connection(("127.0.0.1", port), timeout=60)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def ping(client):
    client.sendall(PING)
    answer = b""
    while len(answer) < len(PONG):
        part = client.recv(64)
        if not part:
            raise SystemExit("the server closed the connection")
        answer += part
    if answer != PONG:
        raise SystemExit(f"unexpected answer: {answer!r}")


def milliseconds(call):
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def measure(port, count):
    time.sleep(0.5)  # the load has begun
    client = connect(port)
    deadline = time.monotonic() + 10
    times, connects = [], []
    while len(times) < count and time.monotonic() < deadline:
        times.append(milliseconds(lambda: ping(client)))
        if len(times) % 20 == 1:
            connects.append(milliseconds(lambda: ping(connect(port))))
        time.sleep(0.002)
    times.sort()
    connects.sort()
    print(f"{times[len(times) // 2]:.3f} {times[len(times) * 99 // 100]:.3f} {connects[len(connects) // 2]:.3f}")


def mset(first):
    words = [b"MSET"]
    for number in range(first, first + 10):
        words += [b"key:%06d" % number, b"value"]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def flood(port, count):
    requests = b"".join(mset(first % 1000) for first in range(0, 40_000, 10))
    waiting = selectors.DefaultSelector()
    for _ in range(count):
        client = connect(port)
        client.setblocking(False)
        waiting.register(client, selectors.EVENT_READ | selectors.EVENT_WRITE, [0])
    stopped = []
    signal.signal(signal.SIGTERM, lambda *_: stopped.append(True))
    view = memoryview(requests)
    begun, answered = time.monotonic(), 0
    while not stopped:
        for key, events in waiting.select(timeout=0.1):
            if events & selectors.EVENT_READ:
                answered += len(key.fileobj.recv(1 << 20))
            if events & selectors.EVENT_WRITE:
                at = key.data
                at[0] = (at[0] + key.fileobj.send(view[at[0]:])) % len(requests)
    print(int(answered / len(OK) / (time.monotonic() - begun)))


{"ping": measure, "flood": flood}[sys.argv[1]](*map(int, sys.argv[2:]))
