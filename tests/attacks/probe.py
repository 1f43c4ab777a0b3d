"""The good client: asks again and again, and prints its times. It is a process of its own, so that the processor time
of the attackers in another process is not measured.

probe.py PROTOCOL PORT INTERVAL    until the standard input ends; then prints {"p50": ms, "worst": ms, "failed": count}
"""

import contextlib
import json
import select
import socket
import statistics
import sys
import time

TIMEOUT = 10


class Closed(OSError):
    """The server has closed the connection."""


def receive(connection):
    received = connection.recv(1 << 20)
    if not received:
        raise Closed
    return received


class Asker:
    """Sends a request and waits for the end of its response."""

    # A new connection for so many requests, so that a server that no longer accepts is noticed.
    EACH = 10

    REQUESTS = {
        "http": b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
        "redis": b"PING\r\n",
        "smtp": b"NOOP\r\n",
        "lines": b"PING\n",
    }
    ENDS = {"http": b"\r\n\r\n", "redis": b"\r\n", "smtp": b"\r\n", "lines": b"\n"}

    def __init__(self, protocol, port):
        self.request, self.end, self.port = self.REQUESTS[protocol], self.ENDS[protocol], port
        self.is_greeted = protocol == "smtp"
        self.asked, self.connection = 0, None

    def ask(self):
        if self.connection is None or self.asked % self.EACH == 0:
            if self.connection:
                self.connection.close()
            self.connection = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT)
            self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.is_greeted:
                self.await_response()
        self.asked += 1
        begun = time.perf_counter()
        self.connection.sendall(self.request)
        self.await_response()
        return time.perf_counter() - begun

    def await_response(self):
        response = b""
        while not response.endswith(self.end):
            response += receive(self.connection)

    def reconnect(self):
        self.connection = None

    def wait(self, seconds):
        """Waits for the next request. Returns whether the standard input has ended."""
        return bool(select.select([sys.stdin], [], [], seconds)[0])


class Members:
    """Two members of a chat room: one speaks, the other waits for the line. Both read all lines of the others."""

    def __init__(self, _, port):
        self.port, self.spoken, self.members, self.seen = port, 0, [], b""

    def ask(self):
        if not self.members:
            self.members = [socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT) for _ in range(2)]
            for member, name in zip(self.members, (b"speaks", b"hears")):
                member.sendall(b"%b%d\n" % (name, self.spoken))
                welcome = b""
                while b"/quit` leaves" not in welcome:
                    welcome += receive(member)
        self.spoken += 1
        line = b"tick %d\r\n" % self.spoken
        begun = time.perf_counter()
        self.members[0].sendall(line)
        while line not in self.seen:
            if time.perf_counter() - begun > TIMEOUT:
                raise TimeoutError
            self.read(select.select(self.members, [], [], TIMEOUT)[0])
        return time.perf_counter() - begun

    def read(self, readable):
        for member in readable:
            received = receive(member)
            if member is self.members[1]:
                self.seen = self.seen[-64:] + received

    def reconnect(self):
        for member in self.members:
            member.close()
        self.members, self.seen = [], b""

    def wait(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            readable = select.select([sys.stdin, *self.members], [], [], left)[0]
            if sys.stdin in readable:
                return True
            self.read(readable)
        return False


def main(protocol, port, interval):
    client = (Members if protocol == "chat" else Asker)(protocol, port)
    times, failed, is_over = [], 0, False
    while not is_over:
        try:
            times.append(client.ask())
            is_over = client.wait(interval)
        except OSError:
            failed += 1
            client.reconnect()
            is_over = bool(select.select([sys.stdin], [], [], interval)[0])
    milliseconds = [1000 * seconds for seconds in times] or [float("nan")]
    print(json.dumps({"p50": statistics.median(milliseconds), "worst": max(milliseconds), "failed": failed}))


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
