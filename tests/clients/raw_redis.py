"""Clients that no library has, against the limits of redis_server. redis.sh calls it.

raw_redis.py HOST PORT

Prints a line for each check: `ok WHAT` or `FAILED WHAT`.
"""

import socket
import sys

from resp import TIMEOUT, Connection

MB = 1_000_000
MIB = 1024 * 1024


def check(what, got, expected):
    print(f"ok {what}" if got == expected else f"FAILED {what}: got {got!r}, expected {expected!r}")


def writes_before_it_reads(address):
    """A client that writes 12 MB with a blocking socket before it reads anything, as a simple pipeline does."""
    connection = Connection(address)
    request = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
    count = 12 * MB // len(request)
    connection.socket.sendall(request * count)
    replies = connection.file.read(count * len(b"+OK\r\n$5\r\nhello\r\n"))
    check("12 MB are written before a reply is read", replies, b"+OK\r\n$5\r\nhello\r\n" * count)
    connection.close()


def subscriber_that_does_not_read(address):
    """A subscriber that does not read is dropped above 32 MiB of messages, and another one gets them all."""
    slow, good, publisher = Connection(address), Connection(address), Connection(address)
    slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for subscriber in (slow, good):
        subscriber.ask(b"SUBSCRIBE", b"slow")
    message = b"x" * MIB
    sent, receivers = 0, 2
    while receivers == 2 and sent < 200:
        receivers = int(publisher.ask(b"PUBLISH", b"slow", message)[1])
        sent += 1
        if good.receive()[1][2] != (b"$", message):
            print("FAILED the other subscriber gets the messages")
            return
    # The buffers of the sockets hold some MiB too, and the queue of the connection.
    check("a subscriber that does not read is dropped", (receivers, 32 <= sent <= 48), (1, True))
    check("its subscription has ended", publisher.ask(b"PUBSUB", b"NUMSUB", b"slow")[1][1], (b":", b"1"))
    for connection in (slow, good, publisher):
        connection.close()


def above_the_limit(address):
    """A client above the limit is told so, and one that comes when another has left is served."""
    first = Connection(address)
    limit = int(first.ask(b"CONFIG", b"GET", b"maxclients")[1][1][1])
    connections, refusal = [first], None
    while refusal is None and len(connections) <= limit:
        connection = Connection(address)
        try:
            reply = connection.ask(b"PING")
        except (ConnectionError, BrokenPipeError) as error:
            reply = error
        if reply == (b"+", b"PONG"):
            connections.append(connection)
        else:
            refusal = reply
            connection.close()
    check("a client above the limit is told so", refusal, (b"-", b"ERR max number of clients reached"))
    check("as many are served as CONFIG GET maxclients says", len(connections), limit)
    while connections:
        connections.pop().close()
    again = Connection(address)
    # The server notices the closes one by one.
    again.socket.settimeout(TIMEOUT)
    try:
        reply = again.ask(b"PING")
    except ConnectionError as error:
        reply = error
    check("a client is served when others have left", reply, (b"+", b"PONG"))
    again.close()


def main(host, port):
    address = (host, int(port))
    writes_before_it_reads(address)
    subscriber_that_does_not_read(address)
    above_the_limit(address)


main(*sys.argv[1:])
