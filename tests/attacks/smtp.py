"""Attacks on the mail server: memory, the folder of its mail, refused commands, slow messages."""

import collections
import contextlib
import pathlib
import select
import tempfile

import peers
from clocks import LEAST_RATE, cut_after
from memory import HIGH_WATER, READ_SIZE, SMALL_BUFFER, settled
from servers import connect, reset, wait_until
from suite import DEFAULT_IDLE, KIB, MB, Outcome, attack

ENVELOPE = b"EHLO a\r\nMAIL FROM:<a@localhost>\r\nRCPT TO:<b@localhost>\r\nDATA\r\n"
ENVELOPE_CODES = [220, 250, 250, 250, 354]

# The defaults of `SmtpService`.
MOST_MESSAGE = 50 * KIB * KIB
MOST_RECIPIENTS, FREE_EXCESS_RECIPIENTS, MOST_REFUSALS = 100, 1000, 20

# A message that arrives is held in two of these, each with one read beyond it.
PIECE_LEN = 32 * KIB

# What a server takes in any case, for what it does the first time.
SLACK = 2 * MB


class Maildir:
    """The folder of a server, which is removed at the end of the attack."""

    def __init__(self, run):
        self.path = pathlib.Path(run.open.enter_context(tempfile.TemporaryDirectory()))

    def count(self, name):
        return sum(1 for _ in (self.path / name).iterdir())


def mail_server(run, *domains):
    folder = Maildir(run)
    return run.example("smtp", str(folder.path), *domains), folder


def codes(peer, count):
    """The codes of the next replies; fewer if the server closes."""
    found, received = [], b""
    with contextlib.suppress(OSError):
        while len(found) < count and (piece := peer.recv(4096)):
            *lines, received = (received + piece).split(b"\r\n")
            found += [int(line[:3]) for line in lines if line[3:4] != b"-"]
    return found


def begin_messages(server, count):
    """Connections that are within DATA."""
    begun = [connect(server) for _ in range(count)]
    for peer in begun:
        peer.sendall(ENVELOPE)
    if any(codes(peer, len(ENVELOPE_CODES)) != ENVELOPE_CODES for peer in begun):
        raise RuntimeError("DATA was refused")
    return begun


def wait_for_drafts(folder, count):
    if wait_until(lambda: folder.count("tmp") == count, 10) is None:
        raise RuntimeError(f"{folder.count('tmp')} of {count} drafts in tmp")


@attack(
    "19",
    "messages of 60 MB, half of them in one line, hold two pieces each and leave no file when they exceed 50 MiB",
    "L3",
)
def endless_messages(run):
    server, folder = mail_server(run)
    run.watch("smtp", server)
    count = run.choose(4, 20)
    senders = begin_messages(server, count)
    before = settled(server)
    one_line, lines = bytes(64 * KIB), (b"x" * 62 + b"\r\n") * KIB
    for peer, data in zip(senders, (one_line, lines) * count):
        peer.sendall(data)
    wait_for_drafts(folder, count)
    sent = peers.send_until_stuck(senders[::2], one_line, stuck_after=5, most=MOST_MESSAGE + 10 * MB)
    sent += peers.send_until_stuck(senders[1::2], lines, stuck_after=5, most=MOST_MESSAGE + 10 * MB)
    emptied = wait_until(lambda: folder.count("tmp") == 0, 5)
    grown = server.peak() - before
    replies = []
    for peer in senders:
        peer.settimeout(10)
        peer.sendall(b"\r\n.\r\n")
        replies += codes(peer, 1)
    kept = folder.count("tmp") + folder.count("new")
    # 554 if the last piece ended behind the CR of a line, which the end of the message then follows.
    refused = sum(reply in (552, 554) for reply in replies)
    figure = f"{grown / MB:.1f} MB of {sent / MB:.0f}, {kept} files, {refused} of {count} refused"
    held = grown < count * 2 * (PIECE_LEN + READ_SIZE) + SLACK
    return Outcome(figure, held and emptied is not None and kept == 0 and refused == count)


@attack("19b", "commands of 20 MB without a line end are skipped in the memory of one read each", "L2, L3")
def endless_commands(run):
    server, _ = mail_server(run)
    run.watch("smtp", server)
    count = run.choose(10, 20)
    senders = [connect(server) for _ in range(count)]
    before = settled(server)
    sent = peers.send_until_stuck(senders, b"RCPT TO:<" + b"x" * 64 * KIB, stuck_after=5, most=20 * MB)
    grown = server.peak() - before
    replies = []
    for peer in senders:
        peer.settimeout(10)
        peer.sendall(b"\r\nNOOP\r\n")
        replies += codes(peer, 3)
    served = replies == [220, 500, 250] * count
    figure = f"{grown / MB:.1f} MB of {sent / MB:.0f}, " + ("all served then" if served else str(replies[:12]))
    return Outcome(figure, grown < count * READ_SIZE + SLACK and served)


@attack("19c", "10,000 pipelined RCPT: 100 are accepted, and the refused ones end with 421 and a close", "C2")
def pipelined_recipients(run):
    server, _ = mail_server(run, "localhost")
    run.watch("smtp", server)
    before = settled(server)
    refused = FREE_EXCESS_RECIPIENTS + MOST_REFUSALS
    expected = {
        b"localhost": collections.Counter({220: 1, 250: 2 + MOST_RECIPIENTS, 452: refused, 421: 1}),
        b"elsewhere": collections.Counter({220: 1, 250: 2, 550: MOST_REFUSALS, 421: 1}),
    }
    figures, held = [], True
    for domain, replies in expected.items():
        with connect(server) as peer:
            commands = b"EHLO a\r\nMAIL FROM:<a@b>\r\n" + b"RCPT TO:<a@%b>\r\n" % domain * 10_000
            with contextlib.suppress(OSError):  # it may close before it has read all
                peer.sendall(commands)
            found = codes(peer, 20_000)
        counts = collections.Counter(found)
        figures.append(f"{counts[250] - 2} accepted, {counts[452] + counts[550]} refused")
        held = held and counts == replies and found[-1] == 421
    grown = server.peak() - before
    return Outcome(f"{'; '.join(figures)} ({grown / MB:.1f} MB)", held and grown < SLACK)


@attack(
    "19d",
    "a message at half of the least rate gets 421 within twice the grace period, one at twice the rate is taken",
    "C6, C11",
    waits=True,
)
def slow_messages(run):
    server = run.server("smtp", DEFAULT_IDLE, "--discard")
    run.watch("smtp", server)
    slow, honest = begin_messages(server, 2)
    line = b"x" * 10 + b"\r\n"
    senders = [peers.Paced(slow, LEAST_RATE // 2, line * 10_000), peers.Paced(honest, 2 * LEAST_RATE, line * 100_000)]
    cut = peers.pace(senders, 2 * run.grace + 1, until=lambda: bool(select.select([slow], [], [], 0)[0]))
    honest.settimeout(5)
    honest.sendall(line[senders[1].done % len(line) :] + b".\r\n")
    slow.settimeout(5)
    replies = codes(slow, 2), codes(honest, 1)
    return Outcome(f"{cut_after(cut)} with {replies[0]}; the other got {replies[1]}", replies == ([421], [250]))


@attack("19e", "peers that pipeline NOOP and read no reply hold at most twice their mark and one read each", "O6, O9")
def unread_replies(run):
    server, _ = mail_server(run)
    run.watch("smtp", server)
    count = 20
    before = settled(server)
    senders = [connect(server, receive_buffer=SMALL_BUFFER) for _ in range(count)]
    peers.send_until_stuck(senders, b"NOOP\r\n" * 8 * KIB)
    each = (settled(server) - before) / count
    return Outcome(f"{each / KIB:,.0f} KiB each (mark 256)", each <= 2 * HIGH_WATER + READ_SIZE)


@attack("19f", "clients that are killed within DATA leave no file in `new` and none in `tmp`", "C1")
def killed_clients(run):
    server, folder = mail_server(run)
    run.watch("smtp", server)
    senders = begin_messages(server, 20)
    for peer in senders:
        peer.sendall(b"x" * 100 * KIB + b"\r\n.")
    wait_for_drafts(folder, len(senders))
    # The kernel of a client that is killed sends a RST if a reply was unread, else a FIN.
    for number, peer in enumerate(senders):
        (reset if number % 2 else type(peer).close)(peer)
    emptied = wait_until(lambda: folder.count("tmp") == 0, 5)
    stored = folder.count("new")
    figure = f"{folder.count('tmp')} of {len(senders)} in tmp" if emptied is None else f"tmp empty after {emptied:.1f} s"
    return Outcome(f"{figure}, {stored} in new", emptied is not None and stored == 0)
