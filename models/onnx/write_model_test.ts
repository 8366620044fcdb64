import { isRsembedError, type Progress } from "@rsembed/core";
import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { assertClose, weight } from "../_suite/run_graph.ts";
import type { LazyTensor } from "../checkpoint/mod.ts";
import { add, encodeModel, type Float, gemm, graph, input, parameter, writeModel } from "./mod.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "rsembed-write-model-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const width = 3000;
const x = input("x", { dtype: "float32", shape: [width] });

/** The sum of an input, large weights and a small one. */
function sum(tensors: readonly LazyTensor[], small = 0.25) {
  const values = tensors.map((tensor) => parameter(tensor));
  return graph("sum", { y: values.reduce<Float>(add, add(x, small)) });
}

async function run(model: string | Uint8Array): Promise<Float32Array> {
  const options = { logSeverityLevel: 3 as const };
  const session = typeof model === "string"
    ? await InferenceSession.create(model, options)
    : await InferenceSession.create(model, options);
  const { y } = await session.run({
    x: new Tensor("float32", new Float32Array(width), [1, width]),
  });
  return y!.data as Float32Array;
}

test("writeModel() writes a model that the runtime loads, with its weights beside it", async () => {
  const tensors = [weight([width], 1), weight([1, width], 2)];
  const path = join(folder, "model.onnx");
  await writeModel(sum(tensors), path);
  assert.deepEqual((await readdir(folder)).sort(), ["model.onnx", "model.onnx.data"]);
  // the second tensor begins at a multiple of 4096 behind the 12000 bytes of the first
  assert.equal((await stat(`${path}.data`)).size, 12288 + 4 * width);
  assert((await stat(path)).size < 1000);
  const wanted = tensors[0]!.data.map((value, i) => 0.25 + value + tensors[1]!.data[i]!);
  assertClose(await run(path), wanted);
  assertClose(await run(await encodeModel(sum(tensors))), wanted);
});

test("writeModel() reports its progress by bytes, up to the total", async () => {
  const seen: Progress[] = [];
  await writeModel(sum([weight([width], 1)]), join(folder, "m.onnx"), {
    onProgress: (progress) => seen.push(progress),
  });
  const totalBytes = 4 + 4 * width;
  assert.deepEqual(seen.at(-1), {
    stage: "convert",
    model: "sum",
    doneBytes: totalBytes,
    totalBytes,
  });
  assert.equal(seen.length, 2);
});

test("writeModel() loads one tensor after another", async () => {
  let loading = 0;
  const slow = (seed: number): LazyTensor => {
    const { shape, data } = weight([width], seed);
    return {
      shape,
      async load() {
        assert.equal(++loading, 1);
        await new Promise((resolve) => setTimeout(resolve, 1));
        loading--;
        return data;
      },
    };
  };
  await writeModel(sum([slow(1), slow(2), slow(3)]), join(folder, "m.onnx"));
  assert.equal(loading, 0);
});

test("writeModel() leaves what was there when loading fails, and hands the error on", async () => {
  const path = join(folder, "m.onnx");
  await writeModel(sum([weight([width], 1)]), path);
  const before = [await readFile(path), await readFile(`${path}.data`)];
  const reason = new Error("the checkpoint is torn");
  const torn = { shape: [width], load: () => Promise.reject(reason) };
  await assert.rejects(
    writeModel(sum([weight([width], 2), torn]), path),
    (error) => error === reason,
  );
  assert.deepEqual((await readdir(folder)).sort(), ["m.onnx", "m.onnx.data"]);
  assert.deepEqual([await readFile(path), await readFile(`${path}.data`)], before);
});

test("writeModel() replaces a model, also by one without a data file", async () => {
  const path = join(folder, "m.onnx");
  await writeModel(sum([weight([width], 1)]), path);
  await writeModel(sum([weight([width], 2)]), path);
  assertClose(await run(path), weight([width], 2).data.map((value) => value + 0.25));
  await writeModel(sum([]), path);
  assert.deepEqual(await readdir(folder), ["m.onnx"]);
  assertClose(await run(path), new Float32Array(width).fill(0.25));
});

test("writeModel() stops at an abort with the signal's reason, leaving nothing", async () => {
  const path = join(folder, "m.onnx");
  const stop = new AbortController();
  const reason = new Error("enough");
  const stopping: LazyTensor = {
    shape: [width],
    load: (options) => {
      assert.equal(options?.signal, stop.signal);
      stop.abort(reason);
      return Promise.resolve(new Float32Array(width));
    },
  };
  for (const tensors of [[stopping], [stopping, weight([width], 1)]]) {
    await assert.rejects(
      writeModel(sum(tensors), path, { signal: stop.signal }),
      (error) => error === reason,
    );
    assert.deepEqual(await readdir(folder), []);
  }
});

test("writeModel() refuses tensors of another size than they said", async () => {
  const short = { shape: [width], load: () => Promise.resolve(new Float32Array(3)) };
  await assert.rejects(writeModel(sum([short]), join(folder, "m.onnx")), RangeError);
  await assert.rejects(encodeModel(sum([short])), RangeError);
  assert.deepEqual(await readdir(folder), []);
});

test("writeModel() says which path the disk refused", async () => {
  await writeFile(join(folder, "file"), "");
  for (const path of [join(folder, "no", "m.onnx"), join(folder, "file", "m.onnx")]) {
    await assert.rejects(writeModel(sum([]), path), (error) => {
      assert(isRsembedError(error, "unavailable"));
      assert.equal(error.facts.resource, path);
      assert.equal(error.facts.permanent, true);
      assert(error.message.includes(`Cannot write the model "${path}"`), error.message);
      return true;
    });
  }
});

test("encodeModel() refuses more weights than a message can hold, before loading any", async () => {
  const huge = { shape: [width, 2 ** 20], load: () => assert.fail("must not load") };
  await assert.rejects(
    encodeModel(graph("huge", { y: gemm(x, { weight: parameter(huge) }) })),
    (error) => isRsembedError(error, "limit") && error.facts.actual === 4 * width * 2 ** 20,
  );
});
