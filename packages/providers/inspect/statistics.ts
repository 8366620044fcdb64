/**
 * Statistics of a band.
 *
 * @module
 */

/** What one pass over the finite values of a band says. */
export interface Moments {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Population standard deviation. */
  readonly std: number;
}

/** Moments of finite values, in double precision; NaN where there are none. */
export function momentsOf(values: Float32Array): Moments {
  if (values.length === 0) return { min: NaN, max: NaN, mean: NaN, std: NaN };
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { min, max, mean, std: Math.sqrt(squares / values.length) };
}

/**
 * A quantile of sorted values, interpolated linearly between the two nearest.
 *
 * Source: R-7, the default of `numpy.quantile`.
 */
export function quantile(sorted: Float32Array, share: number): number {
  if (sorted.length === 0) return NaN;
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below]!;
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return low + (high - low) * (position - below);
}

/** Edges of `bins` equal bins over a range. */
export function binEdges([low, high]: readonly [number, number], bins: number): number[] {
  return Array.from(
    { length: bins + 1 },
    (_, i) => i === bins ? high : low + ((high - low) * i) / bins,
  );
}

/** Counts of values in equal bins over a range, whose upper end belongs to the last bin. */
export function histogram(
  values: Float32Array,
  { range: [low, high], bins }: {
    readonly range: readonly [number, number];
    readonly bins: number;
  },
): number[] {
  const counts = new Array<number>(bins).fill(0);
  const scale = bins / (high - low);
  for (const value of values) {
    if (value < low || value > high) continue;
    const bin = Math.min(bins - 1, Math.floor((value - low) * scale));
    counts[bin] = counts[bin]! + 1;
  }
  return counts;
}
