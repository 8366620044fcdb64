/**
 * torchvision's vision transformer.
 *
 * Source: torchvision, `models/vision_transformer.py`; Dosovitskiy et al. 2020, arXiv 2010.11929.
 *
 * @module
 */

import type { Weights } from "@rsembed/models/checkpoint";
import {
  gelu,
  layerNorm,
  linear,
  patchEmbedding,
  patchOutputs,
  takeLayerNorm,
  takeLinear,
  takeMultiheadAttention,
  transformerBlock,
  withClassToken,
} from "@rsembed/models/layers";
import { batch, type Float, reshape, slice } from "@rsembed/models/onnx";
import type { VitConfig } from "./config.ts";

/** Added to variances by all norms. */
const epsilon = 1e-6;

/** A linear layer of an MLP, whose name older releases had otherwise. */
function takeMlp(weights: Weights, [name, older]: [string, string], sides: [number, number]) {
  const known = weights.has(`${older}.weight`) ? older : name;
  return takeLinear(weights.under(`${known}.`), { inputs: sides[0], outputs: sides[1] });
}

/** Tokens, the class token first, the grid of the others with their mean, and the classes. */
export function vit(image: Float, weights: Weights, config: VitConfig): Record<string, Float> {
  const { imageSizePx, patchSizePx: p, width, depth, heads, hidden, classes } = config;
  const side = imageSizePx / p;
  const cells = side * side;
  const positions = weights.take("encoder.pos_embedding", [1, 1 + cells, width]);
  let x = withClassToken(
    patchEmbedding(image, {
      kernel: weights.take("conv_proj.weight", [width, 3, p, p]),
      bias: weights.take("conv_proj.bias", [width]),
    }),
    {
      token: weights.take("class_token", [1, 1, width]),
      positions: { ...positions, shape: [1 + cells, width] },
    },
  );
  for (let i = 0; i < depth; i++) {
    const own = weights.under(`encoder.layers.encoder_layer_${i}.`);
    x = transformerBlock(x, {
      norm1: takeLayerNorm(own.under("ln_1."), { width, epsilon }),
      attention: { weights: takeMultiheadAttention(own.under("self_attention."), width), heads },
      norm2: takeLayerNorm(own.under("ln_2."), { width, epsilon }),
      mlp: {
        hidden: takeMlp(own, ["mlp.0", "mlp.linear_1"], [width, hidden]),
        out: takeMlp(own, ["mlp.3", "mlp.linear_2"], [hidden, width]),
      },
      activation: gelu,
    });
  }
  const tokens = layerNorm(x, takeLayerNorm(weights.under("encoder.ln."), { width, epsilon }));
  const first = reshape(slice(tokens, { axis: 1, start: 0, end: 1 }), [batch(), width]);
  const head = takeLinear(weights.under("heads.head."), { inputs: width, outputs: classes });
  const { pooled, grid } = patchOutputs(tokens, { prefix: 1, height: side, width: side });
  return { tokens, grid, token_mean: pooled, backbone: linear(first, head) };
}
