import {
  isRsembedError,
  ndarray,
  type OptionValue,
  type OutputSpec,
  resolveModel,
} from "@rsembed/core";
import assert from "node:assert/strict";
import { test } from "node:test";
import { card, family } from "./mod.ts";

const mean: OutputSpec = { mode: "pooled", pooling: "mean" };
const max: OutputSpec = { mode: "pooled", pooling: "max" };

function embedder(options: Record<string, OptionValue> = {}, variant = "vit-b-32") {
  return family.embedder(resolveModel(card, { name: "remoteclip", variant, options }));
}

test("family.embedder() refuses an input that patches do not fill", () => {
  assert.throws(
    () => embedder({ image_size: 100 }),
    (error) => isRsembedError(error, "spec") && /patch of 32 px/.test(error.message),
  );
  assert.equal(embedder({ image_size: 98 }, "vit-l-14").imageSizePx, 98);
});

test("outputs() and readout() give the pooled kind that was asked for", () => {
  const projection = ndarray("float32", { axes: ["e"], shape: [2], data: Float32Array.of(7, 8) });
  const grid = ndarray("float32", {
    axes: ["d", "y", "x"],
    shape: [2, 1, 2],
    data: Float32Array.of(1, 3, -4, -2),
  });
  const plain = embedder();
  assert.deepEqual([...plain.readout({ grid }, max).data], [3, -2]);
  assert.notDeepEqual(plain.outputs(mean), embedder({ pooled: "projection" }).outputs(mean));
  const projected = embedder({ pooled: "projection" });
  assert.deepEqual([...projected.readout({ projection }, mean).data], [7, 8]);
});

test("outputs() refuses the maximum of a projection", () => {
  assert.throws(
    () => embedder({ pooled: "projection" }).outputs(max),
    (error) => isRsembedError(error, "spec") && error.facts.field === "output.pooling",
  );
});

test("graphConfig knows the activation and not the pooled kind", () => {
  assert.deepEqual(embedder({ pooled: "projection" }).graphConfig, embedder().graphConfig);
  assert.notDeepEqual(embedder({ activation: "quick_gelu" }).graphConfig, embedder().graphConfig);
});
