import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { agrifmConfigs } from "./config.ts";
import { agrifmEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: agrifmConfigs,
  embedder: agrifmEmbedder,
  shallow: (config, depth) => ({
    ...config,
    depths: config.depths.map((blocks) => Math.min(blocks, depth)),
  }),
});
