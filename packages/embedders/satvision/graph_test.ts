import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { satvisionConfigs } from "./config.ts";
import { satvisionEmbedder } from "./mod.ts";

graphSuite({
  card,
  configs: satvisionConfigs,
  embedder: satvisionEmbedder,
  // the later stages are too large for a test: the first two, and the last norm at their width, stand for them
  shallow: (config) => ({ ...config, stages: config.stages.slice(0, 2) }),
  shallowKeys: ({ keys }) => ({
    keys: Object.fromEntries(
      Object.entries(keys)
        .filter(([key]) => !/\.layers\.([23]|1\.downsample)\./.test(key))
        .map(([key, info]) => [
          key,
          key.startsWith("encoder.norm.") ? { ...info, shape: [1024] } : info,
        ]),
    ),
  }),
});
