"""Pipelines MSET on some connections as fast as the server lets it, and reads the replies. A process of its own.

flood.py PORT CONNECTIONS    prints `flooding` when each connection has had a reply; ends with its standard input
"""

import selectors
import socket
import sys

COMMAND = b"*21\r\n$4\r\nMSET\r\n" + b"".join(b"$6\r\nkey:%02d\r\n$10\r\n0123456789\r\n" % n for n in range(10))
BATCH = memoryview(COMMAND * 300)


class Flood:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setblocking(False)
        self.sent = 0
        self.answered = False

    def advance(self, events):
        if events & selectors.EVENT_READ:
            if not self.socket.recv(1 << 20):
                return False
            self.answered = True
        if events & selectors.EVENT_WRITE:
            self.sent = (self.sent + self.socket.send(BATCH[self.sent :])) % len(BATCH)
        return True


def main(port, connections):
    waiting = selectors.DefaultSelector()
    waiting.register(sys.stdin, selectors.EVENT_READ)
    floods = [Flood(port) for _ in range(connections)]
    for flood in floods:
        waiting.register(flood.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, flood)
    announced = False
    while True:
        for key, events in waiting.select():
            if key.data is None:
                return
            try:
                open_still = key.data.advance(events)
            except BlockingIOError:
                continue
            except OSError:
                open_still = False
            if not open_still:
                waiting.unregister(key.fileobj)
                floods.remove(key.data)
        if not announced and all(flood.answered for flood in floods):
            announced = True
            print("flooding", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
