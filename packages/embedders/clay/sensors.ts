/**
 * What Clay knows of sensors.
 *
 * Source: Clay-foundation/model, `configs/metadata.yaml`; of version 0, its release notes and `datamodule.py`.
 *
 * @module
 */

import { type ResolvedModel, RsembedError } from "@rsembed/core";

/** A band that can be fed. */
export interface ClayBand {
  readonly mean: number;
  readonly std: number;
  /** Central wavelength, micrometres. */
  readonly wavelengthUm: number;
}

type Table = Readonly<Record<string, readonly [mean: number, std: number, wavelengthUm: number]>>;

const landsatL2 = [
  [13705, 9578, 0.65],
  [13310, 9408, 0.56],
  [12474, 10144, 0.48],
  [17801, 8277, 0.86],
  [14615, 5300, 1.6],
  [12701, 4522, 2.2],
] as const;

const landsatL1 = [
  [10678, 6025, 0.65],
  [10563, 5411, 0.56],
  [11083, 5468, 0.48],
  [14792, 6746, 0.86],
  [12276, 5897, 1.6],
  [10114, 4850, 2.2],
] as const;

const modis = [
  [1072, 1643, 0.645],
  [1624, 1878, 0.858],
  [931, 1449, 0.469],
  [1023, 1538, 0.555],
  [1599, 1763, 1.24],
  [1404, 1618, 1.64],
  [1051, 1396, 2.13],
] as const;

function named(names: readonly string[], rows: readonly Table[string][]): Table {
  return Object.fromEntries(names.map((name, i) => [name, rows[i]!]));
}

/** Bands by modality and name. */
const tables: Readonly<Record<string, Table>> = {
  s2: {
    B2: [1105, 1809, 0.493],
    B3: [1355, 1757, 0.56],
    B4: [1552, 1888, 0.665],
    B5: [1887, 1870, 0.704],
    B6: [2422, 1732, 0.74],
    B7: [2630, 1697, 0.783],
    B8: [2743, 1742, 0.842],
    B8A: [2785, 1648, 0.865],
    B11: [2388, 1470, 1.61],
    B12: [1835, 1379, 2.19],
  },
  landsat_l2: named(["SR_B4", "SR_B3", "SR_B2", "SR_B5", "SR_B6", "SR_B7"], landsatL2),
  landsat_l1: named(["B4", "B3", "B2", "B5", "B6", "B7"], landsatL1),
  s1_rtc: { VV: [-12.113, 8.314, 3.5], VH: [-18.673, 8.017, 4] },
  naip: {
    R: [110.16, 47.23, 0.65],
    G: [115.41, 39.82, 0.56],
    B: [98.15, 35.43, 0.48],
    N: [139.04, 49.86, 0.842],
  },
  linz: {
    red: [89.96, 41.83, 0.635],
    green: [99.46, 36.96, 0.555],
    blue: [89.51, 31.45, 0.465],
  },
  modis: named([1, 2, 3, 4, 5, 6, 7].map((band) => `sur_refl_b0${band}`), modis),
};

/** Means and deviations of the 13 bands of version 0's chips: Sentinel-2, VH, VV, elevation. */
export const chipStatistics: readonly (readonly [mean: number, std: number])[] = [
  [1369.03, 2026.96],
  [1597.68, 2011.88],
  [1741.1, 2146.35],
  [2053.58, 2138.96],
  [2569.82, 2003.27],
  [2763.01, 1962.45],
  [2858.43, 2016.38],
  [2893.86, 1917.12],
  [2303, 1679.88],
  [1807.79, 1568.06],
  [0.026, 0.118],
  [0.118, 0.873],
  [499.46, 880.35],
];

/**
 * The bands of a model of version 1.5, in its order.
 *
 * @throws {RsembedError} `spec` for a band that the sensor does not have
 */
export function clayBands({ name, modality, sensor }: ResolvedModel): readonly ClayBand[] {
  const table = tables[modality] ?? {};
  return sensor.bands.map((band) => {
    const row = Object.hasOwn(table, band) ? table[band] : undefined;
    if (!row) {
      throw new RsembedError(
        "spec",
        `Cannot run ${name} on band ${band}: those of ${modality} are ${
          Object.keys(table).join(", ")
        }`,
        { facts: { field: "sensor.bands", value: band } },
      );
    }
    const [mean, std, wavelengthUm] = row;
    return { mean, std, wavelengthUm };
  });
}
