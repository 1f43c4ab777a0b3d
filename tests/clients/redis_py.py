"""Tests redis_server with redis-py and coredis as a program uses them. redis.sh calls it.

redis_py.py HOST PORT

Prints a line for each check: `ok WHAT` or `FAILED WHAT`.
"""

import asyncio
import sys
import threading
import time

import coredis
import redis
import redis.asyncio

TIMEOUT = 20


def check(what, got, expected):
    print(f"ok {what}" if got == expected else f"FAILED {what}: got {got!r}, expected {expected!r}")


def wait_until(condition):
    end = time.monotonic() + TIMEOUT
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def next_message(pubsub):
    message = pubsub.get_message(timeout=TIMEOUT)
    return message and (message["type"], message["channel"], message["data"])


def redis_py(name, **options):
    """Checks one client of redis-py."""

    def ok(what, got, expected):
        check(f"{name}: {what}", got, expected)

    client = redis.Redis(decode_responses=True, socket_timeout=TIMEOUT, **options)
    client.flushdb()
    ok("SET and GET", (client.set("k", "v"), client.get("k"), client.get("none")), (True, "v", None))
    ok("SET with options", (client.set("k", "w", nx=True), client.set("k", "w", get=True)), (None, "v"))
    ok("counters", (client.incr("n", 5), client.decr("n"), client.incrby("n", -4)), (5, 4, 0))
    ok("MSET and MGET", (client.mset({"a": "1", "b": "2"}), client.mget("a", "none", "b")), (True, ["1", None, "2"]))
    ok("SCAN finds all keys", sorted(client.scan_iter(count=2)), ["a", "b", "k", "n"])
    ok("KEYS", sorted(client.keys("[ab]")), ["a", "b"])

    # A pipeline with a transaction is the default.
    with client.pipeline() as pipe:
        ok("pipeline with a transaction", pipe.set("p", 1).incr("p").get("p").execute(), [True, 2, "2"])
    with client.pipeline(transaction=False) as pipe:
        for _ in range(20_000):
            pipe.incr("q")
        ok("pipeline of 20,000 commands", pipe.execute()[-1], 20_000)
    with client.pipeline() as pipe:
        pipe.watch("k")
        client.set("k", "changed")
        pipe.multi()
        pipe.set("k", "lost")
        try:
            pipe.execute()
            ok("WATCH fails the transaction", "no error", "WatchError")
        except redis.WatchError:
            ok("WATCH fails the transaction", client.get("k"), "changed")

    def increment(pipe):
        value = int(pipe.get("t") or 0)
        pipe.multi()
        pipe.set("t", value + 1)

    ok("a transaction that reads first", client.transaction(increment, "t"), [True])

    # Expiry.
    client.set("short", "v", px=30)
    ok("a key expires", wait_until(lambda: client.exists("short") == 0), True)
    client.set("long", "v", ex=100)
    ok("TTL", 98 <= client.ttl("long") <= 100, True)
    ok("EXPIRE and PERSIST", (client.expire("k", 50), client.persist("k"), client.ttl("k")), (True, True, -1))

    # Messages.
    pubsub = client.pubsub()
    pubsub.subscribe("news")
    pubsub.psubscribe("n*")
    ok("SUBSCRIBE", next_message(pubsub), ("subscribe", "news", 1))
    ok("PSUBSCRIBE", next_message(pubsub), ("psubscribe", "n*", 2))
    ok("PUBLISH", client.publish("news", "hello"), 2)
    received = sorted([next_message(pubsub), next_message(pubsub)])
    ok("messages", received, [("message", "news", "hello"), ("pmessage", "news", "hello")])
    pubsub.unsubscribe()
    pubsub.punsubscribe()
    ok("UNSUBSCRIBE", [next_message(pubsub)[0], next_message(pubsub)[0]], ["unsubscribe", "punsubscribe"])
    pubsub.close()

    # A pool that threads share.
    pool = redis.ConnectionPool(max_connections=20, **options)

    def work():
        for _ in range(200):
            redis.Redis(connection_pool=pool).incr("pooled")

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ok("a pool of 20 connections", client.get("pooled"), "4000")
    pool.disconnect()

    lock = client.lock("lock", timeout=10)
    ok("SET NX PX, the first step of a lock", lock.acquire(blocking=False), True)
    ok("INFO", client.info()["redis_mode"], "standalone")
    ok("CLIENT LIST names the library", client.client_list()[-1]["lib-name"].startswith("redis-py"), True)
    ok("COMMAND COUNT", client.command_count() > 50, True)
    client.close()


async def redis_asyncio(options):
    client = redis.asyncio.Redis(decode_responses=True, **options)
    await client.flushdb()
    replies = await asyncio.gather(*(client.incr("n") for _ in range(80)))
    check("redis.asyncio: 80 commands at once", sorted(replies), list(range(1, 81)))
    async with client.pipeline() as pipe:
        check("redis.asyncio: pipeline with a transaction", await pipe.set("p", 1).incr("p").execute(), [True, 2])
    await client.aclose()


async def with_coredis(host, port):
    client = coredis.Redis(host=host, port=port, decode_responses=True)
    async with client:
        check("coredis: SET and GET", (await client.set("c", "v"), await client.get("c")), (True, "v"))
        check("coredis: INCR", await client.incr("cn"), 1)


def main(host, port):
    options = {"host": host, "port": int(port)}
    redis_py("redis-py by default", **options)
    redis_py("redis-py in RESP2", protocol=2, **options)
    redis_py("redis-py in RESP3", protocol=3, **options)
    asyncio.run(redis_asyncio(options))
    asyncio.run(with_coredis(host, int(port)))


main(*sys.argv[1:])
