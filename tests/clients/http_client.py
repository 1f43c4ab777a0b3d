"""Requests of Python's http.client over one connection to http_server: http_client.py HOST PORT. Prints `ok`."""

import http.client
import sys

TIMEOUT = 30


def check(name, got, expected):
    if got != expected:
        sys.exit(f"{name}: got {got}, expected {expected}")


def main(host, port):
    connection = http.client.HTTPConnection(host, int(port), timeout=TIMEOUT)
    connection.connect()
    socket = connection.sock

    def request(*arguments, **options):
        connection.request(*arguments, **options)
        response = connection.getresponse()
        return response, response.read()

    response, page = request("GET", "/")
    check("the page", (response.status, response.version, len(page)), (200, 11, int(response.headers["Content-Length"])))
    response, same = request("HEAD", "/")
    check("HEAD", (response.status, same, response.headers["Content-Length"]), (200, b"", str(len(page))))

    pieces = [b"%d " % number * 500 for number in range(300)]
    response, content = request("POST", "/echo", body=iter(pieces))  # http.client sends an iterator in chunked coding
    check("a chunked POST", (response.status, content == b"".join(pieces)), (200, True))
    response, content = request("POST", "/echo", body=iter([]), headers={"Content-Type": "text/plain"})
    check("an empty chunked POST", (content, response.headers["Content-Type"]), (b"", "text/plain; charset=utf-8"))

    response, content = request("GET", "/stream/100000")
    check("a chunked response", (len(content), response.headers["Transfer-Encoding"]), (100000, "chunked"))
    response, _ = request("PUT", "/", body=b"12345")
    check("a method that is not allowed", (response.status, response.headers["Allow"]), (405, "GET, HEAD, OPTIONS"))
    response, _ = request("OPTIONS", "*")
    check("OPTIONS *", (response.status, response.headers["Allow"]), (200, "GET, HEAD, POST, OPTIONS"))
    check("the connection", connection.sock is socket, True)
    print("ok")


if __name__ == "__main__":
    main(*sys.argv[1:])
