/**
 * Random filters, the same for the same seed in every process and runtime.
 *
 * @module
 */

/** Mixes the bits of a counter, so that neighbouring seeds have nothing in common. Source: C. Wellons, hash-prospector. */
function mix(counter: number): number {
  let z = counter | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/** The state of a generator: four words that are not all 0. */
export type State = readonly [number, number, number, number];

/** A state from a whole number from 0 to 2^32 - 1: the bits of four counters, mixed. */
export function stateOf(seed: number): State {
  const word = (i: number) => mix(seed + Math.imul(i, 0x9e3779b9));
  return [word(1), word(2), word(3), word(4)];
}

/**
 * Whole numbers from 0 to 2^32 - 1, xoshiro128**.
 *
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", arXiv 1805.01407.
 */
export function randomUint32(start: State): () => number {
  let [a, b, c, d] = start;
  const turn = (x: number, bits: number) => (x << bits) | (x >>> (32 - bits));
  return () => {
    const result = Math.imul(turn(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = turn(d, 11);
    return result;
  };
}

/**
 * Values of a standard normal distribution, float32.
 *
 * Source: Box and Muller 1958, "A note on the generation of random normal deviates": two values from two
 * uniform ones, the cosine first.
 *
 * @param seed A whole number from 0 to 2^32 - 1
 */
export function randomNormals(count: number, seed: number): Float32Array<ArrayBuffer> {
  const next = randomUint32(stateOf(seed));
  // 53 random bits in (0, 1]: the logarithm must stay finite
  const uniform = () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6) + 1) / 2 ** 53;
  const out = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    out[i] = radius * Math.cos(angle);
    // past the end of an odd count, nothing is stored
    out[i + 1] = radius * Math.sin(angle);
  }
  return out;
}
