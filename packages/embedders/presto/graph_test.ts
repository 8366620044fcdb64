import { isRsembedError, resolveModel } from "@rsembed/core";
import { randomCheckpoint } from "@rsembed/models/checkpoint";
import assert from "node:assert/strict";
import { test } from "node:test";
import { graphSuite } from "../_suite/graph_suite.ts";
import { keyMapOf } from "../_suite/key_maps.ts";
import { card } from "./card.ts";
import { prestoConfigs } from "./config.ts";
import { family, prestoEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: prestoConfigs,
  embedder: prestoEmbedder,
  shallow: (config, depth) => ({ ...config, depth }),
  modalities: () => ["s2", "s1", "s1_s2"],
});

const shapes = { x: [1, 11, 2, 2], visible: [6, 2, 2], months: [1], location: [3, 2, 2] };
const embedder = family.embedder(resolveModel(card, { name: "presto" }));

test("the graph takes the container in which a shared tensor has its other name", () => {
  embedder.graph(shapes, randomCheckpoint(keyMapOf("presto", "rshf-safetensors")!));
});

test("the graph needs the layers of what it sees, and of nothing else", () => {
  const { keys } = keyMapOf("presto", "default")!;
  const without = (part: string) =>
    randomCheckpoint({
      keys: Object.fromEntries(Object.entries(keys).filter(([key]) => !key.includes(part))),
    });
  embedder.graph(shapes, without("ERA5"));
  assert.throws(
    () => embedder.graph(shapes, without("S2_SWIR")),
    (error) => isRsembedError(error, "corrupt") && /S2_SWIR/.test(error.message),
  );
});
