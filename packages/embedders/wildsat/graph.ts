/**
 * The networks as graphs, with the heads of WildSAT behind them.
 *
 * Source: Daroya et al. 2025, arXiv 2412.14428; cvl-umass/wildsat, `models/get_model.py`.
 *
 * @module
 */

import { type Checkpoint, type Weights, weightsOf } from "@rsembed/models/checkpoint";
import { linear, type LinearWeights, takeLinear } from "@rsembed/models/layers";
import { type Float, type Graph, graph, input, relu } from "@rsembed/models/onnx";
import type { InputShapes } from "../embedder.ts";
import type { WildsatConfig } from "./config.ts";
import { resnet } from "./resnet.ts";
import { swin } from "./swin.ts";
import { vit } from "./vit.ts";

/** What decides the graph. */
export type WildsatGraphConfig = WildsatConfig & {
  /** Head that is wanted; the highest there is where it is missing. */
  readonly branch: number;
};

/** Where training code keeps the weights, beside those of other models. */
const trained = "satellite_state_dict.";

/** Keys that give no embedding: of other models, other heads, tables that are computed, counters of training. */
function leftovers(root: string): readonly RegExp[] {
  return [
    ...(root.startsWith(trained) ? [/^(?!satellite_state_dict\.)/] : []),
    /(^|\.)decoder\./,
    /\.relative_position_index$/,
    /\.num_batches_tracked$/,
  ];
}

/** What stands before all keys of the network and its heads, whoever saved them. */
function rootOf(names: readonly string[]): string {
  const own = names.filter((name) => name.startsWith(trained));
  const [name = ""] = own.length > 0 ? own : names;
  return /^(satellite_state_dict\.)?(module\.|satellite_model\.|model\.)*/.exec(name)![0];
}

const mostBranches = 9;
const mostLayers = 32;

/** The linear layers of a head, first to last. */
function takeHead(weights: Weights, classes: number): LinearWeights[] {
  const layers: LinearWeights[] = [];
  let inputs = classes;
  for (let i = 0; i < mostLayers; i++) {
    const shape = weights.shapeOf(`${i}.weight`);
    // others are norms that training used
    if (shape?.length !== 2) continue;
    const outputs = shape[0]!;
    const bias = weights.has(`${i}.bias`);
    layers.push(takeLinear(weights.under(`${i}.`), { inputs, outputs, bias }));
    inputs = outputs;
  }
  return layers;
}

/** The layers of the head that is wanted, of another where it is missing, of none where there is none. */
function findHead(
  weights: Weights,
  { branch, classes }: { branch: number; classes: number },
): LinearWeights[] {
  const hasLayers = (at: string) =>
    Array.from({ length: mostLayers }, (_, i) => i)
      .some((i) => weights.shapeOf(`${at}${i}.weight`)?.length === 2);
  const branches = [branch, ...Array.from({ length: mostBranches }, (_, i) => mostBranches - i)]
    .map((number) => `decoder.backbone${number}.`);
  const found = [...branches, "decoder.backbone."].find(hasLayers);
  return found === undefined ? [] : takeHead(weights.under(found), classes);
}

function network(
  image: Float,
  weights: Weights,
  config: WildsatConfig & { readonly sizePx: number },
): Record<string, Float> {
  if (config.arch === "vit") return vit(image, weights, config);
  return config.arch === "resnet" ? resnet(image, weights, config) : swin(image, weights, config);
}

/**
 * A network for `image` (N, 3, S, S), in 0 to 1. Its outputs: `backbone` (N, classes); `pooled` (N, K), the head's,
 * or the classes where the file has no head; and of the vision transformer `tokens` (N, 1 + h * w, D), `grid`
 * (N, D, h, w) and `token_mean` (N, D).
 *
 * @throws {RsembedError} `corrupt` where the checkpoint lacks keys, has keys left over, or has wrong shapes
 */
export function wildsatGraph(
  shapes: InputShapes,
  checkpoint: Checkpoint | null,
  { branch, ...config }: WildsatGraphConfig,
): Graph {
  const sizePx = config.arch === "vit" ? config.imageSizePx : shapes.image?.[1] ?? 0;
  if (checkpoint === null || `${shapes.image}` !== `${[3, sizePx, sizePx]}`) {
    throw new TypeError(
      `Cannot build WildSAT for images of (${shapes.image}): a checkpoint and (3, S, S) are wanted`,
    );
  }
  const names = [...checkpoint.tensors.keys()];
  const root = rootOf(names);
  const all = weightsOf(checkpoint);
  const weights = all.under(root);
  const image = input("image", { dtype: "float32", shape: [3, sizePx, sizePx] });
  // a file without heads may hold the network alone
  const isWrapped = names.some((name) => name.startsWith(`${root}backbone.`));
  const own = isWrapped ? weights.under("backbone.") : weights;
  const outputs = network(image, own, { ...config, sizePx });
  const head = findHead(weights, { branch, classes: config.classes });
  const pooled = head.reduce(
    (x, layer, i) => linear(i === 0 ? x : relu(x), layer),
    outputs.backbone!,
  );
  all.finish(leftovers(root));
  return graph("wildsat", { ...outputs, pooled });
}
