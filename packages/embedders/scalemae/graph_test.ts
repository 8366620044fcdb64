import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { scalemaeConfigs } from "./config.ts";
import { scalemaeEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: scalemaeConfigs,
  embedder: scalemaeEmbedder,
  shallow: (config, depth) => ({ ...config, depth }),
});
