/**
 * Two linear layers with an activation between them.
 *
 * @module
 */

import type { Float } from "../onnx/mod.ts";
import type { Activation } from "./activation.ts";
import { linear, type LinearWeights } from "./linear.ts";

/** The linear layers of an MLP, first to last. */
export interface MlpWeights {
  /** From the width of the tokens to the hidden one. */
  readonly hidden: LinearWeights;
  /** Back to the width of the tokens. */
  readonly out: LinearWeights;
}

/** Options of {@linkcode mlp}. */
export interface MlpOptions extends MlpWeights {
  /** Applied between the two. */
  readonly activation: Activation;
}

/** `out(activation(hidden(x)))` over the last axis. */
export function mlp(x: Float, { hidden, out, activation }: MlpOptions): Float {
  return linear(activation(linear(x, hidden)), out);
}
