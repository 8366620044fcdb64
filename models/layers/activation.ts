/**
 * The GELU kinds.
 *
 * @module
 */

import { add, div, erf, type Float, mul, sigmoid, tanh } from "../onnx/mod.ts";

/** A function of each element. */
export type Activation = (x: Float) => Float;

/**
 * GELU, exact: `x * (1 + erf(x / sqrt(2))) / 2`.
 *
 * Source: Hendrycks and Gimpel, arXiv 1606.08415.
 */
export function gelu(x: Float): Float {
  // in this order, the runtime recognises it and runs it in one pass
  return mul(mul(x, add(erf(div(x, Math.SQRT2)), 1)), 0.5);
}

/**
 * GELU as approximated by a hyperbolic tangent: `x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2`.
 *
 * Source: as of {@linkcode gelu}.
 */
export function geluTanh(x: Float): Float {
  const cubic = mul(x, add(mul(mul(x, x), 0.044715), 1));
  return mul(mul(x, add(tanh(mul(cubic, Math.sqrt(2 / Math.PI))), 1)), 0.5);
}

/**
 * GELU as approximated by a sigmoid: `x * sigmoid(1.702 x)`.
 *
 * Source: as of {@linkcode gelu}; the activation of OpenAI's CLIP.
 */
export function quickGelu(x: Float): Float {
  return mul(x, sigmoid(mul(x, 1.702)));
}
