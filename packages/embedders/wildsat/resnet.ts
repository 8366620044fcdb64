/**
 * torchvision's residual network of bottlenecks.
 *
 * Source: torchvision, `models/resnet.py` (v1.5: the stride is in the 3 x 3 convolution); He et al. 2015, arXiv
 * 1512.03385.
 *
 * @module
 */

import type { Weights } from "@rsembed/models/checkpoint";
import { convNorm, linear, takeConvNorm, takeLinear } from "@rsembed/models/layers";
import { add, type Float, maxPool, reduceMean, relu } from "@rsembed/models/onnx";
import type { ResnetConfig } from "./config.ts";

/** Channels that a bottleneck gives over its width. */
const expansion = 4;

function bottleneck(
  x: Float,
  weights: Weights,
  { inputs, width, stride }: { inputs: number; width: number; stride: number },
): Float {
  const outputs = expansion * width;
  const take = (i: number, sizes: { inputs: number; outputs: number; side: number }) =>
    takeConvNorm(weights.under(`conv${i}.`), weights.under(`bn${i}.`), sizes);
  const narrow = convNorm(x, take(1, { inputs, outputs: width, side: 1 }));
  const seen = convNorm(relu(narrow), take(2, { inputs: width, outputs: width, side: 3 }), stride);
  const wide = convNorm(relu(seen), take(3, { inputs: width, outputs, side: 1 }));
  if (!weights.has("downsample.0.weight")) return relu(add(wide, x));
  const down = weights.under("downsample.");
  const shortcut = takeConvNorm(down.under("0."), down.under("1."), { inputs, outputs, side: 1 });
  return relu(add(wide, convNorm(x, shortcut, stride)));
}

/** The classes. */
export function resnet(
  image: Float,
  weights: Weights,
  config: ResnetConfig,
): Record<string, Float> {
  const { stem, widths, blocks, classes } = config;
  const first = takeConvNorm(weights.under("conv1."), weights.under("bn1."), {
    inputs: 3,
    outputs: stem,
    side: 7,
  });
  let x = maxPool(relu(convNorm(image, first, 2)), {
    kernel: [3, 3],
    stride: [2, 2],
    padding: [1, 1, 1, 1],
  });
  let inputs = stem;
  for (const [layer, count] of blocks.entries()) {
    const width = widths[layer]!;
    for (let i = 0; i < count; i++) {
      const own = weights.under(`layer${layer + 1}.${i}.`);
      x = bottleneck(x, own, { inputs, width, stride: layer > 0 && i === 0 ? 2 : 1 });
      inputs = expansion * width;
    }
  }
  const pooled = reduceMean(x, { axes: [2, 3] });
  return {
    backbone: linear(pooled, takeLinear(weights.under("fc."), { inputs, outputs: classes })),
  };
}
