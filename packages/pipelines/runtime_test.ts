import assert from "node:assert/strict";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { resolveModel } from "@rsembed/core";
import { embedders } from "@rsembed/embedders";
import { openRuntime, type SessionTarget } from "./runtime.ts";

async function targetOf(sidePx: number): Promise<SessionTarget> {
  const { card, load } = embedders["mosaiks"]!;
  const family = await load();
  const model = resolveModel(card, { name: "mosaiks", options: { features: 8 } });
  return { family, embedder: family.embedder(model), shapes: { image: [4, sidePx, sidePx] } };
}

async function freshRuntime(maxSessions: number) {
  const cacheDir = await mkdtemp(join(tmpdir(), "rsembed-runtime-"));
  return openRuntime({ device: "cpu", threads: 1, maxSessions, cacheDir });
}

test("a runtime opens one session for all who use it at once", async () => {
  const runtime = await freshRuntime(2);
  const target = await targetOf(16);
  const seen = await Promise.all(
    Array.from({ length: 5 }, () => runtime.use(target, (session) => Promise.resolve(session))),
  );
  assert.equal(new Set(seen).size, 1);
  assert.equal(await runtime.reset(), 1);
});

test("a runtime does not close a session in use, however many there are", async () => {
  const runtime = await freshRuntime(1);
  const [small, large] = [await targetOf(16), await targetOf(32)];
  await runtime.use(small, async (session) => {
    await runtime.use(large, () => Promise.resolve());
    assert.equal(session.device, "cpu");
  });
  assert.equal(await runtime.reset(), 1);
});

test("a call whose neighbour aborts still gets its session", async () => {
  const runtime = await freshRuntime(2);
  const target = await targetOf(16);
  const controller = new AbortController();
  const reason = new Error("enough");
  const first = runtime.use(target, () => Promise.resolve("first"), { signal: controller.signal });
  const second = runtime.use(target, () => Promise.resolve("second"));
  controller.abort(reason);
  const [one, two] = await Promise.allSettled([first, second]);
  if (one.status === "rejected") assert.equal(one.reason, reason);
  assert.deepEqual(two, { status: "fulfilled", value: "second" });
  await runtime.reset();
});

test("a runtime does not remember a failure", async () => {
  const runtime = await freshRuntime(2);
  const target = await targetOf(16);
  const broken: SessionTarget = {
    ...target,
    embedder: {
      ...target.embedder,
      graph() {
        throw new Error("no graph today");
      },
    },
  };
  await assert.rejects(runtime.use(broken, () => Promise.resolve()), /no graph today/);
  assert.equal(await runtime.use(target, () => Promise.resolve("fine")), "fine");
  await runtime.reset();
});
