import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { dofaConfigs } from "./config.ts";
import { dofaEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: dofaConfigs,
  embedder: dofaEmbedder,
  shallow: (config, depth) => ({ ...config, depth }),
});
