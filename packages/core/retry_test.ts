import assert from "node:assert/strict";
import test from "node:test";
import { delay, isTransient, retry, RsembedError } from "./mod.ts";

const busy = (facts: { retryAfterMs?: number; permanent?: boolean } = {}) =>
  new RsembedError("unavailable", "Cannot reach it: it is busy", {
    facts: { resource: "it", ...facts },
  });

/** Fails with each of `errors` in turn, then succeeds. */
function failing(errors: readonly unknown[]): { call: () => Promise<string>; calls: () => number } {
  let calls = 0;
  return {
    call: () =>
      calls < errors.length ? Promise.reject(errors[calls++]) : Promise.resolve(`${++calls}`),
    calls: () => calls,
  };
}

test("retry() tries again for transient errors only", async () => {
  assert.ok(isTransient(busy()));
  const final = [
    busy({ permanent: true }),
    new RsembedError("no-data", "Cannot find imagery", { facts: { source: "x" } }),
    new TypeError("misuse"),
    null,
  ];
  for (const error of final) {
    const { call, calls } = failing([error]);
    await assert.rejects(retry(call, { maxRetries: 5 }), (thrown) => thrown === error);
    assert.equal(calls(), 1);
  }
  assert.equal(await retry(failing([busy(), busy()]).call, { maxRetries: 2 }), "3");
});

test("retry() gives up after so many retries, with the last error", async () => {
  const errors = [busy(), busy(), busy()];
  const { call, calls } = failing(errors);
  await assert.rejects(retry(call, { maxRetries: 1 }), (error) => error === errors[1]);
  assert.equal(calls(), 2);
  await assert.rejects(retry(failing(errors).call), (error) => error === errors[0]);
});

test("retry() tells the attempt, and asks isRetryable", async () => {
  const attempts: number[] = [];
  const result = await retry((attempt) => {
    attempts.push(attempt);
    return attempt < 2 ? Promise.reject("odd") : Promise.resolve("done");
  }, { maxRetries: 2, isRetryable: (error) => error === "odd" });
  assert.deepEqual([result, attempts], ["done", [0, 1, 2]]);
});

test("retry() waits as long as the service says, and longer each time", async () => {
  const start = performance.now();
  await retry(failing([busy({ retryAfterMs: 30 })]).call, { maxRetries: 1 });
  const asked = performance.now() - start;
  assert.ok(asked >= 28, `${asked}`);
  const before = performance.now();
  await retry(failing([busy(), busy()]).call, { maxRetries: 2, backoffMs: 20 });
  const grown = performance.now() - before;
  // 20 and 40 ms, each times 0.5 to 1
  assert.ok(grown >= 28, `${grown}`);
});

test("retry() rejects with the signal's reason, waiting or calling", async () => {
  const reason = new Error("enough");
  const waiting = new AbortController();
  const slow = retry(failing([busy({ retryAfterMs: 60_000 })]).call, {
    maxRetries: 1,
    signal: waiting.signal,
  });
  setTimeout(() => waiting.abort(reason), 2);
  await assert.rejects(slow, (error) => error === reason);

  const calling = new AbortController();
  const wrapped = retry(() => {
    calling.abort(reason);
    return Promise.reject(new Error("the call says it was stopped"));
  }, { maxRetries: 1, signal: calling.signal });
  await assert.rejects(wrapped, (error) => error === reason);

  const { call, calls } = failing([]);
  await assert.rejects(retry(call, { signal: AbortSignal.abort(reason) }), (e) => e === reason);
  assert.equal(calls(), 0);
});

test("delay() does not go off at once for times beyond a timer's reach", async () => {
  const controller = new AbortController();
  let over = false;
  const long = delay(2 ** 40, { signal: controller.signal }).then(() => over = true, () => {});
  await delay(5);
  assert.equal(over, false);
  controller.abort();
  await long;
});

test("retry() does not wait for hours because a service says so", async () => {
  let calls = 0;
  const start = performance.now();
  await assert.rejects(
    retry(() => {
      calls++;
      throw new RsembedError("unavailable", "Cannot reach it: come back tomorrow", {
        facts: { resource: "it", retryAfterMs: 86_400_000 },
      });
    }, { maxRetries: 3 }),
    /tomorrow/,
  );
  assert.equal(calls, 1);
  assert(performance.now() - start < 1000);
});
