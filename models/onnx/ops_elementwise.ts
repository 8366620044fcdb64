/**
 * Operators that work element by element, with broadcasting.
 *
 * @module
 */

import type { Dtype } from "@rsembed/core";
import { broadcast } from "./dim.ts";
import { apply, type Float, scalar, type Value } from "./value.ts";

function binary<D extends Dtype>(op: string, a: Value<D>, b: Value<D> | number): Value<D> {
  const right = typeof b === "number" ? scalar(b, a.dtype) : b;
  if (a.dtype !== right.dtype) {
    throw new TypeError(`Cannot ${op} ${a.dtype} and ${right.dtype}: types must agree`);
  }
  return apply(op, {
    inputs: [a, right],
    dtype: a.dtype,
    shape: broadcast(a.shape, right.shape),
  });
}

/** `a + b`. */
export function add<D extends Dtype>(a: Value<D>, b: Value<D> | number): Value<D> {
  return binary("Add", a, b);
}

/** `a - b`. */
export function sub<D extends Dtype>(a: Value<D>, b: Value<D> | number): Value<D> {
  return binary("Sub", a, b);
}

/** `a * b`. */
export function mul<D extends Dtype>(a: Value<D>, b: Value<D> | number): Value<D> {
  return binary("Mul", a, b);
}

/** `a / b`. */
export function div<D extends Dtype>(a: Value<D>, b: Value<D> | number): Value<D> {
  return binary("Div", a, b);
}

function unary(op: string, x: Float): Float {
  return apply(op, { inputs: [x], dtype: x.dtype, shape: x.shape });
}

/** `max(x, 0)`. */
export function relu(x: Float): Float {
  return unary("Relu", x);
}

/** The error function. */
export function erf(x: Float): Float {
  return unary("Erf", x);
}

/** The sine, of radians. */
export function sin(x: Float): Float {
  return unary("Sin", x);
}

/** The cosine, of radians. */
export function cos(x: Float): Float {
  return unary("Cos", x);
}

/** The hyperbolic tangent. */
export function tanh(x: Float): Float {
  return unary("Tanh", x);
}

/** `1 / (1 + exp(-x))`. */
export function sigmoid(x: Float): Float {
  return unary("Sigmoid", x);
}
