"""Peers that read or send at a rate, and helpers that run as processes of their own."""

import json
import pathlib
import select
import subprocess
import sys
import time

from servers import connect, get

# The interval at which a paced peer reads or sends. Pace is the subject of these attacks, so they wait for the clock.
TICK = 0.05


class Paced:
    """A peer that reads at a rate or, if it has data, sends that at a rate."""

    def __init__(self, socket, rate, data=None):
        self.socket, self.rate, self.data = socket, rate, data
        socket.setblocking(False)
        self.done = 0
        self.tail = b""  # the last bytes that were read
        self.begun = time.monotonic()
        self.ended_after = None

    def tick(self):
        due = int((time.monotonic() - self.begun) * self.rate) - self.done
        try:
            while due > 0 and self.ended_after is None and not self.has_sent_all():
                moved = self.move(due)
                self.done += moved
                due -= moved
                if moved == 0:
                    self.end()
        except BlockingIOError:
            pass
        except OSError:
            self.end()

    def move(self, due):
        if self.data is None:
            received = self.socket.recv(min(due, 65536))
            self.tail = (self.tail + received)[-16:]
            return len(received)
        return self.socket.send(self.data[self.done : self.done + due])

    def has_sent_all(self):
        return self.data is not None and self.done == len(self.data)

    def end(self):
        """The server has ended the connection."""
        self.ended_after = time.monotonic() - self.begun

    def was_cut(self):
        return self.ended_after is not None


def reader(server, path, rate, buffer=None):
    """Requests a path, and reads the response at a rate."""
    peer = connect(server, receive_buffer=buffer)
    peer.sendall(get(path))
    return Paced(peer, rate)


def pace(peers, seconds, until=lambda: False):
    """Lets all peers read and send. Returns the seconds after which the condition held, or None at the deadline."""
    begun = time.monotonic()
    while time.monotonic() - begun < seconds:
        if until():
            return time.monotonic() - begun
        for peer in peers:
            peer.tick()
        time.sleep(TICK)
    return None


def send_until_stuck(sockets, data, stuck_after=0.5, most=float("inf")):
    """Sends the data again and again on each socket, until no more is taken for a while. Returns the bytes sent."""
    sent, left = dict.fromkeys(sockets, 0), set(sockets)
    data = memoryview(data)
    for socket in sockets:
        socket.setblocking(False)
    while True:
        left = {socket for socket in left if sent[socket] < most}
        if not left:
            return sum(sent.values())
        _, writable, _ = select.select([], left, [], stuck_after)
        if not writable:
            return sum(sent.values())
        for socket in writable:
            try:
                sent[socket] += socket.send(data[sent[socket] % len(data) :])
            except BlockingIOError:
                pass
            except OSError:  # the server has ended the connection
                left.remove(socket)


class Helper:
    """A script of this folder that runs until its standard input ends."""

    def __init__(self, script, *arguments):
        command = [sys.executable, str(pathlib.Path(__file__).with_name(script)), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def has_printed(self, seconds):
        """Waits for a line. A helper that is starved does not print one."""
        return bool(select.select([self.process.stdout], [], [], seconds)[0])

    def stop(self):
        return self.process.communicate()[0]


def probe(protocol, server, interval=0.1):
    """Starts a good client."""
    return Helper("probe.py", protocol, server.port, interval)


def latency(probe):
    """Ends a good client. Returns the median and the worst of its times in milliseconds, and its failures."""
    return json.loads(probe.stop())
