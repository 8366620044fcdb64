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

/** Points in space, metres. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly z: Float64Array;
}

/** One layer of noise. */
export interface Layer {
  /** Distance of the random values, metres. */
  readonly wavelengthM: number;
  /** Factor of the values, which run from 0 to 1. */
  readonly height: number;
  readonly seed: number;
}

/**
 * Adds value noise: random values on a cubic lattice, smoothly interpolated.
 *
 * @param out One value a point
 */
export function addNoise(
  out: Float64Array,
  { x: xs, y: ys, z: zs }: Points,
  { wavelengthM, height, seed }: Layer,
): void {
  const frequency = 1 / wavelengthM;
  const unit = height / 4294967296;
  let x0 = NaN, y0 = NaN, z0 = NaN;
  // the interpolation's eight coefficients, kept while neighbours stay in one cell
  let k = 0, ku = 0, kv = 0, kuv = 0, kw = 0, kuw = 0, kvw = 0, kuvw = 0;
  for (let i = 0; i < out.length; i++) {
    const x = xs[i]! * frequency;
    const y = ys[i]! * frequency;
    const z = zs[i]! * frequency;
    const fx = Math.floor(x);
    const fy = Math.floor(y);
    const fz = Math.floor(z);
    if (fx !== x0 || fy !== y0 || fz !== z0) {
      x0 = fx;
      y0 = fy;
      z0 = fz;
      k = unit * mix(fx, fy, fz, seed);
      ku = unit * mix(fx + 1, fy, fz, seed);
      kv = unit * mix(fx, fy + 1, fz, seed);
      kuv = unit * mix(fx + 1, fy + 1, fz, seed) - ku - kv + k;
      kw = unit * mix(fx, fy, fz + 1, seed);
      kuw = unit * mix(fx + 1, fy, fz + 1, seed);
      kvw = unit * mix(fx, fy + 1, fz + 1, seed);
      kuvw = unit * mix(fx + 1, fy + 1, fz + 1, seed) - kuw - kvw + kw - kuv;
      kuw += k - kw - ku;
      kvw += k - kw - kv;
      ku -= k;
      kv -= k;
      kw -= k;
    }
    let u = x - fx;
    let v = y - fy;
    let w = z - fz;
    u *= u * (3 - 2 * u);
    v *= v * (3 - 2 * v);
    w *= w * (3 - 2 * w);
    out[i]! += k + u * ku + v * (kv + u * kuv) + w * (kw + u * kuw + v * (kvw + u * kuvw));
  }
}

/** Options of {@linkcode fractal}. */
export interface FractalOptions {
  /** Length of the largest features, metres. */
  readonly wavelengthM: number;
  /** Layers, each of half the length and half the height of the one before. */
  readonly octaves: number;
  readonly seed: number;
}

/** The layers of fractal noise, largest first; their heights add up to 1. */
export function octavesOf({ wavelengthM, octaves, seed }: FractalOptions): Layer[] {
  const total = 2 - 2 ** (1 - octaves);
  return Array.from({ length: octaves }, (_, i) => ({
    wavelengthM: wavelengthM / 2 ** i,
    height: 0.5 ** i / total,
    seed: seed + i,
  }));
}

/** Fractal noise of some points, 0 to 1 with mean 0.5. */
export function fractal(points: Points, options: FractalOptions): Float64Array {
  const out = new Float64Array(points.x.length);
  for (const layer of octavesOf(options)) addNoise(out, points, layer);
  return out;
}

/** 0 below `from`, 1 above `to`, smooth between. */
export function smoothstep(from: number, to: number, value: number): number {
  if (value <= from) return 0;
  if (value >= to) return 1;
  const t = (value - from) / (to - from);
  return t * t * (3 - 2 * t);
}
