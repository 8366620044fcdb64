import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { satmaeConfigs } from "./config.ts";
import { satmaeEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: satmaeConfigs,
  embedder: satmaeEmbedder,
  shallow: (config, depth) => ({ ...config, depth }),
});
