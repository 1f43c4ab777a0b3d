"""Sends requests that no HTTP client sends, over plain sockets. http.sh calls it; each command prints one result."""

import json
import socket
import sys

TIMEOUT = 10

CHUNKED = b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

# The server must answer each of these with 400 at once: no byte follows, and this side does not close the connection.
MALFORMED = {
    "no_version": b"GET /\r\n\r\n",
    "no_request_line": b"hello\r\n\r\n",
    "bare_LF": b"GET / HTTP/1.1\nHost: a\n\n",
    "one_bare_LF": b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "bare_CR": b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "space_before_the_colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "no_host": b"GET / HTTP/1.1\r\n\r\n",
    "two_hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "conflicting_lengths": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length_with_a_plus": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na",
    "length_with_a_minus": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    "length_in_hex": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\na",
    "length_beside_a_coding": b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding_in_HTTP/1.0": b"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding_that_is_not_chunked": b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
    "chunk_without_size": CHUNKED + b"\r\n",
    "chunk_size_with_a_sign": CHUNKED + b"+1\r\n",
    "chunk_line_with_a_bare_LF": CHUNKED + b"1\n",
    "chunk_extension_with_a_bare_LF": CHUNKED + b"1;a\n",
    "chunk_longer_than_its_size": CHUNKED + b"1\r\nab",
    "trailer_with_a_space": CHUNKED + b"0\r\nX : b\r\n\r\n",
}


def connect(host, port):
    return socket.create_connection((host, int(port)), timeout=TIMEOUT)


def read_response(stream, to_head=False):
    """Returns the status and the content of one response. The content needs a Content-Length."""
    line = stream.readline()
    if not line:
        raise EOFError("the server closed the connection")
    status = int(line.split()[1])
    length = 0
    while (line := stream.readline()) not in (b"\r\n", b""):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, b"" if to_head else stream.read(length)


def malformed(host, port, name):
    with connect(host, port) as connection, connection.makefile("rb") as stream:
        connection.sendall(MALFORMED[name])
        status, _ = read_response(stream)
        if stream.read() != b"":
            return f"{status}, then more bytes"
        return status


def pipelined(host, port, count):
    """Sends POST /echo with numbered content, which shows whether the responses come in order."""
    bodies = [b"request %d" % number for number in range(int(count))]
    requests = (b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(b), b) for b in bodies)
    with connect(host, port) as connection, connection.makefile("rb") as stream:
        connection.sendall(b"".join(requests))
        for body in bodies:
            response = read_response(stream)
            if response != (200, body):
                return f"{body} got {response}"
    return "ok"


def head_then_get(host, port):
    """Sends HEAD, then GET. Content in the response to HEAD would be parsed as the head of the next response."""
    with connect(host, port) as connection, connection.makefile("rb") as stream:
        connection.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET /nothing HTTP/1.1\r\nHost: a\r\n\r\n")
        statuses = [read_response(stream, to_head=True)[0], read_response(stream)[0]]
    return "ok" if statuses == [200, 404] else statuses


def unfinished(host, port, sent):
    """Sends a part of a request, and waits. Prints the status that comes, if one comes, and the end of the connection."""
    with connect(host, port) as connection, connection.makefile("rb") as stream:
        connection.sendall(sent.encode().decode("unicode_escape").encode())
        answer = stream.read()
        return f"{answer.split()[1].decode()} and a close" if answer else "a close"


def idle_after_get(host, port):
    """Sends a whole request, reads the response, and waits."""
    with connect(host, port) as connection, connection.makefile("rb") as stream:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        status, _ = read_response(stream)
        rest = stream.read()
        return f"{status}, then {len(rest)} bytes and a close"


def list_malformed():
    return "\n".join(MALFORMED)


def executable(example):
    """Returns the path of an example, from the output of `cargo build --message-format json` on standard input."""
    # Reads all lines before the search: cargo fails with a broken pipe if this process ends before it.
    for line in list(sys.stdin):
        message = json.loads(line)
        if message.get("executable") and message["target"]["name"] == example:
            return message["executable"]
    sys.exit(f"error: cargo did not build {example}")


COMMANDS = [malformed, pipelined, head_then_get, unfinished, idle_after_get, list_malformed, executable]

if __name__ == "__main__":
    command = {function.__name__: function for function in COMMANDS}[sys.argv[1]]
    try:
        print(command(*sys.argv[2:]))
    except (OSError, EOFError, ValueError, IndexError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
