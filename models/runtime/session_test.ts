import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { isRsembedError, ndarray } from "@rsembed/core";
import { encodeModel, graph, input, matMul, relu, sub } from "../onnx/mod.ts";
import { defaultThreads, providersFor } from "./device.ts";
import { openSession } from "./session.ts";
import { temporary, test } from "../../packages/core/testdata/folders.ts";

const x = input("x", { dtype: "float32", shape: [2] });
const model = () => encodeModel(graph("toy", { up: relu(x), down: relu(sub(relu(x), x)) }));
const vectors = (...values: number[]) =>
  ndarray("float32", {
    axes: ["n", "i"],
    shape: [values.length / 2, 2],
    data: Float32Array.from(values),
  });

async function heavy() {
  const square = input("a", { dtype: "float32", shape: [1000, 1000] });
  let product = matMul(square, square);
  for (let i = 0; i < 5; i++) product = matMul(product, square);
  return await openSession(await encodeModel(graph("heavy", { product })), {
    device: "cpu",
    threads: 1,
  });
}

const ones = () => ({
  a: ndarray("float32", {
    axes: ["n", "r", "c"],
    shape: [1, 1000, 1000],
    data: new Float32Array(1_000_000).fill(1e-3),
  }),
});

test("openSession() runs a model, and computes only what is asked", async () => {
  const session = await openSession(await model(), { device: "cpu" });
  try {
    assert.deepEqual([session.device, session.fallback], ["cpu", null]);
    assert.deepEqual([session.inputs, session.outputs], [["x"], ["up", "down"]]);
    const feeds = { x: vectors(-1, 2, 3, -4) };
    const all = await session.run(feeds);
    assert.deepEqual(all["up"]!.data, Float32Array.of(0, 2, 3, 0));
    assert.deepEqual(all["down"]!.data, Float32Array.of(1, 0, 0, 4));
    assert.deepEqual(Object.keys(await session.run(feeds, { outputs: ["down"] })), ["down"]);
    assert.equal(feeds.x.data.length, 4, "the caller's array is still its own");
  } finally {
    await session[Symbol.asyncDispose]();
  }
});

test("a session takes feeds over where it may, and copies what is a part of more", async () => {
  const whole = vectors(-1, 0, 2, -4).data;
  const feed = (data: typeof whole) => ({
    x: ndarray("float32", { axes: ["n", "i"], shape: [data.length / 2, 2], data }),
  });
  const session = await openSession(await model(), { device: "cpu" });
  try {
    const part = await session.run(feed(whole.subarray(2)), { transfer: true });
    assert.deepEqual(part["up"]!.data, Float32Array.of(2, 0));
    assert.deepEqual(whole, Float32Array.of(-1, 0, 2, -4));
    const all = await session.run(feed(whole), { transfer: true });
    assert.deepEqual(all["up"]!.data, Float32Array.of(0, 0, 2, 0));
    assert.equal(whole.length, 0);
    const gone = { x: ndarray("float32", { axes: ["n", "i"], shape: [0, 2], data: whole }) };
    const again = { x: { ...gone.x, shape: [2, 2] } };
    await assert.rejects(session.run(again, { transfer: true }), /handed over/);
    await assert.rejects(session.run(again), TypeError);
  } finally {
    await session[Symbol.asyncDispose]();
  }
});

test("openSession() opens a model file by its path", async () => {
  const path = join(await temporary("session"), "model.onnx");
  await writeFile(path, await model());
  const session = await openSession(path, { device: "cpu" });
  assert.deepEqual((await session.run({ x: vectors(5, -5) }))["up"]!.data, Float32Array.of(5, 0));
  await session[Symbol.asyncDispose]();
});

test("a session falls back to the CPU and says why", async () => {
  // DirectML and Core ML exclude each other
  const device = process.platform === "win32" ? "coreml" : "dml";
  const session = await openSession(await model(), { device });
  assert.equal(session.device, "cpu");
  assert.match(session.fallback ?? "", new RegExp(device));
  await session[Symbol.asyncDispose]();
});

test("openSession() refuses bytes that are no model, unknown devices and impossible threads", async () => {
  await assert.rejects(
    openSession(Uint8Array.of(1, 2, 3), { device: "cpu" }),
    (error) => isRsembedError(error, "corrupt"),
  );
  await assert.rejects(
    openSession("no/such/model.onnx", { device: "cpu" }),
    (error) => isRsembedError(error, "corrupt") && error.message.includes("no/such/model.onnx"),
  );
  await assert.rejects(
    openSession(await model(), { device: "tpu" as never }),
    (error) => isRsembedError(error, "spec"),
  );
  await assert.rejects(openSession(await model(), { threads: 0 }), RangeError);
});

test("a session refuses wrong inputs and goes on", async () => {
  const session = await openSession(await model(), { device: "cpu" });
  const wrong = ndarray("float32", { axes: ["n", "i"], shape: [1, 3] });
  await assert.rejects(session.run({ x: wrong }), (error) => isRsembedError(error, "corrupt"));
  await assert.rejects(session.run({}), (error) => isRsembedError(error, "corrupt"));
  assert.deepEqual((await session.run({ x: vectors(1, 1) }))["up"]!.data, Float32Array.of(1, 1));
  await session[Symbol.asyncDispose]();
});

test("the event loop runs on while a session works", async () => {
  const session = await heavy();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 2);
  await session.run(ones());
  clearInterval(timer);
  assert.ok(ticks > 5, `${ticks} ticks during a run`);
  await session[Symbol.asyncDispose]();
});

test("an abort rejects at once with the signal's reason, and the session can be used again", async () => {
  const session = await heavy();
  const reason = new Error("enough");
  const controller = new AbortController();
  const running = session.run(ones(), { signal: controller.signal });
  controller.abort(reason);
  await assert.rejects(running, (error) => error === reason);
  await assert.rejects(
    session.run(ones(), { signal: controller.signal }),
    (error) => error === reason,
  );
  const { product } = await session.run(ones());
  assert.deepEqual(product!.shape, [1, 1000, 1000]);
  await session[Symbol.asyncDispose]();
});

test("runs of one session queue up and keep their answers apart", async () => {
  const session = await openSession(await model(), { device: "cpu" });
  const results = await Promise.all(
    Array.from(
      { length: 20 },
      (_, i) => session.run({ x: vectors(i, -1 - i) }, { outputs: ["up"] }),
    ),
  );
  results.forEach(({ up }, i) => assert.deepEqual(up!.data, Float32Array.of(i, 0)));
  await session[Symbol.asyncDispose]();
});

test("a closed session rejects what runs and what comes after", async () => {
  const session = await heavy();
  const running = session.run(ones());
  const rejected = assert.rejects(running, (error) => isRsembedError(error, "unavailable"));
  await session[Symbol.asyncDispose]();
  await rejected;
  await assert.rejects(session.run(ones()), (error) => isRsembedError(error, "unavailable"));
});

test("providersFor() ends with the CPU and chooses WebGPU only when it is asked for", () => {
  for (const platform of ["linux", "win32", "darwin"] as const) {
    const tried = providersFor("auto", platform);
    assert.equal(tried.at(-1), "cpu");
    assert.equal(tried.includes("webgpu"), false);
  }
  assert.deepEqual(providersFor("webgpu"), ["webgpu", "cpu"]);
  assert.ok(defaultThreads() >= 1);
});
