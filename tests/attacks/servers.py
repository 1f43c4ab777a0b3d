"""Starts the servers that are attacked, and measures what they hold."""

import contextlib
import os
import pathlib
import random
import signal
import socket
import subprocess
import tempfile
import time

HOST = "127.0.0.1"
ESTABLISHED, FIN_WAIT_1, CLOSE_WAIT = "01", "04", "08"


class Server:
    """A server process. Leaving the context kills it."""

    def __init__(self, binary, *arguments):
        command = [binary, *arguments]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        line = self.process.stdout.readline()
        if not line.startswith("listening on "):
            self.process.kill()
            raise RuntimeError(f"{binary} did not print `listening on ADDR`")
        self.port = int(line.rsplit(":", 1)[1])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def signal(self, number):
        self.process.send_signal(number)

    def exit_within(self, seconds):
        """Waits for the end of the process. Returns the seconds that it took, or None."""
        begun = time.monotonic()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        return time.monotonic() - begun

    def resident(self, field="VmRSS"):
        """The resident memory, in bytes; 0 if the process has ended."""
        with contextlib.suppress(OSError):
            for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines():
                if line.startswith(field):
                    return int(line.split()[1]) * 1024
        return 0

    def peak(self):
        """The largest resident memory that there was."""
        return self.resident("VmHWM")

    def sockets(self):
        """The server's side of its connections: a list of (state, bytes to send, bytes to read, port of the peer)."""
        found = []
        with open("/proc/net/tcp", encoding="ascii") as table:
            next(table)
            for line in table:
                _, local, remote, state, queues, *_ = line.split()
                if int(local.split(":")[1], 16) == self.port and state != "0A":
                    sending, reading = queues.split(":")
                    found.append((state, int(sending, 16), int(reading, 16), int(remote.split(":")[1], 16)))
        return found

    def sockets_of(self, peers):
        """The server's side of the connections of these peers."""
        ports = {peer.getsockname()[1] for peer in peers}
        return [found for found in self.sockets() if found[3] in ports]

    def count(self, state):
        return sum(found[0] == state for found in self.sockets())

    def has_read_all_of(self, peer):
        return all(reading == 0 for _, _, reading, _ in self.sockets_of([peer]))


class Redis:
    """A redis-server on a free port, for comparison."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        for _ in range(20):  # it cannot choose a free port and report it
            self.port = random.randrange(20000, 40000)
            command = ["redis-server", "--port", str(self.port), "--bind", HOST, "--save", "", "--appendonly", "no"]
            self.process = subprocess.Popen([*command, "--dir", self.folder.name], stdout=subprocess.PIPE, text=True)
            for line in self.process.stdout:
                if "Ready to accept" in line:
                    return
            self.process.wait()
        raise RuntimeError("redis-server did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.folder.cleanup()


def wait_until(condition, seconds, interval=0.05):
    """Asks until the condition holds. Returns the seconds that it took, or None after the deadline.

    For what sends no event to this process: the tables of /proc, and counts that a server returns on request.
    """
    begun = time.monotonic()
    while True:
        held = condition()
        elapsed = time.monotonic() - begun
        if held:
            return elapsed
        if elapsed > seconds:
            return None
        time.sleep(interval)


def connect(server, receive_buffer=None, send_buffer=None, timeout=10):
    """Connects. A buffer size has to be set before the connection is made: the window is announced in its SYN."""
    peer = socket.socket()
    if receive_buffer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    if send_buffer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, send_buffer)
    peer.settimeout(timeout)
    peer.connect((HOST, server.port))
    return peer


def reset(peer):
    """Closes with a RST, which discards nothing that the server has received."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()


def ask(server, line):
    """Sends a line on a connection of its own and returns the line that comes back."""
    with connect(server) as peer, peer.makefile("rb") as stream:
        peer.sendall(line + b"\n")
        return stream.readline().strip()


def get(path, *fields):
    """A request for a path."""
    return b"\r\n".join([b"GET %b HTTP/1.1" % path.encode(), b"Host: a", *fields, b"", b""])


os.environ.setdefault("PYTHONDONTWRITEBYTECODE", "1")
