/**
 * Random filters, the same for the same seed in every process and runtime.
 *
 * @module
 */

/** One round of SplitMix32, which fills the state of a generator from a seed. */
function splitMix32(state: number): number {
  let z = (state + 0x9e3779b9) | 0;
  z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
  z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
  return (z ^ (z >>> 15)) >>> 0;
}

/**
 * Whole numbers from 0 to 2^32 - 1, xoshiro128**.
 *
 * Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators", arXiv 1805.01407.
 *
 * @param seed A whole number from 0 to 2^32 - 1
 */
export function randomUint32(seed: number): () => number {
  const state = new Uint32Array(4);
  for (let i = 0; i < 4; i++) state[i] = splitMix32((seed + Math.imul(i, 0x9e3779b9)) | 0);
  const turn = (x: number, bits: number) => (x << bits) | (x >>> (32 - bits));
  return () => {
    const result = Math.imul(turn(Math.imul(state[1]!, 5), 7), 9) >>> 0;
    const shifted = state[1]! << 9;
    state[2]! ^= state[0]!;
    state[3]! ^= state[1]!;
    state[1]! ^= state[2]!;
    state[0]! ^= state[3]!;
    state[2]! ^= shifted;
    state[3] = turn(state[3]!, 11);
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
  const next = randomUint32(seed);
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
