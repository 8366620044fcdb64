/**
 * Backscatter as linear power.
 *
 * @module
 */

import { RsembedError } from "@rsembed/core";

/**
 * Refuses values of which most are negative, as decibels are and power is not.
 *
 * @param name Of the model, for the message
 * @throws {RsembedError} `spec` for backscatter in decibels
 */
export function refuseDecibels(values: Float32Array, name: string): void {
  let [negative, present] = [0, 0];
  for (const x of values) {
    if (x < 0) negative++;
    if (x !== 0 && x - x === 0) present++;
  }
  if (negative > present / 2) {
    throw new RsembedError(
      "spec",
      `Cannot run ${name} on the patch: most of its values are negative, as decibels are; linear power is ` +
        "wanted",
      { facts: { field: "sensor.useFloatLinear" } },
    );
  }
}
