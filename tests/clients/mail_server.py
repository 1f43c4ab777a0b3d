"""A mail server for the tests of `send_mail`: aiosmtpd with STARTTLS, or a server that is attacked.

    python3 mail_server.py aiosmtpd CERTIFICATE KEY FILE    writes the last mail to the file, as it came, without stuffing
    python3 mail_server.py plain                            aiosmtpd without STARTTLS
    python3 mail_server.py injected                         an attacker adds a reply in the clear behind that to STARTTLS
    python3 mail_server.py refusing CERTIFICATE KEY         refuses a mail at its beginning, and closes

It prints `listening on ADDR`. It refuses mail to nobody@localhost.
"""

import asyncio
import ssl
import sys


def tls_context(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def serve_aiosmtpd(certificate=None, key=None, file=None):
    from aiosmtpd.smtp import SMTP

    class Handler:
        async def handle_RCPT(self, server, session, envelope, address, options):
            if address == "nobody@localhost":
                return "550-no such user\r\n550 here"
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server, session, envelope):
            with open(file, "wb") as stored:
                stored.write(envelope.content)
            return "250-stored\r\n250 as 1"

    context = tls_context(certificate, key) if certificate is not None else None
    return lambda: SMTP(Handler(), tls_context=context, require_starttls=context is not None)


class Injected(asyncio.Protocol):
    REPLIES = {b"EHLO": b"250-localhost\r\n250 STARTTLS\r\n", b"STAR": b"220 go ahead\r\n250 injected\r\n"}

    def connection_made(self, transport):
        self.transport = transport
        transport.write(b"220-two\r\n220 lines\r\n")

    def data_received(self, data):
        # The client waits for each reply, so each command comes alone; it may come in parts, of which one begins it.
        self.transport.write(self.REPLIES.get(data[:4], b""))


def serve_refusing(certificate, key):
    context = tls_context(certificate, key)

    async def serve(reader, writer):
        writer.write(b"220 localhost\r\n")
        while line := await reader.readline():
            if line.startswith(b"DATA"):
                writer.write(b"354 go ahead\r\n")
                await reader.read(1)
                writer.write(b"552 too large\r\n")
                writer.close()
                return
            writer.write(b"250-localhost\r\n250 STARTTLS\r\n" if line.startswith(b"EHLO") else b"250 OK\r\n")
            if line.startswith(b"STARTTLS"):
                await writer.start_tls(context)

    return lambda: asyncio.StreamReaderProtocol(asyncio.StreamReader(), serve)


KINDS = {"aiosmtpd": serve_aiosmtpd, "plain": serve_aiosmtpd, "injected": lambda: Injected, "refusing": serve_refusing}


async def main(kind, *arguments):
    server = await asyncio.get_running_loop().create_server(KINDS[kind](*arguments), "127.0.0.1", 0)
    print("listening on %s:%d" % server.sockets[0].getsockname(), flush=True)
    await server.serve_forever()


asyncio.run(main(*sys.argv[1:]))
