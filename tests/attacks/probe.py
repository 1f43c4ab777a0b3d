"""The good client: asks again and again, and prints its times. It is a process of its own, so that the attackers'
processor time in this process is not measured.

probe.py PROTOCOL PORT INTERVAL    until the standard input ends; then prints {"p50": ms, "worst": ms, "failed": count}
"""

import json
import select
import socket
import statistics
import sys
import time

REQUESTS = {
    "http": b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n",
    "redis": b"PING\r\n",
    "lines": b"PING\n",
    "chat": b"/who\n",
}
ENDS = {"http": b"\r\n\r\n", "redis": b"\r\n", "lines": b"\n", "chat": b" is here\r\n"}

# A new connection for so many requests, so that a server that no longer accepts is noticed.
REQUESTS_EACH = 10

TIMEOUT = 10


def connect(protocol, port, number):
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if protocol == "chat":
        connection.sendall(b"good%d\n" % number)
        read_to(connection, b"/quit` leaves\r\n")
    return connection


def read_to(connection, end):
    answer = b""
    while not answer.endswith(end):
        received = connection.recv(65536)
        if not received:
            raise ConnectionError("closed")
        answer += received


def main(protocol, port, interval):
    times, failed, connection, asked = [], 0, None, 0
    while not select.select([sys.stdin], [], [], interval)[0]:
        try:
            if connection is None or asked % REQUESTS_EACH == 0:
                if connection:
                    connection.close()
                connection = connect(protocol, port, asked)
            asked += 1
            begun = time.perf_counter()
            connection.sendall(REQUESTS[protocol])
            read_to(connection, ENDS[protocol])
            times.append(time.perf_counter() - begun)
        except OSError:
            failed += 1
            connection = None
    milliseconds = [1000 * seconds for seconds in times] or [float("nan")]
    print(json.dumps({"p50": statistics.median(milliseconds), "worst": max(milliseconds), "failed": failed}))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
