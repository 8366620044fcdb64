/**
 * What DOFA knows of the bands of Sentinel-2.
 *
 * Source: rs-embed, `onthefly_dofa.py`; means and deviations of the authors' demonstration, of digital numbers
 * scaled to 0 to 255.
 *
 * @module
 */

import { type ResolvedModel, RsembedError } from "@rsembed/core";

/** A band that can be fed. */
export interface DofaBand {
  /** Central wavelength, micrometres. */
  readonly wavelengthUm: number;
  readonly mean: number;
  readonly std: number;
}

const known: Readonly<Record<string, DofaBand>> = {
  B2: { wavelengthUm: 0.49, mean: 126.63977424, std: 67.42465279 },
  B3: { wavelengthUm: 0.56, mean: 114.81779093, std: 69.96844919 },
  B4: { wavelengthUm: 0.665, mean: 114.1099739, std: 77.84352553 },
  B5: { wavelengthUm: 0.705, mean: 84.33539309, std: 64.57022983 },
  B6: { wavelengthUm: 0.74, mean: 97.84789168, std: 61.72545487 },
  B7: { wavelengthUm: 0.783, mean: 103.94461911, std: 61.34187099 },
  B8: { wavelengthUm: 0.842, mean: 101.435633, std: 60.29744676 },
  B11: { wavelengthUm: 1.61, mean: 72.32804172, std: 47.88519516 },
  B12: { wavelengthUm: 2.19, mean: 56.66528851, std: 42.55886798 },
};

/**
 * The bands of a model, with wavelengths of its own where it states them.
 *
 * @throws {RsembedError} `spec` for a band without statistics, or wavelengths that do not go with the bands
 */
export function dofaBands({ name, sensor, options }: ResolvedModel): readonly DofaBand[] {
  const refuse = (field: string, value: unknown, state: string): never => {
    throw new RsembedError("spec", `Cannot run ${name} on ${value}: ${state}`, {
      facts: { field, value },
    });
  };
  const bands = sensor.bands.map((band) =>
    known[band] ??
      refuse(
        "sensor.bands",
        `band ${band}`,
        `means and deviations are known of ${Object.keys(known).join(", ")}`,
      )
  );
  if (options.wavelengths === null) return bands;
  const text = String(options.wavelengths);
  const waves = text.split(",").map(Number);
  if (
    waves.length !== bands.length || !waves.every((wave) => wave > 0 && Number.isFinite(wave))
  ) {
    refuse(
      "wavelengths",
      `wavelengths ${text}`,
      `${bands.length} positive numbers, one for each band, are wanted`,
    );
  }
  return bands.map((band, i) => ({ ...band, wavelengthUm: waves[i]! }));
}
