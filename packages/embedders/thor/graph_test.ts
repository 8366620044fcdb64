import assert from "node:assert/strict";
import { test } from "node:test";
import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { bandGroups, thorConfigs } from "./config.ts";
import { tokenDistances } from "./graph.ts";
import { thorEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: thorConfigs,
  embedder: thorEmbedder,
  shallow: (config, depth) => ({ ...config, depth }),
  modalities: () => ["s2", "s1"],
});

test("tokenDistances() measures between centres on the ground, across groups too", () => {
  // 2 x 2 tokens of 10 m bands, then one of 20 m bands over all of them
  const distances = tokenDistances(bandGroups.s2, [2, 1]);
  const row = [0, 0.5, 0.5, Math.SQRT1_2, Math.hypot(0.25, 0.25)];
  assert.deepEqual([...distances.subarray(0, 5)], row);
  assert.equal(distances.length, 25);
});
