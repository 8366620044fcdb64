/**
 * Is this imagery what it should be? Statistics, and what looks wrong.
 *
 * Source: the report of rs-embed's `inspect_provider_patch`, keys and limits.
 *
 * @module
 */

import type { Patch, Pixels } from "@rsembed/core";
import { binEdges, histogram, momentsOf, quantile } from "./statistics.ts";

/** What was seen, with rs-embed's keys. Lists have one entry a band. */
export interface InspectionReport {
  /** What stands in its messages. */
  readonly name: string;
  /** Whether nothing looks wrong. */
  readonly ok: boolean;
  /** What looks wrong, one line each. */
  readonly issues: readonly string[];
  /** (C, H, W) for one frame, (T, C, H, W) for several. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: string;
  /** Share of finite values. */
  readonly finite_frac: number;
  /** Smallest finite values. */
  readonly band_min: readonly number[];
  /** Largest finite values. */
  readonly band_max: readonly number[];
  /** Means of finite values. */
  readonly band_mean: readonly number[];
  /** Standard deviations of finite values. */
  readonly band_std: readonly number[];
  /** Quantiles of finite values. */
  readonly band_quantiles: Readonly<Record<"p01" | "p50" | "p99", readonly number[]>>;
  /** 1 % of the values lie below. */
  readonly band_p01: readonly number[];
  /** Medians. */
  readonly band_p50: readonly number[];
  /** 1 % of the values lie above. */
  readonly band_p99: readonly number[];
  /** Which quantiles these are. */
  readonly quantiles: readonly number[];
  /** Edges of the bins, one more than bins. */
  readonly hist_bins?: readonly number[];
  /** Counts of values in each bin. */
  readonly band_hist?: readonly (readonly number[])[];
  /** First and last edge. */
  readonly hist_range?: readonly [number, number];
  /** The same once more, as one object. */
  readonly hist?: {
    readonly bins: readonly number[];
    readonly counts: readonly (readonly number[])[];
    readonly range: readonly [number, number];
  };
  /** The value of pixels without imagery. */
  readonly fill_value: number;
  /** Share of values equal to the fill value. */
  readonly fill_frac: number;
  /** Share of values outside of the range asked for. */
  readonly outside_range_frac?: number;
  /** What could not be computed, one line each. */
  readonly warnings?: readonly string[];
  /** Rows and columns that were sampled: every one, every second, ... */
  readonly downsample_stride?: number;
}

/** Options of {@linkcode inspectPixels}. */
export interface InspectPixelsOptions {
  /** Stands in messages. @default "patch" */
  readonly name?: string;
  /** Values outside of it are suspicious. */
  readonly valueRange?: readonly [number, number];
  /** The value of pixels without imagery. @default 0 */
  readonly fillValue?: number;
  /** Number of bands there should be. */
  readonly expectedBands?: number;
}

const maxSampled = 1_500_000;
const maxHistogramBands = 16;
const histogramBins = 32;
const limits = { finite: 0.999, std: 1e-6, outside: 0.001, fill: 0.98 };

interface Sampled {
  /** Values of each band, all frames together. */
  readonly bands: readonly Float32Array[];
  readonly stride: number;
}

function sample(pixels: Pixels): Sampled {
  const [t, c, h, w] = pixels.shape;
  const stride = Math.max(1, Math.ceil(Math.sqrt(pixels.data.length / maxSampled)));
  const rows = Math.ceil(h / stride);
  const columns = Math.ceil(w / stride);
  const bands = Array.from({ length: c }, (_, band) => {
    const values = new Float32Array(t * rows * columns);
    let n = 0;
    for (let frame = 0; frame < t; frame++) {
      const plane = (frame * c + band) * h * w;
      for (let row = 0; row < h; row += stride) {
        for (let column = 0; column < w; column += stride) {
          values[n++] = pixels.data[plane + row * w + column]!;
        }
      }
    }
    return values;
  });
  return { bands, stride };
}

function count(bands: readonly Float32Array[], is: (value: number) => boolean): number {
  let n = 0;
  for (const band of bands) for (const value of band) if (is(value)) n++;
  return n;
}

/** Histograms over the asked range, or from the lowest p01 to the highest p99. */
function histograms(
  bands: readonly Float32Array[],
  range: readonly [number, number],
): Pick<InspectionReport, "hist_bins" | "band_hist" | "hist_range" | "hist"> {
  const edges = binEdges(range, histogramBins);
  const counts = bands.map((values) => histogram(values, { range, bins: histogramBins }));
  return {
    hist_bins: edges,
    band_hist: counts,
    hist_range: range,
    hist: { bins: edges, counts, range },
  };
}

/**
 * Reports on pixels (T, C, H, W). Frames are taken together, band by band; above 1.5 million values every
 * n-th row and column is sampled.
 *
 * Not ok: less than 99.9 % finite, a band without spread (standard deviation below 1e-6), more than 0.1 %
 * outside the range, more than 98 % equal to the fill value, a wrong number of bands.
 */
export function inspectPixels(
  pixels: Pixels,
  options: InspectPixelsOptions = {},
): InspectionReport {
  const { name = "patch", valueRange, fillValue = 0, expectedBands } = options;
  const [t, c, h, w] = pixels.shape;
  const { bands, stride } = sample(pixels);
  const total = bands.reduce((n, band) => n + band.length, 0);
  const finite = bands.map((band) => band.filter(Number.isFinite));
  const sorted = finite.map((band) => band.slice().sort());
  const moments = finite.map(momentsOf);
  const finiteCount = finite.reduce((n, band) => n + band.length, 0);
  const share = (n: number) => total === 0 ? 0 : n / total;
  const fillShare = share(count(bands, (value) => value === Math.fround(fillValue)));
  const quantiles = [0.01, 0.5, 0.99].map((q) => sorted.map((band) => quantile(band, q)));
  const [p01, p50, p99] = quantiles as [number[], number[], number[]];

  const issues: string[] = [];
  const warnings: string[] = [];
  const percent = (n: number) => `${(100 * n).toFixed(2)} %`;
  if (expectedBands !== undefined && c !== expectedBands) {
    issues.push(`${name}: ${c} bands, ${expectedBands} are expected`);
  }
  if (total === 0) issues.push(`${name}: no pixels`);
  if (share(finiteCount) < limits.finite) {
    issues.push(`${name}: ${percent(1 - share(finiteCount))} of the values are NaN or infinite`);
  }
  const flat = moments.flatMap(({ std }, band) => std >= limits.std ? [] : [band]);
  if (flat.length > 0) issues.push(`${name}: nearly constant bands at indices ${flat.join(", ")}`);
  let outside: number | undefined;
  if (valueRange) {
    const [low, high] = valueRange;
    outside = share(count(finite, (value) => value < low || value > high));
    if (outside > limits.outside) {
      issues.push(`${name}: ${percent(outside)} of the values lie outside ${low} to ${high}`);
    }
  }
  if (fillShare > limits.fill) {
    issues.push(`${name}: ${percent(fillShare)} of the values are the fill value ${fillValue}`);
  }

  const range = valueRange ?? [Math.min(...p01), Math.max(...p99)] as const;
  let hist = {};
  if (c > maxHistogramBands) {
    warnings.push(`${name}: no histograms of more than ${maxHistogramBands} bands`);
  } else if (range[0] < range[1]) hist = histograms(finite, range);
  else warnings.push(`${name}: no histograms of values without spread`);

  return {
    name,
    ok: issues.length === 0,
    issues,
    shape: t === 1 ? [c, h, w] : [t, c, h, w],
    dtype: pixels.dtype,
    finite_frac: share(finiteCount),
    band_min: moments.map(({ min }) => min),
    band_max: moments.map(({ max }) => max),
    band_mean: moments.map(({ mean }) => mean),
    band_std: moments.map(({ std }) => std),
    band_quantiles: { p01, p50, p99 },
    band_p01: p01,
    band_p50: p50,
    band_p99: p99,
    quantiles: [0.01, 0.5, 0.99],
    ...hist,
    fill_value: fillValue,
    fill_frac: fillShare,
    ...(outside === undefined ? {} : { outside_range_frac: outside }),
    ...(warnings.length > 0 ? { warnings } : {}),
    ...(stride > 1 ? { downsample_stride: stride } : {}),
  };
}

/** Reports on a patch; see {@linkcode inspectPixels}. */
export function inspectPatch(patch: Patch, options: InspectPixelsOptions = {}): InspectionReport {
  return inspectPixels(patch.pixels, options);
}
