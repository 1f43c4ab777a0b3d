// Tests redis_server with ioredis and node-redis as a program uses them. redis.sh calls it.
//
// node node_redis.mjs HOST PORT
//
// Prints a line for each check: `ok WHAT` or `FAILED WHAT`.
import { createRequire } from "node:module";
import { isDeepStrictEqual } from "node:util";

// The packages are not beside this file.
const require = createRequire(`${process.env.NODE_PACKAGES}/`);
const { Redis } = require("ioredis");
const { createClient } = require("redis");

const [host, port] = [process.argv[2], Number(process.argv[3])];

function check(what, got, expected) {
    const shown = [got, expected].map((value) => JSON.stringify(value));
    console.log(isDeepStrictEqual(got, expected) ? `ok ${what}` : `FAILED ${what}: got ${shown[0]}, expected ${shown[1]}`);
}

async function waitUntil(condition) {
    const end = Date.now() + 20_000;
    while (!(await condition())) {
        if (Date.now() > end) return false;
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return true;
}

async function withIoredis() {
    const client = new Redis({ host, port });
    await client.flushall();
    check("ioredis: SET and GET", [await client.set("k", "v"), await client.get("k"), await client.get("none")], ["OK", "v", null]);
    const results = await client.multi().set("p", 1).incr("p").get("p").exec();
    check("ioredis: transaction", results, [[null, "OK"], [null, 2], [null, "2"]]);
    const pipeline = client.pipeline();
    for (let count = 0; count < 20_000; count++) pipeline.incr("q");
    check("ioredis: pipeline of 20,000 commands", (await pipeline.exec()).at(-1), [null, 20_000]);
    await client.set("short", "v", "PX", 30);
    check("ioredis: a key expires", await waitUntil(async () => (await client.exists("short")) === 0), true);
    const keys = [];
    for await (const some of client.scanStream({ count: 2 })) keys.push(...some);
    check("ioredis: SCAN finds all keys", [...new Set(keys)].sort(), ["k", "p", "q"]);

    const subscriber = client.duplicate();
    const message = new Promise((resolve) => subscriber.once("message", (...args) => resolve(args)));
    check("ioredis: SUBSCRIBE", await subscriber.subscribe("news"), 1);
    check("ioredis: PUBLISH", await client.publish("news", "hello"), 1);
    check("ioredis: message", await message, ["news", "hello"]);
    check("ioredis: UNSUBSCRIBE", await subscriber.unsubscribe("news"), 0);
    check("ioredis: the subscriber is a client again", await subscriber.get("k"), "v");
    await subscriber.quit();

    const pool = Array.from({ length: 20 }, () => client.duplicate());
    await Promise.all(pool.map((one) => Promise.all(Array.from({ length: 100 }, () => one.incr("pooled")))));
    check("ioredis: 20 connections", await client.get("pooled"), "2000");
    await Promise.all(pool.map((one) => one.quit()));
    await client.quit();
}

async function withNodeRedis(RESP) {
    const name = `node-redis in RESP${RESP}`;
    const client = createClient({ RESP, socket: { host, port } });
    await client.connect();
    await client.flushAll();
    check(`${name}: SET and GET`, [await client.set("k", "v"), await client.get("k"), await client.get("none")], ["OK", "v", null]);
    check(`${name}: transaction`, await client.multi().set("p", "1").incr("p").get("p").exec(), ["OK", 2, "2"]);
    const replies = await Promise.all(Array.from({ length: 5000 }, () => client.incr("q")));
    check(`${name}: 5,000 commands at once`, replies.at(-1), 5000);
    await client.set("short", "v", { PX: 30 });
    check(`${name}: a key expires`, await waitUntil(async () => (await client.exists("short")) === 0), true);
    check(`${name}: TTL`, [await client.expire("k", 100), (await client.ttl("k")) >= 98], [1, true]);

    const subscriber = client.duplicate();
    await subscriber.connect();
    let deliver;
    const message = new Promise((resolve) => (deliver = resolve));
    await subscriber.subscribe("news", (text, channel) => deliver([channel, text]));
    check(`${name}: PUBLISH`, await client.publish("news", "hello"), 1);
    check(`${name}: message`, await message, ["news", "hello"]);
    await subscriber.unsubscribe("news");
    // A Buffer in RESP2, with redis-server too.
    check(`${name}: the subscriber is a client again`, String(await subscriber.get("k")), "v");
    await subscriber.close();
    await client.close();
}

await withIoredis();
await withNodeRedis(2);
await withNodeRedis(3);
