/**
 * The bands that Presto knows, in groups that become tokens.
 *
 * Source: nasaharvest/presto, `presto/dataops/pipelines/s1_s2_era5_srtm.py` and `presto/presto.py`.
 *
 * @module
 */

import { type ResolvedModel, RsembedError } from "@rsembed/core";

/** Bands by their place in the encoder's list, and how a raw value is scaled: `(x + add) / divide`. */
export const bands: readonly (readonly [name: string, add: number, divide: number])[] = [
  ["VV", 25, 25],
  ["VH", 25, 25],
  ...["B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B11", "B12"].map((band) =>
    [band, 0, 10000] as const
  ),
  // not 273.15: so it was trained
  ["temperature_2m", -272.15, 35],
  ["total_precipitation", 0, 0.03],
  ["elevation", 0, 2000],
  ["slope", 0, 50],
];

/** The slot of the vegetation index, behind all bands. */
export const ndviSlot: number = bands.length;

/** Bands of Sentinel-2 that are taken, and left out. */
const unused = ["B1", "B9", "B10"];

/** The band of land cover classes. */
export const landCover = "dynamic_world";

/** Bands that become one token a frame. */
export interface BandGroup {
  /** Name of its layer in the checkpoint. */
  readonly name: string;
  /** Places in the encoder's list. */
  readonly slots: readonly number[];
  /** Whether it has one token for the whole series. */
  readonly isStatic: boolean;
}

function group(name: string, slots: readonly number[], isStatic = false): BandGroup {
  return { name, slots, isStatic };
}

/** All groups in the order of the tokens; land cover comes behind them. */
export const groups: readonly BandGroup[] = [
  group("S1", [0, 1]),
  group("S2_RGB", [2, 3, 4]),
  group("S2_Red_Edge", [5, 6, 7]),
  group("S2_NIR_10m", [8]),
  group("S2_NIR_20m", [9]),
  group("S2_SWIR", [10, 11]),
  group("ERA5", [12, 13]),
  group("SRTM", [14, 15], true),
  group("NDVI", [ndviSlot]),
];

/** What of a model's bands the encoder sees. */
export interface PrestoInputs {
  /** Place in the encoder's list of each band of the patch; -1 for those that are left out. */
  readonly slots: readonly number[];
  /** Indices of the groups that are complete. */
  readonly groups: readonly number[];
  /** Index of the band of land cover in the patch, or -1. */
  readonly landCover: number;
}

/**
 * What of a list of bands the encoder sees.
 *
 * @throws {RsembedError} `spec` for bands that it does not know, or that make no group
 */
export function inputsOf({ name, sensor }: Pick<ResolvedModel, "name" | "sensor">): PrestoInputs {
  const refuse = (state: string): never => {
    throw new RsembedError(
      "spec",
      `Cannot run ${name} on bands ${sensor.bands.join(", ")}: ${state}`,
      {
        facts: { field: "sensor.bands", value: sensor.bands },
      },
    );
  };
  const slots = sensor.bands.map((band) => {
    const slot = bands.findIndex(([known]) => known === band);
    if (slot < 0 && band !== landCover && !unused.includes(band)) {
      const known = [...bands.map(([own]) => own), landCover];
      refuse(`${band} is none of ${known.join(", ")}`);
    }
    return slot;
  });
  const has = (slot: number) =>
    slot === ndviSlot ? slots.includes(4) && slots.includes(8) : slots.includes(slot);
  const complete = groups.flatMap((own, i) => own.slots.every(has) ? [i] : []);
  const cover = sensor.bands.indexOf(landCover);
  if (complete.length === 0) refuse("no group of bands is complete");
  return { slots, groups: complete, landCover: cover };
}
