import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { fomoConfigs } from "./config.ts";
import { fomoEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: fomoConfigs,
  embedder: fomoEmbedder,
  shallow: (config, depth) => ({ ...config, depth }),
  block: /^transformer\.layers\.(\d+)\./,
});
