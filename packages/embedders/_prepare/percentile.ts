/**
 * Percentiles.
 *
 * @module
 */

/**
 * The value below which a share of all values lies, between the two nearest ones linearly.
 *
 * Source: numpy `percentile(method="linear")`; Hyndman and Fan 1996, definition 7.
 *
 * @param values Finite, at least one; they stay in their order
 * @param share 0 to 1
 */
export function percentile(values: Float32Array, share: number): number {
  if (values.length === 0) throw new RangeError("Cannot take a percentile of no values");
  const sorted = values.slice().sort();
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  const next = sorted[Math.min(sorted.length - 1, low + 1)]!;
  return sorted[low]! + (next - sorted[low]!) * (at - low);
}
