import assert from "node:assert/strict";
import { isRsembedError, ndarray, resolveModel } from "@rsembed/core";
import { embedders, type InputShapes } from "@rsembed/embedders";
import { satmaeConfigs, satmaeEmbedder } from "@rsembed/embedders/satmae";
import { randomCheckpoint } from "@rsembed/models/checkpoint";
import { hasExactInt8 } from "@rsembed/models/runtime";
import { openRuntime, type SessionTarget } from "./runtime.ts";
import { temporary, test } from "../core/testdata/folders.ts";

async function targetOf(sidePx: number): Promise<SessionTarget> {
  const { card, load } = embedders["mosaiks"]!;
  const family = await load();
  const model = resolveModel(card, { name: "mosaiks", options: { features: 8 } });
  return { family, embedder: family.embedder(model), shapes: { image: [4, sidePx, sidePx] } };
}

async function freshRuntime(maxSessions: number) {
  const cacheDir = await temporary("runtime");
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

test("a runtime runs int8 on the CPU, and refuses it elsewhere", async () => {
  const target = await targetOf(16);
  const model = { ...target.embedder.model, precision: "int8" as const };
  const small = { ...target, embedder: { ...target.embedder, model } };
  const elsewhere = openRuntime({ device: "cuda" });
  await assert.rejects(
    elsewhere.use(small, () => Promise.resolve()),
    (error) => isRsembedError(error, "spec") && error.facts.field === "precision",
  );
  const auto = openRuntime({ cacheDir: await temporary("runtime") });
  const device = auto.use(small, (session) => Promise.resolve(session.device));
  if (await hasExactInt8()) assert.equal(await device, "cpu");
  else await assert.rejects(device, (error) => isRsembedError(error, "unsupported"));
  await auto.reset();
});

test("a runtime converts the same model in each precision", async () => {
  const { card, load } = embedders["satmae"]!;
  const tiny = { imageSizePx: 16, patchSizePx: 8, width: 64, depth: 1, heads: 2 };
  const keys = {
    "cls_token": [1, 1, 64],
    "pos_embed": [1, 5, 64],
    "patch_embed.proj.weight": [64, 3, 8, 8],
    "patch_embed.proj.bias": [64],
    "blocks.0.attn.qkv.weight": [192, 64],
    "blocks.0.attn.qkv.bias": [192],
    "blocks.0.attn.proj.weight": [64, 64],
    "blocks.0.mlp.fc1.weight": [256, 64],
    "blocks.0.mlp.fc1.bias": [256],
    "blocks.0.mlp.fc2.weight": [64, 256],
    ...Object.fromEntries(
      [
        "norm.weight",
        "norm.bias",
        "blocks.0.norm1.weight",
        "blocks.0.norm1.bias",
        "blocks.0.norm2.weight",
        "blocks.0.norm2.bias",
        "blocks.0.attn.proj.bias",
        "blocks.0.mlp.fc2.bias",
      ].map((key) => [key, [64]]),
    ),
  };
  const checkpoint = randomCheckpoint({
    keys: Object.fromEntries(
      Object.entries(keys).map(([key, shape]) => [key, { shape, dtype: "float32" }]),
    ),
  });
  const family = await load();
  const run = async (precision: "float32" | "int8") => {
    const model = resolveModel(card, { name: "satmae", precision });
    const made = satmaeEmbedder(model, { ...tiny, statistics: satmaeConfigs["large"]!.statistics });
    const embedder = {
      ...made,
      // found without a file: the test is about what becomes of the graph
      card: { ...card, variants: { large: { ...card.variants["large"]!, weights: null } } },
      graph: (shapes: InputShapes) => made.graph(shapes, checkpoint),
    };
    const image = ndarray("float32", { axes: ["n", "band", "y", "x"], shape: [1, 3, 16, 16] });
    image.data.forEach((_, i) => image.data[i] = Math.sin(i));
    const target = { family, embedder, shapes: { image: [3, 16, 16] } };
    const given = await runtime.use(target, (session) => session.run({ image }));
    return given.pooled!.data as Float32Array;
  };
  const runtime = await freshRuntime(2);
  if (!await hasExactInt8()) return void await assert.rejects(run("int8"));
  const [exact, small] = [await run("float32"), await run("int8")];
  await runtime.reset();
  assert.notDeepEqual(small, exact);
  exact.forEach((value, i) => assert(Math.abs(value - small[i]!) < 0.1));
});
