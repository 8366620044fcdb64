/**
 * Half precision.
 *
 * @module
 */

import { roundHalfEven } from "@rsembed/core";

/** Numbers from here on are infinite in half precision. */
const overflow = 65520;

/**
 * The nearest number of half precision, halves to the even one; infinite beyond 65504.
 *
 * Source: IEEE 754, binary16.
 */
export function roundToHalf(x: number): number {
  const size = Math.abs(x);
  if (!(size < overflow)) return x > 0 ? Infinity : x < 0 ? -Infinity : x;
  if (size === 0) return x;
  const exponent = Math.max(-14, Math.floor(Math.log2(size)));
  const unit = 2 ** (exponent - 10);
  return Math.sign(x) * roundHalfEven(size / unit) * unit;
}
