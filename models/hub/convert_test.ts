import assert from "node:assert/strict";
import { readdir, readFile, truncate } from "node:fs/promises";
import { dirname, join } from "node:path";
import { add, type Graph, graph, input, parameter } from "../onnx/mod.ts";
import { type Conversion, convertOnce } from "./convert.ts";
import { temporary, test } from "../../packages/core/testdata/folders.ts";

const size = 1000;

function toy(load: () => Promise<Float32Array<ArrayBuffer>>): Graph {
  const x = input("x", { dtype: "float32", shape: [size] });
  return graph("toy", { y: add(x, parameter({ shape: [size], load })) });
}

function conversion(counts: { built: number }, change: Partial<Conversion> = {}): Conversion {
  return {
    sourceHash: "a".repeat(64),
    key: { family: "toy", variant: "small", graphVersion: 1, graphKey: "s1" },
    build() {
      counts.built++;
      return toy(() => Promise.resolve(new Float32Array(size).fill(2)));
    },
    ...change,
  };
}

test("convertOnce() converts once, and again for another source, version or graph", async () => {
  const cacheDir = await temporary("convert");
  const counts = { built: 0 };
  const first = await convertOnce(conversion(counts), { cacheDir });
  assert.equal(await convertOnce(conversion(counts), { cacheDir }), first);
  assert.equal(counts.built, 1);
  assert.deepEqual((await readdir(dirname(first))).sort(), [
    "conversion.json",
    "model.onnx",
    "model.onnx.data",
  ]);
  const { key } = conversion(counts);
  for (
    const change of [
      { sourceHash: "b".repeat(64) },
      { key: { ...key, graphVersion: 2 } },
      { key: { ...key, graphKey: "s2" } },
    ]
  ) {
    assert.notEqual(await convertOnce(conversion(counts, change), { cacheDir }), first);
  }
  assert.equal(counts.built, 4);
});

test("convertOnce() makes a damaged conversion anew", async () => {
  const cacheDir = await temporary("convert");
  const counts = { built: 0 };
  const path = await convertOnce(conversion(counts), { cacheDir });
  const whole = await readFile(`${path}.data`);
  await truncate(`${path}.data`, 10);
  assert.equal(await convertOnce(conversion(counts), { cacheDir }), path);
  assert.equal(counts.built, 2);
  assert.deepEqual(await readFile(`${path}.data`), whole);
});

test("convertOnce() leaves nothing behind when weights cannot be read or it is aborted", async () => {
  const cacheDir = await temporary("convert");
  const broken = conversion({ built: 0 }, {
    build: () => toy(() => Promise.reject(new Error("torn"))),
  });
  await assert.rejects(convertOnce(broken, { cacheDir }), /torn/);
  const reason = new Error("enough");
  const controller = new AbortController();
  const aborted = conversion({ built: 0 }, {
    build: () =>
      toy(() => {
        controller.abort(reason);
        return Promise.resolve(new Float32Array(size));
      }),
  });
  await assert.rejects(
    convertOnce(aborted, { cacheDir, signal: controller.signal }),
    (error) => error === reason,
  );
  assert.deepEqual(await readdir(join(cacheDir, "graphs")), []);
});

test("convertOnce() by several at once gives one whole conversion", async () => {
  const cacheDir = await temporary("convert");
  const counts = { built: 0 };
  const paths = await Promise.all(
    Array.from({ length: 6 }, () => convertOnce(conversion(counts), { cacheDir })),
  );
  assert.equal(new Set(paths).size, 1);
  assert.deepEqual((await readdir(join(cacheDir, "graphs"))).length, 1);
});
