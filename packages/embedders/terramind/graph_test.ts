import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { terramindConfigs } from "./config.ts";
import { terramindEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: terramindConfigs,
  embedder: terramindEmbedder,
  shallow: (config, depth) => ({ ...config, depth }),
  block: /^encoder\.(\d+)\./,
  modalities: (variant) => variant === "tiny" ? ["s2l2a", "s1grd", "s1rtc", "dem"] : ["s2l2a"],
});
