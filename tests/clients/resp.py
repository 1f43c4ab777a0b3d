"""A connection to a Redis server that reads RESP2 and RESP3 without interpreting them."""

import socket

TIMEOUT = 20


class Connection:
    def __init__(self, address):
        self.socket = socket.create_connection(address, timeout=TIMEOUT)
        self.file = self.socket.makefile("rb")

    def send(self, command):
        """Sends a command: a list of bytes."""
        parts = [b"*%d\r\n" % len(command)]
        for argument in command:
            parts += [b"$%d\r\n" % len(argument), argument, b"\r\n"]
        self.socket.sendall(b"".join(parts))

    def receive(self):
        """Reads a reply: its type, and its text or its elements. A map is its type and its keys and values in turn."""
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError(f"the server has closed the connection behind {line}")
        kind, text = line[:1], line[1:-2]
        if kind in b"+-:_,#(":
            return kind, text
        if kind in b"$=":
            return kind, None if text == b"-1" else self.file.read(int(text) + 2)[:-2]
        if kind in b"*~>%":
            if text == b"-1":
                return kind, None
            return kind, [self.receive() for _ in range(int(text) * (2 if kind == b"%" else 1))]
        raise ValueError(f"no reply: {line}")

    def ask(self, *command):
        self.send(command)
        return self.receive()

    def close(self):
        self.file.close()
        self.socket.close()
