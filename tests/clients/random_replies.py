"""Sends the same random commands to two Redis servers, and compares the replies.

random_replies.py HOST PORT HOST PORT [SEED [COMMANDS]]

Two clients send the commands in turn, so that one changes what the other watches. Half of the runs use RESP3. Prints each
difference, and how many replies differ. The same seed gives the same commands. redis.sh calls it.
"""

import random
import sys

from resp import Connection

KEYS = [b"a", b"b", b"c", b"key:1", b"key:2", b"", b"k\0\r\n", b"h[a]llo"]
VALUES = [
    b"", b"0", b"1", b"-1", b"10", b"9223372036854775807", b"-9223372036854775808", b"9223372036854775808", b"1.5",
    b" 1", b"+1", b"01", b"abc", b"\0\r\n\xff", b"x" * 22, b"y" * 23, b"z" * 24, b"v" * 97, b"w" * 1023, b"u" * 5000,
]  # fmt: skip
NUMBERS = [
    b"0", b"1", b"-1", b"2", b"-2", b"5", b"-5", b"100", b"-100", b"9223372036854775807", b"-9223372036854775808",
    b"-9223372036854775807", b"9223372036854775808", b"x", b"", b"1 ", b"+1",
]  # fmt: skip
# No key may expire between two commands, at one server and not at the other: in the past, or in minutes.
TIMES = [
    b"0", b"-1", b"-9223372036854775808", b"9223372036854775807", b"9223372036854775", b"9223372036854776", b"x", b"",
    b"300", b"1000", b"300000", b"1000000",
]  # fmt: skip
MILLISECOND_TIMES = [time for time in TIMES if time not in (b"300", b"1000")]
TIMES_OF_DAY = [b"0", b"-1", b"1", b"1000", b"9999999999", b"99999999999", b"x", b"9223372036854775807"]
# Redis keeps and counts a key that is set with a time that has passed, until a command names it.
COMING_SECONDS = [b"0", b"-1", b"9999999999", b"x", b"9223372036854775807"]
COMING_MILLISECONDS = [b"0", b"-1", b"9999999999999", b"x", b"9223372036854775807"]
PATTERNS = [
    b"*", b"**", b"a", b"?", b"key:*", b"key:[12]", b"key:[^1]", b"[a-c]", b"[c-a]", b"h[[]a]llo", rb"h\[a]llo", b"[",
    b"[ab", b"\\", b"*:*", b"*1*", b"k*\xff", b"",
]  # fmt: skip
CASES = [bytes.lower, bytes.upper, bytes.title]

# The commands whose replies have no order.
UNORDERED = {b"keys"}
# The commands whose replies are times, and how much later one server may have run them.
REMAINING = {b"ttl": 2, b"pttl": 2000, b"expiretime": 2, b"pexpiretime": 2000}


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def key(self):
        return self.random.choice(KEYS)

    def value(self):
        return self.random.choice(VALUES)

    def number(self):
        return self.random.choice(NUMBERS)

    def some(self, make, least, most):
        return [make() for _ in range(self.random.randint(least, most))]

    def expiry(self, words):
        word = self.random.choice(words)
        times = {b"EX": TIMES, b"PX": MILLISECOND_TIMES, b"EXAT": COMING_SECONDS, b"PXAT": COMING_MILLISECONDS}.get(word)
        return [word] + ([self.random.choice(times)] if times and self.random.random() < 0.95 else [])

    def options(self, words, most):
        return [word for _ in range(self.random.randint(0, most)) for word in self.expiry(words)]

    def command(self):
        """Returns a command that gets one reply."""
        key, value, number, some, choice = self.key, self.value, self.number, self.some, self.random.choice
        set_words = [b"NX", b"XX", b"GET", b"KEEPTTL", b"EX", b"PX", b"EXAT", b"PXAT", b"PERSIST", b"foo"]
        getex_words = [b"PERSIST", b"EX", b"PX", b"EXAT", b"PXAT", b"NX", b"KEEPTTL"]
        makers = {
            b"get": lambda: [key()],
            b"set": lambda: [key(), value(), *self.options(set_words, 3)],
            b"append": lambda: [key(), value()],
            b"strlen": lambda: [key()],
            b"getset": lambda: [key(), value()],
            b"getdel": lambda: [key()],
            b"getex": lambda: [key(), *self.options(getex_words, 2)],
            b"getrange": lambda: [key(), number(), number()],
            b"substr": lambda: [key(), number(), number()],
            b"setnx": lambda: [key(), value()],
            b"setex": lambda: [key(), choice(TIMES), value()],
            b"psetex": lambda: [key(), choice(MILLISECOND_TIMES), value()],
            b"mget": lambda: some(key, 1, 40),
            b"mset": lambda: some(lambda: choice([key(), value()]), 2, 7),
            b"msetnx": lambda: some(lambda: choice([key(), value()]), 2, 5),
            b"incr": lambda: [key()],
            b"decr": lambda: [key()],
            b"incrby": lambda: [key(), number()],
            b"decrby": lambda: [key(), number()],
            b"del": lambda: some(key, 1, 3),
            b"unlink": lambda: some(key, 1, 3),
            b"exists": lambda: some(key, 1, 4),
            b"touch": lambda: some(key, 1, 4),
            b"type": lambda: [key()],
            b"rename": lambda: [key(), key()],
            b"renamenx": lambda: [key(), key()],
            b"keys": lambda: [choice(PATTERNS)],
            b"scan": lambda: [b"0", b"COUNT", b"1000"],
            b"ttl": lambda: [key()],
            b"pttl": lambda: [key()],
            b"expiretime": lambda: [key()],
            b"pexpiretime": lambda: [key()],
            b"expire": lambda: [key(), choice(TIMES), *some(lambda: choice([b"NX", b"XX", b"GT", b"LT", b"foo"]), 0, 2)],
            b"pexpire": lambda: [key(), choice(MILLISECOND_TIMES), *some(lambda: choice([b"nx", b"xx", b"gt", b"lt"]), 0, 2)],
            b"expireat": lambda: [key(), choice(TIMES_OF_DAY)],
            b"pexpireat": lambda: [key(), choice(TIMES_OF_DAY)],
            b"persist": lambda: [key()],
            b"dbsize": lambda: [],
            b"flushdb": lambda: some(lambda: choice([b"SYNC", b"ASYNC", b"foo"]), 0, 2),
            b"flushall": lambda: some(lambda: choice([b"SYNC", b"ASYNC", b"foo"]), 0, 2),
            b"ping": lambda: some(value, 0, 2),
            b"echo": lambda: [value()],
            b"select": lambda: [choice([b"0", b"-1", b"x", b"99999999999"])],
            b"publish": lambda: [key(), value()],
            b"multi": lambda: [],
            b"exec": lambda: [],
            b"discard": lambda: [],
            b"watch": lambda: some(key, 1, 3),
            b"unwatch": lambda: [],
            b"nosuch": lambda: some(value, 0, 3),
            b"client": lambda: choice([[], [b"nosuch"], [b"getname"], [b"setname", choice([b"me", b"a b", b""])], [b"id", b"x"]]),
            b"config": lambda: choice([[b"get", b"sav*"], [b"get", b"nosuch"], [b"set", b"databases", b"3"], [b"set", b"nosuch", b"1"]]),
            b"command": lambda: choice([[b"info", b"nosuch"], [b"docs", b"nosuch"], [b"count", b"x"], [b"nosuch"]]),
            b"pubsub": lambda: choice([[b"numsub", *some(key, 0, 2)], [b"channels"], [b"numpat"], [b"numpat", b"x"], [b"nosuch"]]),
            b"info": lambda: [b"nosuch"],
        }  # fmt: skip
        # More of those that make a transaction.
        weights = [6 if name in (b"multi", b"exec", b"watch") else 3 if name in (b"set", b"get") else 1 for name in makers]
        name = self.random.choices(list(makers), weights)[0]
        command = [name, *makers[name]()]
        if self.random.random() < 0.03:
            command += some(value, 1, 2)
        if self.random.random() < 0.03 and name not in (b"info", b"command", b"client"):
            command = command[:-1] or command
        return [choice(CASES)(command[0]), *command[1:]]


def same(command, got, wanted, queued):
    """Returns whether two replies are alike to the client."""
    name = command[0].lower()
    if got == wanted:
        return True
    if got[0] != wanted[0] or got[0] == b"-":
        return False
    if name in REMAINING and got[0] == b":":
        return int(got[1]) > 0 and abs(int(got[1]) - int(wanted[1])) <= REMAINING[name]
    if not (isinstance(got[1], list) and isinstance(wanted[1], list)):
        return False
    if name in UNORDERED:
        return sorted(got[1]) == sorted(wanted[1])
    if name == b"scan":
        return got[1][0] == wanted[1][0] and sorted(got[1][1][1]) == sorted(wanted[1][1][1])
    if name == b"exec":
        return len(got[1]) == len(queued) == len(wanted[1]) and all(map(same, queued, got[1], wanted[1], [[]] * len(queued)))
    return False


def run(addresses, seed, count):
    """Returns the number of replies that differ."""
    generator = Generator(seed)
    clients = [[Connection(address) for address in addresses] for _ in range(2)]
    queued = [[], []]
    differ = 0
    version = b"23"[seed % 2 : seed % 2 + 1]
    for pair in clients:
        for client in pair:
            client.ask(b"HELLO", version)
            client.ask(b"FLUSHALL")
    for _ in range(count):
        index = generator.random.randrange(2)
        command = generator.command()
        got, wanted = [client.ask(*command) for client in clients[index]]
        if not same(command, got, wanted, queued[index]):
            differ += 1
            print(f"seed {seed}: {command}: got {str(got)[:300]}, expected {str(wanted)[:300]}")
        if wanted == (b"+", b"QUEUED"):
            queued[index].append(command)
        elif command[0].lower() in (b"exec", b"discard"):
            queued[index] = []
    for client in clients[0] + clients[1]:
        client.close()
    return differ


def main(host, port, other_host, other_port, seed=None, commands="3000"):
    seed = random.randrange(1 << 32) if seed is None else int(seed)
    addresses = [(host, int(port)), (other_host, int(other_port))]
    differ = sum(run(addresses, 2 * seed + protocol, int(commands)) for protocol in range(2))
    print(f"{differ} of {2 * int(commands)} differ; the seed is {seed}")


main(*sys.argv[1:])
