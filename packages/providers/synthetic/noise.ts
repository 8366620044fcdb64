/**
 * Noise over the whole Earth: smooth random values of a point in space, the same for everybody who asks.
 *
 * @module
 */

/** A 32-bit mix of four integers. Source: the finalizer of MurmurHash3 (Appleby). */
function mix(x: number, y: number, z: number, seed: number): number {
  let h = Math.imul(x, 0x8da6b343) ^ Math.imul(y, 0xd8163841) ^ Math.imul(z, 0xcb1ab31f) ^ seed;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A random value in [0, 1) for three integers. */
export function hash01(x: number, y: number, z: number, seed: number): number {
  return mix(x, y, z, seed) / 4294967296;
}

/** A seed for a named part of the world. */
export function subSeed(seed: number, part: number): number {
  return mix(part, 0x5bd1e995, part >>> 7, seed) | 0;
}

/**
 * Value noise: random values on a cubic lattice of unit pitch, smoothly interpolated, 0 to 1.
 */
export function noise3(x: number, y: number, z: number, seed: number): number {
  const x0 = Math.floor(x);
  const y0 = Math.floor(y);
  const z0 = Math.floor(z);
  const u = x - x0;
  const v = y - y0;
  const w = z - z0;
  const su = u * u * (3 - 2 * u);
  const sv = v * v * (3 - 2 * v);
  const sw = w * w * (3 - 2 * w);
  const a = mix(x0, y0, z0, seed);
  const b = mix(x0 + 1, y0, z0, seed);
  const c = mix(x0, y0 + 1, z0, seed);
  const d = mix(x0 + 1, y0 + 1, z0, seed);
  const e = mix(x0, y0, z0 + 1, seed);
  const f = mix(x0 + 1, y0, z0 + 1, seed);
  const g = mix(x0, y0 + 1, z0 + 1, seed);
  const h = mix(x0 + 1, y0 + 1, z0 + 1, seed);
  const low = a + (b - a) * su + (c + (d - c) * su - a - (b - a) * su) * sv;
  const high = e + (f - e) * su + (g + (h - g) * su - e - (f - e) * su) * sv;
  return (low + (high - low) * sw) / 4294967296;
}

/** Options of {@linkcode fractal}. */
export interface FractalOptions {
  /** Length of the largest features, metres. */
  readonly wavelengthM: number;
  /** Layers, each of half the length and half the height of the one before. */
  readonly octaves: number;
  readonly seed: number;
}

/** Fractal noise of a point in metres, about 0 to 1 with mean 0.5. */
export function fractal(
  x: number,
  y: number,
  z: number,
  { wavelengthM, octaves, seed }: FractalOptions,
): number {
  let frequency = 1 / wavelengthM;
  let height = 0.5;
  let sum = 0;
  let total = 0;
  for (let i = 0; i < octaves; i++) {
    sum += height * noise3(x * frequency, y * frequency, z * frequency, seed + i);
    total += height;
    height *= 0.5;
    frequency *= 2;
  }
  return sum / total;
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothstep(from: number, to: number, value: number): number {
  const t = Math.max(0, Math.min(1, (value - from) / (to - from)));
  return t * t * (3 - 2 * t);
}
