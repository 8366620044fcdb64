/**
 * The patch embedding of version 1.5, made from wavelengths. It does not depend on the image, so it is computed when
 * the graph is written, in float64, and the graph holds a plain kernel.
 *
 * Source: Clay-foundation/model, `claymodel/factory.py`.
 *
 * @module
 */

import type { RunOptions } from "@rsembed/core";
import type { LazyTensor, Weights } from "@rsembed/models/checkpoint";
import {
  hostAdd,
  hostGelu,
  hostLinear,
  hostMap,
  hostMatrix,
  hostRows,
  hostStack,
  type Matrix,
  takeHostEncoderLayer,
  takeLinear,
} from "@rsembed/models/layers";
import type { ClayConfig } from "./config.ts";

/** Heads of the generator's only block. */
const heads = 4;
/** Factor on kernels, not on the bias. */
const scaler = 0.02;

/** Sines, then cosines, of wavelengths in micrometres, (C, W). */
function encodeWaves(wavelengthsUm: readonly number[], width: number): Matrix {
  const half = width / 2;
  const data = new Float64Array(wavelengthsUm.length * width);
  wavelengthsUm.forEach((wave, row) => {
    for (let i = 0; i < half; i++) {
      const angle = wave * 10000 ** (-i / (half - 1));
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
  /** Encoded wavelengths, (C, W). */
  readonly waves: LazyTensor;
}

/**
 * The patch embedding for bands of these wavelengths.
 *
 * @param weights Those under `patch_embedding.`
 */
export function generateEmbedding(
  weights: Weights,
  { waveWidth: w, patchSizePx: p, width }: ClayConfig,
  wavelengthsUm: readonly number[],
): GeneratedEmbedding {
  const bands = wavelengthsUm.length;
  const own = weights.under("weight_generator.");
  const square = { inputs: w, outputs: w };
  const refine = [1, 2].map((i) => takeLinear(weights.under(`fclayer.l${i}.`), square));
  const latents = own.shapeOf("weight_tokens")?.[0] ?? 128;
  const learnt = own.take("weight_tokens", [latents, w]);
  const biasToken = own.take("bias_token", [1, w]);
  const layer = takeHostEncoderLayer(own.under("encoder.layers.0."), { width: w, heads });
  const toKernel = takeLinear(own.under("fc_weight."), { inputs: w, outputs: p * p * width });
  const toBias = takeLinear(own.under("fc_bias."), { inputs: w, outputs: width });

  const refined = async (options?: RunOptions): Promise<Matrix> => {
    const encoded = encodeWaves(wavelengthsUm, w);
    const inner = hostMap(await hostLinear(encoded, refine[0]!, options), hostGelu);
    return hostAdd(encoded, hostMap(await hostLinear(inner, refine[1]!, options), hostGelu));
  };
  const generate = async (options?: RunOptions): Promise<{ waves: Matrix; tokens: Matrix }> => {
    const waves = await refined(options);
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
        const seen = hostAdd(hostRows(tokens, latents, latents + bands), waves);
        const { data } = await hostLinear(seen, toKernel, options);
        const kernel = new Float32Array(width * bands * p * p);
        for (let band = 0; band < bands; band++) {
          for (let d = 0; d < width; d++) {
            for (let pixel = 0; pixel < p * p; pixel++) {
              const from = (band * width + d) * p * p + pixel;
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
        const last = hostRows(tokens, latents + bands, latents + bands + 1);
        return Float32Array.from((await hostLinear(last, toBias, options)).data);
      },
    },
    waves: {
      shape: [bands, w],
      load: async (options) => Float32Array.from((await refined(options)).data),
    },
  };
}
