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

/** Positions of the kinds of ground in tables. */
export const coverIndex = {
  water: 0,
  soil: 1,
  sand: 2,
  crop: 3,
  grass: 4,
  forest: 5,
  urban: 6,
  snow: 7,
} as const;

/** Number of kinds of ground. */
export const coverCount = 8;

/** Spectra (cover, band) at the height of the growing season. */
export const spectra: readonly (readonly number[])[] = [
  [560, 500, 440, 300, 250, 210, 190, 160, 150, 140, 90, 60],
  [620, 740, 1020, 1350, 1620, 1800, 1960, 2080, 2220, 2300, 2950, 2500],
  [1400, 1750, 2450, 3100, 3500, 3700, 3850, 4000, 4100, 4200, 5000, 4500],
  [250, 300, 620, 340, 950, 2750, 3500, 3700, 3850, 3800, 1750, 850],
  [330, 410, 730, 560, 1100, 2300, 2750, 2950, 3050, 3050, 2150, 1200],
  [190, 240, 440, 280, 600, 1700, 2200, 2350, 2500, 2450, 1050, 470],
  [950, 1080, 1250, 1400, 1520, 1650, 1750, 1850, 1950, 2000, 2200, 1950],
  [8300, 8500, 8400, 8300, 8100, 8000, 7900, 7800, 7600, 7300, 900, 800],
];

/** What crops, grass and deciduous woods look like out of season. */
export const dormant: readonly number[] = [
  480,
  600,
  880,
  1120,
  1450,
  1750,
  1900,
  2050,
  2200,
  2250,
  2800,
  2000,
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

/** What thick haze adds. */
export const haze: readonly number[] = [110, 80, 55, 40, 35, 30, 28, 24, 20, 16, 6, 3];

/** How much of each cover stays green out of season; 1 for what has no seasons. */
export const evergreen: readonly number[] = [1, 1, 1, 0, 0.35, 0.5, 1, 1];
