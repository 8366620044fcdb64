import { type ExportTarget, grid, ndarray, pointBuffer, pooled } from "@rsembed/core";
import assert from "node:assert/strict";
import { join } from "node:path";
import { getEmbedding } from "./embed.ts";
import { exportBatch } from "./export.ts";
import { loadExport } from "./load.ts";
import { dequantize, quantize } from "./quantize.ts";
import { temporary, test } from "../core/testdata/folders.ts";

const backend = "synthetic";

function array(shape: readonly number[], data: number[]) {
  const axes = ["d", "y", "x"].slice(0, shape.length);
  return ndarray("float32", { axes, shape, data: Float32Array.from(data) });
}

test("quantize() to int8 has the largest value of each vector become 127", () => {
  const { array: q, scale, cosine } = quantize(array([3], [0.5, -1, 0.25]), "int8");
  assert.deepEqual([...q.data], [64, -127, 32]);
  assert.deepEqual(scale?.shape, []);
  assert(Math.abs(scale!.data[0]! - 1 / 127) < 1e-9);
  assert(cosine > 0.9999 && cosine < 1);
});

test("quantize() to int8 has a scale for each cell of a grid", () => {
  const cells = array([2, 1, 3], [1, 0, 100, -2, 0, 50]);
  const { array: q, scale } = quantize(cells, "int8");
  assert.deepEqual(scale?.shape, [1, 3]);
  assert.deepEqual([...q.data], [64, 0, 127, -127, 0, 64]);
  const back = dequantize(q, scale).data;
  for (const [i, x] of cells.data.entries()) {
    assert(Math.abs(back[i]! - x) <= Math.abs(scale!.data[i % 3]!) / 2 + 1e-6);
  }
});

test("quantize() to int8 marks vectors that are not finite", () => {
  const { scale } = quantize(array([2, 1, 2], [NaN, 1, 2, 1]), "int8");
  assert.deepEqual([...scale!.data], [NaN, Math.fround(1 / 127)]);
});

test("quantize() to float16 rounds, and float32 stays as it is", () => {
  const given = array([2], [0.1, 3]);
  const half = quantize(given, "float16");
  assert.deepEqual([...dequantize(half.array, null).data], [0.0999755859375, 3]);
  const same = quantize(given, "float32");
  assert.equal(same.array, given);
  assert.equal(same.cosine, 1);
});

test("exportBatch() stores embeddings in fewer bytes, and loadExport() gives them back", async () => {
  const spatials = [9, 9.1, 9.2].map((lon) => pointBuffer({ lon, lat: 57, bufferM: 160 }));
  for (const output of [pooled(), grid()]) {
    const singly: Float32Array[] = [];
    for (const spatial of spatials) {
      const { data } = await getEmbedding("mosaiks", { spatial, output }, { backend });
      singly.push(data.data);
    }
    for (const quantization of ["float16", "int8"] as const) {
      const dir = await temporary("quantize");
      const targets: ExportTarget[] = [
        { layout: "combined", path: join(dir, "run.npz") },
        { layout: "per_item", dir: join(dir, "items"), names: null },
      ];
      for (const target of targets) {
        await exportBatch(
          { spatials, models: ["mosaiks"], target, output, quantization, saveInputs: false },
          { backend },
        );
        const run = await loadExport(target.layout === "combined" ? target.path : target.dir);
        const { data } = (await run.models["mosaiks"]!.embeddings())!;
        const size = data.length / spatials.length;
        for (const [i, wanted] of singly.entries()) {
          const most = wanted.reduce((m, x) => Math.max(m, Math.abs(x)), 0);
          const within = quantization === "int8" ? most / 250 : most / 2000;
          for (const [k, x] of wanted.entries()) {
            assert(Math.abs(data[i * size + k]! - x) <= within);
          }
          const cosine = run.models["mosaiks"]!.meta[i]!["quantization_cosine"] as number;
          assert(cosine > 0.999 && cosine < 1, String(cosine));
        }
        const [entry] = run.manifest["models"] as { quantization: Record<string, unknown> }[];
        assert.equal(entry!.quantization["dtype"], quantization);
        assert.equal(
          entry!.quantization["decode"],
          quantization === "int8" ? "v = q * scale" : "v = q",
        );
        await run[Symbol.asyncDispose]();
      }
    }
  }
});
