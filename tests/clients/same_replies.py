"""Sends the same bytes to two Redis servers. Prints each stream that gets different replies, and their number.

same_replies.py HOST PORT HOST PORT

redis.sh calls it.
"""

import re
import socket
import sys

TIMEOUT = 10

BIG = 64 * 1024

# The number of the client in the reply to HELLO. Each server counts its own.
ID = re.compile(rb"(\$2\r\nid\r\n):\d+")

# Refused at their last byte. No byte may follow: Redis accepts a line of any length whose end it has read.
TOO_LONG = [b"a" * (BIG + 1), b"*" + b"1" * BIG, b"*1\r\n$" + b"1" * BIG]

# Closed at once, without a reply. Redis drops what it has not sent yet, so these come alone.
HTTP = [b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", b"host: a\r\n"]

# The bytes that one connection sends between FLUSHALL and QUIT.
STREAMS = [
    # Commands.
    b"PING\r\nPING hello\r\nPING a b\r\nping\r\nECHO x\r\nECHO\r\n",
    b"SET k v\r\nGET k\r\nGET nothing\r\nDEL k k\r\nEXISTS k k\r\nDBSIZE\r\n",
    b"MSET a 1 b 2\r\nMGET a nothing b\r\nEXISTS a a b c\r\nDEL a b c\r\nMSET a\r\nMSET a 1 b\r\n",
    b"APPEND k abc\r\nAPPEND k def\r\nGET k\r\nSET k \xc3\xa9\r\nGET k\r\n",
    b"INCR n\r\nINCR n\r\nSET n abc\r\nINCR n\r\nSET n 9223372036854775807\r\nINCR n\r\nSET n 1.0\r\nINCR n\r\n",
    b'SET n " 1"\r\nINCR n\r\nSET n ""\r\nINCR n\r\nSET n -9223372036854775808\r\nINCR n\r\nSET n 01\r\nINCR n\r\n',
    b"SET k v GET\r\nSET k w GET\r\nSET k v XX\r\nSET k v NX\r\nSET l v XX GET\r\nSET k u NX GET\r\nGET k\r\n",
    b"SET k v EX\r\nSET k v EX 0\r\nSET k v EX x\r\nSET k v PX -1\r\nSET k v NX XX\r\nSET k v XX NX\r\nSET k v foo\r\n",
    b"SET k v EX 9223372036854775807\r\nSET k v KEEPTTL EX 5\r\nSET k v EX 5 PX 5\r\nSET k v PX 5 KEEPTTL\r\n",
    b"set k v ex 100 nx\r\nset k w px 100000 xx\r\nget k\r\nset k x keepttl\r\nget k\r\n",
    b"DBSIZE x\r\nFLUSHALL foo\r\nFLUSHALL ASYNC\r\nFLUSHALL SYNC x\r\nFLUSHALL sync\r\n",
    b"GET\r\nGET a b\r\nSET a\r\nDEL\r\nEXISTS\r\nINCR\r\nAPPEND a\r\nMGET\r\nMSET a\r\nSELECT\r\n",
    b"SELECT 0\r\nSELECT x\r\nSELECT -1\r\nSELECT 99999999999\r\n",
    b"CONFIG\r\nCONFIG GET\r\nCONFIG GET save\r\nCONFIG GET appendonly\r\nCONFIG GET nosuch\r\nCONFIG FOO\r\n",
    b"COMMAND FOO\r\nCOMMAND DOCS nosuch\r\nCOMMAND INFO nosuch\r\nCOMMAND COUNT x\r\n",
    b'CLIENT\r\nCLIENT foo\r\nCLIENT SETNAME\r\nCLIENT SETNAME "a b"\r\nCLIENT SETNAME ab\r\nCLIENT GETNAME\r\n',
    b'CLIENT SETNAME ""\r\nCLIENT GETNAME\r\nCLIENT GETNAME x\r\nCLIENT ID x\r\n',
    b"HELLO 4\r\nHELLO x\r\nHELLO 2 foo\r\nHELLO 2 SETNAME\r\n",
    b"RESET\r\n",
    b"HELLO 2\r\nHELLO\r\nHELLO 3\r\nHELLO 3 SETNAME me\r\nCLIENT GETNAME\r\nHELLO 2 SETNAME x foo\r\nCLIENT GETNAME\r\n",
    b"INFO nosuch\r\nCONFIG GET sav* nosuch\r\nCONFIG SET databases 3\r\nCONFIG SET nosuch 1\r\nCONFIG SET\r\n",
    b"CLIENT LIST TYPE foo\r\nCLIENT LIST ID x\r\nCLIENT LIST foo\r\nCLIENT LIST TYPE replica\r\n",
    # Keys.
    b"SET a 1\r\nTYPE a\r\nTYPE b\r\nKEYS a\r\nKEYS *\r\nKEYS\r\nSCAN 0\r\nSCAN x\r\nSCAN 0 COUNT 0\r\nSCAN 0 foo\r\nSCAN 0 MATCH\r\n",
    b"SETEX a 100 v\r\nTTL a\r\nPERSIST a\r\nTTL a\r\nEXPIRE a 50 NX XX\r\nEXPIRE a x\r\nEXPIRE a 0\r\nEXISTS a\r\n",
    b"FLUSHDB foo\r\nFLUSHDB ASYNC\r\nRENAME a b\r\nSET a 1\r\nRENAME a b\r\nGET b\r\n",
    # Transactions.
    b"EXEC\r\nDISCARD\r\nMULTI\r\nMULTI\r\nWATCH a\r\nSET a 1\r\nINCR a\r\nGET b\r\nEXEC\r\nEXEC foo\r\n",
    b"MULTI\r\nfoo\r\nGET\r\nSET a 1\r\nEXEC\r\nGET a\r\nMULTI\r\nSET a 1\r\nDISCARD\r\nWATCH\r\nWATCH a\r\nUNWATCH\r\n",
    b"WATCH a\r\nSET a 1\r\nMULTI\r\nGET a\r\nEXEC\r\nMULTI\r\nEXEC\r\nMULTI\r\nEXEC foo\r\nEXEC\r\nMULTI\r\nRESET\r\nEXEC\r\n",
    b"MULTI\r\nSUBSCRIBE a\r\nPUBLISH a x\r\nUNSUBSCRIBE a\r\nPING\r\nEXEC\r\nMULTI\r\nQUIT\r\n",
    # Messages.
    b"SUBSCRIBE a b a\r\nPING\r\nPING x\r\nGET a\r\nCLIENT GETNAME\r\nMULTI\r\nEXEC\r\nHELLO 3\r\nUNSUBSCRIBE a\r\nUNSUBSCRIBE a b c\r\nGET a\r\n",
    b"SUBSCRIBE\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nPSUBSCRIBE a*\r\nPUBLISH a x\r\nPUNSUBSCRIBE\r\nPUBLISH a x\r\n",
    b"PUBSUB\r\nPUBSUB foo\r\nPUBSUB CHANNELS\r\nPUBSUB NUMSUB\r\nPUBSUB NUMSUB a b\r\nPUBSUB NUMPAT x\r\nPUBSUB CHANNELS a b\r\n",
    b"SUBSCRIBE a\r\nRESET\r\nGET a\r\nPSUBSCRIBE x\r\nSUBSCRIBE y\r\nQUIT\r\n",
    # A client in RESP3 publishes to itself.
    b"HELLO 3\r\nSUBSCRIBE a\r\nPSUBSCRIBE a*\r\nPUBLISH a x\r\nGET none\r\nMULTI\r\nPUBLISH a y\r\nPING\r\nEXEC\r\nUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nUNSUBSCRIBE\r\n",
    # Unknown commands.
    b'foo\r\nfoo a b c\r\nfoo "a\\r\\nb"\r\nFoo\r\n\'\'\r\n',
    b"foo " + b"a" * 200 + b" b\r\n" + b"f" * 200 + b" b\r\nfoo " + b"ab " * 100 + b"\r\n",
    # Inline commands.
    b"\r\n\nPING\n   PING   \r\nPI\"NG\"\r\nPING\r\r\n",
    b'ECHO "\\x41\\n\\q"\r\nECHO \'a\\\'b\\n\'\r\nECHO ""\r\n',
    b"ping\x0bping\r\nPING \x0bx\r\n",
    b'"unbalanced\r\n',
    b'"a"b\r\n',
    b"'a'b\r\n",
    b"ECHO " + b"a" * (BIG - 6) + b"\r\n",
    # RESP.
    b"*1\r\n$4\r\nPING\r\n*2\r\n$4\r\neChO\r\n$5\r\na\0\r\n\xff\r\n*0\r\n*-1\r\n",
    b"*1\r\n$4\r\nPINGxx*1\r\n$4\r\nPING\r\n",
    b"*1\n$4\r\nPING\r\n",
    b"*x\r\n",
    b"*\r\n",
    b"*01\r\n",
    b"*+1\r\n",
    b"* 1\r\n",
    b"*2147483648\r\n",
    b"*1\r\nPING\r\n",
    b"*1\r\n\r\n",
    b"*1\r\n\x01\r\n",
    b"*2\r\n$4\r\nPING\r\n*1\r\n",
    b"*1\r\n$-1\r\n",
    b"*1\r\n$\r\n",
    b"*1\r\n$4x\r\n",
    b"*1\r\n$536870913\r\n",
]


def reply(address, stream):
    """Returns all bytes that the server sends until it closes."""
    with socket.create_connection(address, timeout=TIMEOUT) as connection:
        connection.sendall(b"FLUSHALL\r\n")
        assert connection.recv(100) == b"+OK\r\n"
        received = b""
        try:
            connection.sendall(stream)
            if stream not in TOO_LONG:
                connection.sendall(b"QUIT\r\n")
            while chunk := connection.recv(1 << 16):
                received += chunk
        except (ConnectionResetError, BrokenPipeError):
            pass  # After a protocol error Redis closes at once. Unread input then makes the close a reset.
        return received


def main(host, port, other_host, other_port):
    differ = 0
    # Each stream in both protocols.
    streams = STREAMS + [b"HELLO 3\r\n" + stream for stream in STREAMS] + HTTP + TOO_LONG
    for stream in streams:
        addresses = [(host, int(port)), (other_host, int(other_port))]
        got, wanted = [ID.sub(rb"\1:1", reply(address, stream)) for address in addresses]
        if got != wanted:
            differ += 1
            print(f"{stream[:80]}: got {got[:300]}, expected {wanted[:300]}")
    print(f"{differ} of {len(streams)} differ")


main(*sys.argv[1:])
