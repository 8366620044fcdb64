import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bytesOf, isRsembedError, type NdArray } from "@rsembed/core";
import { loadExport } from "./load.ts";
import { temporary, test } from "../core/testdata/folders.ts";

const folder = fileURLToPath(new URL("./testdata/interop/", import.meta.url));

interface ExpectedArray {
  readonly shape: readonly number[];
  readonly sha256_f32le: string;
  readonly nan_rows: readonly number[];
}

interface Expected {
  readonly load: string;
  readonly load_export: {
    readonly raises?: string;
    readonly layout: string;
    readonly n_items: number;
    readonly status: string;
    readonly models: Record<string, {
      readonly status: string;
      readonly error: string | null;
      readonly embeddings: ExpectedArray | null;
      readonly inputs: ExpectedArray | null;
    }>;
  };
}

/** Where rs-embed's own reader is wrong, what is right. */
const better: Record<string, { status?: string; inputs?: Record<string, number[] | null> }> = {
  // its dense inputs of a partly failed run are shorter than n_items and not aligned
  "combined-failed-point-npz": { inputs: { "toy-rgb": [4, 3, 16, 16] } },
  // its run status is ok though every model is partial
  "per-item-failed-npz": { status: "partial" },
};

function nanRows(array: NdArray): number[] {
  const rows = array.shape[0] ?? 0;
  const size = array.data.length / Math.max(1, rows);
  return Array.from({ length: rows }, (_, row) => row)
    .filter((row) => array.data.subarray(row * size, (row + 1) * size).every(Number.isNaN));
}

function sha256(array: NdArray): string {
  return createHash("sha256").update(bytesOf(array)).digest("hex");
}

function assertArray(actual: NdArray | null, expected: ExpectedArray | null): void {
  if (expected === null) return assert.equal(actual, null);
  assert.ok(actual);
  assert.deepEqual([...actual.shape], expected.shape);
  assert.deepEqual(nanRows(actual), expected.nan_rows);
  if (expected.nan_rows.length === 0) assert.equal(sha256(actual), expected.sha256_f32le);
}

for (const name of (await readdir(folder)).sort()) {
  test(`loadExport() reads ${name} as rs-embed does`, async (t) => {
    const expected: Expected = JSON.parse(
      await readFile(join(folder, name, "expected.json"), "utf8"),
    );
    const path = join(folder, name, expected.load);
    if (name === "per-item-no-manifest-npz") {
      return await assert.rejects(loadExport(path), (error) => isRsembedError(error, "not-found"));
    }
    const run = await loadExport(path);
    try {
      if (expected.load_export.raises) {
        // ragged inputs are no error for us: embeddings stack, inputs come row by row
        assert.equal(name, "per-item-ragged-inputs-npz");
        const model = run.models["toy-rgb"]!;
        assert.deepEqual((await model.embeddings())?.shape[0], run.itemCount);
        assert.equal(await model.inputs(), null);
        assert.equal(await model.shapeOf("input"), null);
        const shapes = [];
        for await (const { array } of model.rows("input")) shapes.push(array.shape.join("x"));
        assert.equal(new Set(shapes).size, 2);
        return;
      }
      const wanted = expected.load_export;
      assert.equal(run.layout, wanted.layout);
      assert.equal(run.itemCount, wanted.n_items);
      assert.equal(run.status, better[name]?.status ?? wanted.status);
      assert.deepEqual(Object.keys(run.models), Object.keys(wanted.models));
      for (const [key, model] of Object.entries(wanted.models)) {
        await t.test(key, async () => {
          const loaded = run.models[key]!;
          assert.equal(loaded.status, model.status);
          assertArray(await loaded.embeddings(), model.embeddings);
          const mended = better[name]?.inputs?.[key];
          if (mended) assert.deepEqual((await loaded.inputs())?.shape, mended);
          else assertArray(await loaded.inputs(), model.inputs);
          const shapes = [await loaded.shapeOf("embedding"), await loaded.shapeOf("input")];
          const read = [await loaded.embeddings(), await loaded.inputs()];
          assert.deepEqual(shapes, read.map((array) => array && array.shape));
        });
      }
    } finally {
      await run[Symbol.asyncDispose]();
    }
  });
}

test("loadExport() aligns the inputs of a partly failed run", async () => {
  const run = await loadExport(join(folder, "combined-failed-point-npz", "run.npz"));
  const inputs = await run.models["toy-rgb"]!.inputs();
  assert.ok(inputs);
  assert.deepEqual(nanRows(inputs), [1]);
  await run[Symbol.asyncDispose]();
});

test("loadExport() reads a date range whose year is the text of a function", async () => {
  const run = await loadExport(join(folder, "combined-pooled-npz", "run.npz"));
  assert.deepEqual(run.temporal, { mode: "range", start: "2022-06-01", end: "2022-09-01" });
  assert.equal(run.spatials[0]?.kind, "point");
  await run[Symbol.asyncDispose]();
});

test("loadExport() says what is missing or damaged", async () => {
  await assert.rejects(
    loadExport("no/such/run.npz"),
    (error) => isRsembedError(error, "not-found"),
  );
  const dir = await temporary("load");
  const npz = await readFile(join(folder, "combined-pooled-npz", "run.npz"));
  await writeFile(join(dir, "run.npz"), npz);
  await assert.rejects(loadExport(join(dir, "run.npz")), /manifest .* is missing/);
  await writeFile(join(dir, "run.json"), '{"n_items": 1, "models"');
  await assert.rejects(
    loadExport(join(dir, "run.npz")),
    (error) => isRsembedError(error, "corrupt"),
  );
  await writeFile(join(dir, "run.json"), '{"n_items": -1, "models": []}');
  await assert.rejects(
    loadExport(join(dir, "run.npz")),
    (error) => isRsembedError(error, "corrupt"),
  );
});

test("loadExport() reads Python's bare NaN as null, and leaves texts alone", async () => {
  const dir = await temporary("load");
  const npz = await readFile(join(folder, "combined-pooled-npz", "run.npz"));
  await writeFile(join(dir, "run.npz"), npz);
  await writeFile(
    join(dir, "run.json"),
    '{"n_items": 3, "status": "ok", "models": [], "a": NaN, "b": -Infinity, "c": "it is NaN"}',
  );
  const run = await loadExport(join(dir, "run.npz"));
  assert.equal(run.manifest["a"], null);
  assert.equal(run.manifest["b"], null);
  assert.equal(run.manifest["c"], "it is NaN");
  await run[Symbol.asyncDispose]();
});
