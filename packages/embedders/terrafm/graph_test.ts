import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { terrafmConfigs } from "./config.ts";
import { terrafmEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: terrafmConfigs,
  embedder: terrafmEmbedder,
  shallow: (config, depth) => ({ ...config, depth }),
  modalities: (variant) => variant === "base" ? ["s2", "s1"] : ["s2"],
});
