"""Sends mail with smtplib, and what no mail client sends over plain sockets. smtp.sh calls it; each command prints one
result."""

import os
import smtplib
import socket
import ssl
import sys
import threading

TIMEOUT = 20
SENDER, RECIPIENT = "me@localhost", "you@localhost"
MAX_MESSAGE_LEN = 50 * 1024 * 1024

# Sequences that other servers have taken for the end of a message (SMTP smuggling).
NO_END = {
    "LF_dot_LF": b"\n.\n",
    "LF_dot_CRLF": b"\n.\r\n",
    "CRLF_dot_LF": b"\r\n.\n",
    "CR_dot_CR": b"\r.\r",
    "CRLF_dot_CR": b"\r\n.\r",
    "CRLF_dot_CR_CRLF": b"\r\n.\r\r\n",
}
SMUGGLED = b"MAIL FROM:<evil@localhost>\r\nRCPT TO:<you@localhost>\r\nDATA\r\nsmuggled\r\n.\r\n"
ENVELOPE = b"MAIL FROM:<me@localhost>\r\nRCPT TO:<you@localhost>\r\nDATA\r\n"


def session(host, port):
    return smtplib.SMTP(host, int(port), timeout=TIMEOUT)


def messages(maildir):
    """Returns the messages, without their traces, and removes them. smtp.sh runs one client at a time."""
    new = os.path.join(maildir, "new")
    found = []
    for name in sorted(os.listdir(new)):
        path = os.path.join(new, name)
        with open(path, "rb") as file:
            message = file.read()
        os.remove(path)
        trace_end = message.index(b"\r\n\tfor <you@localhost>;\r\n\t")
        found.append(message[message.index(b"\r\n", trace_end + 28) + 2 :])
    return found


def stored(maildir, *expected):
    found = messages(maildir)
    if found == list(expected):
        return "ok"
    return f"{len(found)} messages of {[len(message) for message in found]} bytes instead of {len(expected)}"


class Raw:
    """A socket whose replies are read one by one."""

    def __init__(self, host, port):
        self.socket = socket.create_connection((host, int(port)), timeout=TIMEOUT)
        self.stream = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stream.close()
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def code(self):
        while (line := self.stream.readline())[3:4] == b"-":
            pass
        return int(line[:3]) if line else None

    def codes(self, count):
        return [self.code() for _ in range(count)]


def dots(host, port, maildir):
    """A message with dots everywhere, and an empty one."""
    message = b"Subject: dots\r\n\r\n.\r\n..\r\n.text\r\ntext.\r\n\r\n...\r\n"
    with session(host, port) as client:
        client.sendmail(SENDER, [RECIPIENT], message)
        client.sendmail(SENDER, [RECIPIENT], b"")
    # smtplib ends an empty message as any other.
    return stored(maildir, message, b"\r\n")


def starttls(host, port, maildir):
    """A message over TLS, after which the state of the plain session is gone."""
    with session(host, port) as client:
        client.ehlo("before")
        client.mail(SENDER)
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client.starttls(context=context)
        code, _ = client.mail(SENDER)
        if code != 503:
            return f"MAIL without a new EHLO gets {code}"
        client.ehlo("after")
        if client.has_extn("starttls"):
            return "STARTTLS is offered again"
        message = b"over TLS\r\n" * 100_000
        client.sendmail(SENDER, [RECIPIENT], message)
        with open(next(os.scandir(os.path.join(maildir, "new"))).path, "rb") as file:
            if b"with ESMTPS\r\n" not in file.read(1000):
                return "the trace does not say ESMTPS"
    return stored(maildir, message)


def refused_over_tls(host, port):
    """One refusal less than the limit in the clear, and the limit over TLS, with RSET and EHLO between them."""
    limit = 20
    with session(host, port) as client:
        client.ehlo("before")
        for _ in range(limit - 1):
            client.docmd("X")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        client.starttls(context=context)
        client.ehlo("after")
        codes = []
        for _ in range(limit):
            codes += [client.rset()[0], client.ehlo()[0], client.docmd("STARTTLS")[0]]
        last, rest = client.getreply()[0], client.file.read()
    return "ok" if (codes, last, rest) == ([250, 250, 503] * limit, 421, b"") else f"{codes}, {last}, then {rest}"


def refused(host, port):
    """Refused commands in one write: the twentieth is answered, with 421 behind it, and the rest is not read."""
    with Raw(host, port) as client:
        client.send(b"EHLO a\r\nMAIL FROM:<me@localhost>\r\n" + b"RCPT TO:<you@elsewhere>\r\n" * 10_000)
        codes = client.codes(3 + 20 + 2)
    return "ok" if codes == [220, 250, 250] + [550] * 20 + [421, None] else codes


def injected(host, port):
    """Plaintext in the same segment as STARTTLS: it gets no reply, in the clear or over TLS."""
    with Raw(host, port) as client:
        client.send(b"EHLO a\r\nSTARTTLS\r\n" + ENVELOPE)
        codes = client.codes(3)
        try:
            rest = client.stream.read()
        except ConnectionResetError:
            rest = b""
    return "ok" if (codes, rest) == ([220, 250, 220], b"") else f"{codes}, then {rest}"


def pipelined(host, port, maildir):
    """A group of commands in one write (RFC 2920), and messages and commands in another."""
    with Raw(host, port) as client:
        client.send(b"EHLO a\r\n")
        client.codes(2)
        client.send(b"RSET\r\nMAIL FROM:<me@localhost>\r\nRCPT TO:<bad\r\nRCPT TO:<you@localhost>\r\nDATA\r\n")
        codes = client.codes(5)
        if codes != [250, 250, 501, 250, 354]:
            return codes
        client.send(b"first\r\n.\r\n" + b"".join(ENVELOPE + b"%d\r\n.\r\n" % number for number in range(50)) + b"QUIT\r\n")
        codes = client.codes(202)
    if codes != [250] + [250, 250, 354, 250] * 50 + [221]:
        return codes
    return "ok" if sorted(messages(maildir))[-1] == b"first\r\n" else "the messages differ"


def bytewise(host, port, maildir):
    """Each byte in a segment of its own."""
    conversation = b"EHLO a\r\n" + ENVELOPE + b"..\r\n.\r\nQUIT\r\n"
    with Raw(host, port) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in conversation:
            client.send(bytes([byte]))
        codes = client.codes(7)
    if codes != [220, 250, 250, 250, 354, 250, 221]:
        return codes
    return stored(maildir, b".\r\n")


def long_lines(host, port, maildir):
    """A text line of 5 MB is kept, and a command line of 5 MB is refused."""
    line = b"x" * 5_000_000 + b"\r\n"
    with Raw(host, port) as client:
        client.send(b"EHLO a\r\n" + line + ENVELOPE + line + b".\r\n" + line + b"QUIT\r\n")
        codes = client.codes(9)
    if codes != [220, 250, 500, 250, 250, 354, 250, 500, 221]:
        return codes
    return stored(maildir, line)


def too_large(host, port, maildir):
    """A message above the limit, declared and not, and the session after it."""
    with Raw(host, port) as client:
        client.send(b"EHLO a\r\nMAIL FROM:<me@localhost> SIZE=%d\r\n" % (MAX_MESSAGE_LEN + 1) + ENVELOPE)
        piece = b"x" * 998 + b"\r\n"
        for _ in range(MAX_MESSAGE_LEN // len(piece) // 50 + 1):
            client.send(piece * 50)
        client.send(b".\r\n" + ENVELOPE + b"small\r\n.\r\n")
        codes = client.codes(11)
    if codes != [220, 250, 552, 250, 250, 354, 552, 250, 250, 354, 250]:
        return codes
    return stored(maildir, b"small\r\n")


def largest(host, port, maildir):
    """A message of exactly the limit."""
    message = (b"x" * 1022 + b"\r\n") * (MAX_MESSAGE_LEN // 1024)
    with session(host, port) as client:
        client.sendmail(SENDER, [RECIPIENT], message)
    return stored(maildir, message)


def smuggled(host, port, maildir, name):
    """Commands behind an end that is none are text, and the message is refused."""
    with Raw(host, port) as client:
        client.send(b"EHLO a\r\n" + ENVELOPE + b"text" + NO_END[name] + SMUGGLED + b"QUIT\r\n")
        codes = client.codes(7)
    return stored(maildir) if codes == [220, 250, 250, 250, 354, 554, 221] else codes


def parallel(host, port, maildir, clients, count):
    """Many sessions at the same time."""
    failures = []

    def send(number):
        try:
            with session(host, port) as client:
                for index in range(int(count)):
                    client.sendmail(SENDER, [RECIPIENT], b"%d of %d\r\n" % (index, number) * 1000)
        except (OSError, smtplib.SMTPException) as error:
            failures.append(error)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(int(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        return failures
    expected = sorted(b"%d of %d\r\n" % (i, n) * 1000 for n in range(int(clients)) for i in range(int(count)))
    return "ok" if sorted(messages(maildir)) == expected else "the messages differ"


def numbered(number):
    return b"message %d\r\n" % number * 20_000


def until_killed(host, port, acknowledged):
    """Sends messages until the server dies. Writes the number of each message that got 250 to a file."""
    number = 0
    with open(acknowledged, "a", encoding="ascii") as file:
        try:
            with session(host, port) as client:
                while True:
                    client.sendmail(SENDER, [RECIPIENT], numbered(number))
                    print(number, file=file, flush=True)
                    number += 1
        except (OSError, smtplib.SMTPException):
            pass
    return number


def whole(maildir, acknowledged):
    """Checks that each acknowledged message is there, and each message that is there is whole."""
    with open(acknowledged, encoding="ascii") as file:
        numbers = {int(line) for line in file}
    found = messages(maildir)
    present = {int(message.split(None, 2)[1]) for message in found}
    if any(message != numbered(number) for number, message in zip(sorted(present), sorted(found, key=order))):
        return "a message is not whole"
    if missing := numbers - present:
        return f"messages {missing} are lost"
    return "ok" if numbers else "no message was sent"


def order(message):
    return int(message.split(None, 2)[1])


def full(host, port):
    """A disk that is full, and then is not, since a message that is given up frees its room."""
    with session(host, port) as client:
        client.ehlo()
        codes = []
        for length in (100, 3_000_000, 100):
            client.mail(SENDER)
            client.rcpt(RECIPIENT)
            codes.append(client.data(b"x" * 98 + b"\r\n" if length == 100 else (b"x" * 98 + b"\r\n") * (length // 100))[0])
    return codes


def extensions(host, port):
    with session(host, port) as client:
        client.ehlo()
        return " ".join(sorted(client.esmtp_features))


COMMANDS = [
    dots, starttls, refused_over_tls, refused, injected, pipelined, bytewise, long_lines, too_large, largest, smuggled,
    parallel, until_killed, whole, full, extensions, stored,
]

if __name__ == "__main__":
    command = {function.__name__: function for function in COMMANDS}[sys.argv[1]]
    try:
        print(command(*sys.argv[2:]))
    except (OSError, EOFError, ValueError, IndexError, smtplib.SMTPException) as error:
        sys.exit(f"{type(error).__name__}: {error}")
