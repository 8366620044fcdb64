import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { clayConfigs } from "./config.ts";
import { clayEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: clayConfigs,
  embedder: clayEmbedder,
  shallow: (config, depth) => ({ ...config, depth }),
  block: /\.encoder\.transformer\.layers\.(\d+)\./,
  modalities: (variant) => variant === "large" ? ["s2", "s1_rtc"] : ["v0_chip"],
});
