/**
 * Two linear layers with a gate between them.
 *
 * @module
 */

import { type Float, mul, sigmoid } from "../onnx/mod.ts";
import { linear, type LinearWeights } from "./linear.ts";

/** The linear layers of a gated MLP. */
export interface GatedMlpWeights {
  /** From the width of the tokens to the hidden one: how much passes. */
  readonly gate: LinearWeights;
  /** From the width of the tokens to the hidden one: what passes. */
  readonly value: LinearWeights;
  /** Back to the width of the tokens. */
  readonly out: LinearWeights;
}

/** `x * sigmoid(x)`. Source: Ramachandran et al. 2017, arXiv 1710.05941. */
export function silu(x: Float): Float {
  return mul(x, sigmoid(x));
}

/**
 * `out(silu(gate(x)) * value(x))` over the last axis.
 *
 * Source: Shazeer 2020, "GLU Variants Improve Transformer", arXiv 2002.05202, SwiGLU.
 */
export function gatedMlp(x: Float, { gate, value, out }: GatedMlpWeights): Float {
  return linear(mul(silu(linear(x, gate)), linear(x, value)), out);
}
