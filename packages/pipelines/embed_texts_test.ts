import assert from "node:assert/strict";
import { copyFile, mkdir } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isRsembedError, ndarray, resolveModel } from "@rsembed/core";
import { type EmbedderCatalog, embedders, type TextEmbedder } from "@rsembed/embedders";
import { graph, input, reduceMean } from "@rsembed/models/onnx";
import { embedTexts } from "./embed_texts.ts";
import { openRuntime, type Runtime } from "./runtime.ts";
import { temporary, test } from "../core/testdata/folders.ts";

/** A family whose texts are the mean of their characters' codes and their length. */
async function letters(): Promise<{ catalog: EmbedderCatalog; runtime: Runtime }> {
  const { card, load } = embedders["mosaiks"]!;
  const family = await load();
  const text = (): TextEmbedder => ({
    card,
    model: resolveModel(card, { name: "mosaiks" }),
    graphConfig: { tower: "letters" },
    graph: () => {
      const codes = input("codes", { dtype: "float32", shape: [2, 4] });
      return graph("letters", { text: reduceMean(codes, { axes: [2] }) });
    },
    vocabulary: {
      hub: "web",
      url: "https://example.org/letters.txt",
      repo: "toys/letters",
      file: "letters.txt",
      sizeBytes: null,
      sha256: null,
    },
    tokenizer: () =>
      Promise.resolve((words) => {
        const codes = ndarray("float32", { axes: ["row", "place"], shape: [2, 4] });
        for (let i = 0; i < 4; i++) codes.data[i] = words.charCodeAt(i) || 0;
        codes.data.fill(words.length, 4);
        return { codes };
      }),
    readout: ({ text }) => ({
      dtype: "float32",
      axes: ["d"],
      shape: [2],
      data: text!.data as Float32Array<ArrayBuffer>,
    }),
  });
  const cacheDir = await temporary("texts");
  const place = join(cacheDir, "weights", "toys", "letters", "letters.txt");
  await mkdir(dirname(place), { recursive: true });
  await copyFile(fileURLToPath(import.meta.url), place); // any file will do
  return {
    catalog: {
      toy: { card: { ...card, id: "toy" }, load: () => Promise.resolve({ ...family, text }) },
    },
    runtime: openRuntime({ device: "cpu", threads: 1, cacheDir, offline: true }),
  };
}

test("embedTexts() gives one vector a text, in their order, whatever the batch", async () => {
  const { catalog, runtime } = await letters();
  const options = { embedders: catalog, runtime, normalize: false, batchSize: 2 };
  const { data, shape } = await embedTexts("toy", ["aaaa", "b", "", "cccc", "dddddd"], options);
  assert.deepEqual(shape, [5, 2]);
  assert.deepEqual([...data], [97, 4, 98 / 4, 1, 0, 0, 99, 4, 100, 6]);
  const unit = await embedTexts("toy", ["aaaa", "dddddd"], { embedders: catalog, runtime });
  for (let i = 0; i < 2; i++) {
    assert(Math.abs(Math.hypot(unit.data[2 * i]!, unit.data[2 * i + 1]!) - 1) < 1e-6);
  }
  assert.deepEqual((await embedTexts("toy", [], { embedders: catalog, runtime })).shape, [0, 0]);
  await runtime[Symbol.asyncDispose]();
});

test("embedTexts() refuses models that know no texts, and stops at an abort", async () => {
  await assert.rejects(
    embedTexts("mosaiks", ["a"]),
    (error) => isRsembedError(error, "unsupported") && /knows none/.test(error.message),
  );
  const { catalog, runtime } = await letters();
  const reason = new Error("enough");
  const aborted = embedTexts("toy", ["a"], {
    embedders: catalog,
    runtime,
    signal: AbortSignal.abort(reason),
  });
  await assert.rejects(aborted, (error) => error === reason);
  await runtime[Symbol.asyncDispose]();
});

test("embedTexts() runs remoteclip's text tower from a checkpoint", async (t) => {
  const shared = new URL("../../../shared/", import.meta.url);
  const vocabulary = new URL("weights/clip-bpe/bpe_simple_vocab_16e6.txt.gz", shared);
  if (!existsSync(vocabulary)) return void t.skip("../shared/weights/clip-bpe is not there");
  const cacheDir = await temporary("texts");
  const place = join(cacheDir, "weights", "openai", "CLIP", "bpe_simple_vocab_16e6.txt.gz");
  await mkdir(dirname(place), { recursive: true });
  await copyFile(vocabulary, place);
  const runtime = openRuntime({ device: "cpu", cacheDir, offline: true });
  const broken = join(cacheDir, "none.pt");
  // the vocabulary is found and verified; the weights are what is missing
  await assert.rejects(
    embedTexts({ name: "remoteclip", weights: broken }, ["a busy airport"], { runtime }),
    (error) => isRsembedError(error, "not-found") && error.message.includes("none.pt"),
  );
  await runtime[Symbol.asyncDispose]();
});
