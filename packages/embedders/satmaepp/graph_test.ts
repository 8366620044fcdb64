import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { satmaeppConfigs } from "./config.ts";
import { satmaeppEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: satmaeppConfigs,
  embedder: satmaeppEmbedder,
  shallow: (config, depth) => ({ ...config, depth }),
});
