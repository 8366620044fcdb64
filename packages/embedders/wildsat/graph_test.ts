import { graphSuite } from "../_suite/graph_suite.ts";
import { card } from "./card.ts";
import { type WildsatConfig, wildsatConfigs } from "./config.ts";
import { wildsatEmbedder } from "./mod.ts";

function shallow(config: WildsatConfig, depth: number): WildsatConfig {
  const fewer = (counts: readonly number[]) => counts.map((count) => Math.min(count, depth));
  if (config.arch === "vit") return { ...config, depth };
  return config.arch === "resnet"
    ? { ...config, blocks: fewer(config.blocks) }
    : { ...config, depths: fewer(config.depths) };
}

graphSuite({
  card,
  configs: wildsatConfigs,
  embedder: wildsatEmbedder,
  shallow,
  block: /(?:encoder_layer_|layer\d\.|features\.[1357]\.)(\d+)\./,
});
