"""The list of attacks: what each is called, which clause it tests, which server it needs."""

import contextlib
import dataclasses

import peers
from servers import Server

ADAPTERS = ["tokio", "smol", "async-std", "blocking"]

# The grace period of the default minimum rates, and the default idle timeout, in seconds.
DEFAULT_GRACE = 30
DEFAULT_IDLE = 300

# The short form uses servers with this grace period.
SHORT_GRACE = 2

# The idle timeout of those that an attack leaves idle.
SHORT_IDLE = 2

MB = 1_000_000
KIB = 1024


@dataclasses.dataclass
class Outcome:
    """What happened in words with figures, and whether it is within the bound."""

    figure: str
    held: bool


@dataclasses.dataclass
class Attack:
    number: str
    title: str
    clause: str
    play: object
    waits: bool
    only_full: bool


ATTACKS = []


def attack(number, title, clause, waits=False, only_full=False):
    """Adds a function to the list. An attack that `waits` for a clock of the server needs little processor time, so
    these run all at once. The others run one by one, because they measure time or memory."""

    def add(function):
        ATTACKS.append(Attack(number, title, clause, function, waits, only_full))
        return function

    return add


class Run:
    """One attack on one adapter."""

    def __init__(self, binaries, adapter, short):
        self.binaries, self.adapter, self.short = binaries, adapter, short
        self.open = contextlib.ExitStack()
        self.probe = None
        self.latency = None

    def choose(self, short, full):
        return short if self.short else full

    @property
    def grace(self):
        return self.choose(SHORT_GRACE, DEFAULT_GRACE)

    def server(self, protocol, short_idle=DEFAULT_IDLE, *arguments):
        """A server with a short grace period in the short form, else the example with its defaults and these
        arguments."""
        return self.target(protocol, SHORT_GRACE, short_idle) if self.short else self.example(protocol, *arguments)

    def example(self, protocol, *arguments):
        return self.open.enter_context(Server(self.binaries[self.adapter, protocol], "127.0.0.1:0", *arguments))

    def target(self, protocol, grace=DEFAULT_GRACE, idle=DEFAULT_IDLE):
        arguments = (self.adapter, protocol, str(grace), str(idle))
        return self.open.enter_context(Server(self.binaries["target"], *arguments))

    def watch(self, protocol, server, interval=0.1):
        """Starts a good client beside the attack."""
        self.probe = self.open.enter_context(peers.probe(protocol, server, interval))

    def stop_watching(self):
        if self.probe:
            self.latency, self.probe = peers.latency(self.probe), None

    def play(self, attack):
        with self.open:
            try:
                outcome = attack.play(self)
                self.stop_watching()
            except Exception as error:  # a fault of the suite or a dead server must not hide the other figures
                outcome = Outcome(f"{type(error).__name__}: {error}", False)
        if self.latency:
            outcome.figure += "; good client {p50:.1f} ms, worst {worst:.0f}".format(**self.latency)
            if self.latency["failed"]:
                outcome.held = False
                outcome.figure += f", {self.latency['failed']} failures"
        return outcome
