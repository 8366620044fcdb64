/**
 * From imagery to the images that TerraMind takes.
 *
 * Source: rs-embed, `onthefly_terramind.py`; terratorch, `terramind_register.py`.
 *
 * @module
 */

import { ndarray, type Pixels, type Planes, planesOf, resizeBilinear } from "@rsembed/core";
import { clipFinite } from "../_prepare/clip_finite.ts";
import { mapBands, standardized } from "../_prepare/map_bands.ts";
import type { Tensor } from "../embedder.ts";

/** Digital number of full reflectance; higher ones are clipped. */
const fullScale = 10000;

/** Means and deviations of the bands of a modality. */
type Statistics = readonly (readonly [mean: number, std: number])[];

const s2v1: Statistics = [
  [1390.458, 2106.761],
  [1503.317, 2141.107],
  [1718.197, 2038.973],
  [1853.91, 2134.138],
  [2199.1, 2085.321],
  [2779.975, 1889.926],
  [2987.011, 1820.257],
  [3083.234, 1871.918],
  [3132.22, 1753.829],
  [3162.988, 1797.379],
  [2424.884, 1434.261],
  [1857.648, 1334.311],
];

const s2v01: Statistics = [
  [794.311, 1164.883],
  [925.161, 1205.586],
  [1183.128, 1223.713],
  [1338.041, 1399.638],
  [1667.254, 1403.298],
  [2233.633, 1378.513],
  [2460.96, 1434.924],
  [2555.569, 1491.141],
  [2619.542, 1454.089],
  [2703.298, 1660.395],
  [2406.497, 1473.248],
  [1841.645, 1365.08],
];

const others: Readonly<Record<string, Statistics>> = {
  s1grd: [[-12.599, 5.195], [-20.293, 5.89]],
  s1rtc: [[-10.93, 4.391], [-17.329, 4.459]],
  dem: [[670.665, 951.272]],
};

function statisticsOf(modality: string, release: "v1" | "v01"): Statistics {
  return others[modality] ?? (release === "v01" ? s2v01 : s2v1);
}

/** Pixels that are not finite become 0 where they are reflectance, and the band's mean where they are not. */
function finite(planes: Planes, modality: string, statistics: Statistics): Planes {
  if (!(modality in others)) return clipFinite(planes, { low: 0, high: fullScale, fill: 0 });
  return mapBands(planes, (band) => {
    const [mean] = statistics[band]!;
    return (x) => x - x === 0 ? x : mean;
  });
}

/** How pixels become the encoder's input. */
export interface TerramindImageOptions {
  readonly sizePx: number;
  readonly modality: string;
  readonly release: "v1" | "v01";
  readonly normalization: "zscore" | "none";
}

/**
 * The input of the encoder, (C, S, S): stretched, then normalised.
 *
 * @param pixels (1, C, H, W), reflectance x 10000, decibels or metres
 */
export function terramindImage(pixels: Pixels, options: TerramindImageOptions): Tensor {
  const { sizePx, modality, release, normalization } = options;
  const statistics = statisticsOf(modality, release);
  const resized = resizeBilinear(
    finite(planesOf(pixels), modality, statistics),
    { height: sizePx, width: sizePx },
  );
  const { data, count } = normalization === "none"
    ? resized
    : mapBands(resized, (band) => standardized(statistics[band]!));
  return ndarray("float32", { axes: ["band", "y", "x"], shape: [count, sizePx, sizePx], data });
}
