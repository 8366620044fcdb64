/**
 * The patch embedding, made from wavelengths. It does not depend on the image, so it is computed when the graph
 * is written, in float64, and the graph holds a plain kernel.
 *
 * Source: Xiong et al. 2024, arXiv 2403.15356; zhu-xlab/DOFA, `wave_dynamic_layer.py`.
 *
 * @module
 */

import type { RunOptions } from "@rsembed/core";
import type { LazyTensor, Weights } from "@rsembed/models/checkpoint";
import {
  hostAdd,
  hostLinear,
  hostMap,
  hostMatrix,
  hostRows,
  hostStack,
  type Matrix,
  takeHostEncoderLayer,
  takeLinear,
} from "@rsembed/models/layers";
import type { DofaConfig } from "./config.ts";

/** Learnt tokens before those of the bands. */
const weightTokens = 128;
/** Heads of the generator's only block. */
const heads = 4;
/** Width of its feed-forward layer. */
const hidden = 2048;
/** Factor on kernels and bias. */
const scaler = 0.01;

/** Sines, then cosines, of wavelengths in nanometres, (C, W). */
function encodeWaves(wavelengthsUm: readonly number[], width: number): Matrix {
  const half = width / 2;
  const data = new Float64Array(wavelengthsUm.length * width);
  wavelengthsUm.forEach((wave, row) => {
    for (let i = 0; i < half; i++) {
      const angle = wave * 1000 * 10000 ** (-i / half);
      data[row * width + i] = Math.sin(angle);
      data[row * width + half + i] = Math.cos(angle);
    }
  });
  return { rows: wavelengthsUm.length, columns: width, data };
}

/** Kernels and bias of a patch embedding. */
export interface GeneratedEmbedding {
  /** (D, C, P, P). */
  readonly kernel: LazyTensor;
  /** (D,). */
  readonly bias: LazyTensor;
}

/**
 * The patch embedding for bands of these wavelengths.
 *
 * @param weights Those under `patch_embed.`
 */
export function generateEmbedding(
  weights: Weights,
  { waveWidth: w, patchSizePx: p, width }: DofaConfig,
  wavelengthsUm: readonly number[],
): GeneratedEmbedding {
  const bands = wavelengthsUm.length;
  const own = weights.under("weight_generator.");
  const block = own.under("transformer_encoder.layers.0.");
  const square = { inputs: w, outputs: w };
  const refine = [1, 2].map((i) => takeLinear(weights.under(`fclayer.w${i}.`), square));
  const learnt = own.take("weight_tokens", [weightTokens, w]);
  const biasToken = own.take("bias_token", [1, w]);
  const layer = takeHostEncoderLayer(block, { width: w, heads, hidden });
  const toKernel = takeLinear(own.under("fc_weight."), { inputs: w, outputs: p * p * width });
  const toBias = takeLinear(own.under("fc_bias."), { inputs: w, outputs: width });

  const generate = async (options?: RunOptions): Promise<{ waves: Matrix; tokens: Matrix }> => {
    const relu = (x: Matrix) => hostMap(x, (value) => Math.max(0, value));
    const encoded = encodeWaves(wavelengthsUm, w);
    const inner = relu(await hostLinear(encoded, refine[0]!, options));
    const waves = hostAdd(encoded, relu(await hostLinear(inner, refine[1]!, options)));
    const x = hostStack([
      await hostMatrix(learnt, options),
      waves,
      await hostMatrix(biasToken, options),
    ]);
    return { waves, tokens: await layer(x, options) };
  };

  return {
    kernel: {
      shape: [width, bands, p, p],
      async load(options) {
        const { waves, tokens } = await generate(options);
        const refined = hostAdd(hostRows(tokens, weightTokens, weightTokens + bands), waves);
        const { data } = await hostLinear(refined, toKernel, options);
        const kernel = new Float32Array(width * bands * p * p);
        for (let band = 0; band < bands; band++) {
          for (let pixel = 0; pixel < p * p; pixel++) {
            for (let d = 0; d < width; d++) {
              const from = (band * p * p + pixel) * width + d;
              kernel[(d * bands + band) * p * p + pixel] = scaler * data[from]!;
            }
          }
        }
        return kernel;
      },
    },
    bias: {
      shape: [width],
      async load(options) {
        const { tokens } = await generate(options);
        const last = hostRows(tokens, weightTokens + bands, weightTokens + bands + 1);
        const { data } = await hostLinear(last, toBias, options);
        return Float32Array.from(data, (x) => scaler * x);
      },
    },
  };
}
