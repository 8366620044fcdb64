/**
 * Backscatter on a logarithmic scale of its own.
 *
 * Source: rs-embed, `providers/gee_utils.py`, as its adapters of TerraFM and THOR use it.
 *
 * @module
 */

import { refuseDecibels } from "./linear_power.ts";
import { percentile } from "./percentile.ts";

/** The share of values below the one that becomes 1. */
const topShare = 0.99;

/**
 * The logarithm of 1 plus the power, over its 99th percentile in all bands together, in 0 to 1. What is negative or
 * not finite becomes 0.
 *
 * @param name Of the model, for the message
 * @throws {RsembedError} `spec` for backscatter in decibels
 */
export function logPower(power: Float32Array, name: string): Float32Array<ArrayBuffer> {
  refuseDecibels(power, name);
  const data = new Float32Array(power.length);
  for (let i = 0; i < data.length; i++) {
    const x = power[i]!;
    data[i] = x - x === 0 && x > 0 ? Math.log1p(x) : 0;
  }
  const top = percentile(data, topShare);
  const scale = top > 0 ? top : 1;
  for (let i = 0; i < data.length; i++) data[i] = Math.min(1, data[i]! / scale);
  return data;
}
