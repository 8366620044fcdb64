import assert from "node:assert/strict";
import test from "node:test";
import { boundedBody, retryAfterMs, statusFacts } from "./mod.ts";

test("statusFacts() tells what may pass, and how long to wait", () => {
  for (const status of [408, 429, 500, 503]) assert.deepEqual(statusFacts(status), { status });
  assert.deepEqual(statusFacts(409), { status: 409, permanent: true });
  assert.deepEqual(statusFacts(429, "1.5"), { status: 429, retryAfterMs: 1500 });
  const inAMinute = statusFacts(503, new Date(Date.now() + 60_000).toUTCString()).retryAfterMs!;
  assert(inAMinute > 58_000 && inAMinute <= 60_000, `${inAMinute}`);
  for (const header of ["0", "-3", "soon", "Sat, 01 Jan 2000 00:00:00 GMT"]) {
    assert.equal(retryAfterMs(header), undefined, header);
  }
});

test("boundedBody() reads up to its bound, refuses more, or cuts it", async () => {
  let sent = 0;
  const endless = () =>
    new Response(
      new ReadableStream({
        pull(controller) {
          sent++;
          controller.enqueue(new Uint8Array(10).fill(sent));
        },
      }, { highWaterMark: 0 }),
    );
  const exact = await boundedBody(new Response(new Uint8Array(30)), 30);
  assert.equal(exact.length, 30);
  assert.equal((await boundedBody(new Response(null), 1)).length, 0);
  await assert.rejects(boundedBody(endless(), 25), { code: "corrupt", message: /more than 25/ });
  assert.equal(sent, 3);
  const cut = await boundedBody(endless(), 15, { cut: true });
  assert.deepEqual([...cut], [...new Array(10).fill(4), ...new Array(5).fill(5)]);
  assert.equal((await boundedBody(new Response("thousand"), 3, { cut: true })).length, 3);
});
