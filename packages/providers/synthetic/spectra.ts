/**
 * What the ground reflects: surface reflectance x 10000 of pure covers, plausible rather than measured.
 *
 * @module
 */

/** Bands of the world, in the order of the tables. */
export const worldBands = [
  "B1",
  "B2",
  "B3",
  "B4",
  "B5",
  "B6",
  "B7",
  "B8",
  "B8A",
  "B9",
  "B11",
  "B12",
] as const;

/** Kinds of ground, in the order of abundances. */
export const covers = [
  "water",
  "soil",
  "sand",
  "crop",
  "grass",
  "forest",
  "urban",
  "snow",
] as const;

/** Number of {@linkcode covers}. */
export const coverCount: number = covers.length;

/** Spectra (cover, band) at the height of the growing season. */
export const spectra: Readonly<Record<(typeof covers)[number], readonly number[]>> = {
  water: [560, 500, 440, 300, 250, 210, 190, 160, 150, 140, 90, 60],
  soil: [800, 950, 1250, 1650, 1900, 2050, 2200, 2300, 2420, 2500, 3050, 2600],
  sand: [1500, 1900, 2700, 3500, 3800, 3900, 4000, 4100, 4200, 4300, 5200, 4700],
  crop: [250, 300, 620, 340, 950, 2750, 3500, 3700, 3850, 3800, 1750, 850],
  grass: [350, 430, 750, 620, 1150, 2250, 2700, 2900, 3000, 3000, 2200, 1250],
  forest: [170, 210, 380, 220, 520, 1700, 2200, 2350, 2500, 2450, 1050, 470],
  urban: [1000, 1150, 1350, 1500, 1600, 1700, 1800, 1900, 1980, 2000, 2150, 1900],
  snow: [8300, 8500, 8400, 8300, 8100, 8000, 7900, 7800, 7600, 7300, 900, 800],
};

/** What crops, grass and deciduous woods look like out of season. */
export const dormant: readonly number[] = [
  620,
  740,
  1000,
  1250,
  1500,
  1750,
  1900,
  2050,
  2150,
  2200,
  2900,
  2250,
];

/** The top of a thick cloud. */
export const cloud: readonly number[] = [
  6400,
  6500,
  6400,
  6400,
  6450,
  6500,
  6600,
  6700,
  6700,
  5200,
  4300,
  3600,
];
