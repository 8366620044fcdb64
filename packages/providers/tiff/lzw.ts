/**
 * LZW as TIFF has it: most significant bit first, codes one bit longer one entry early.
 *
 * Source: TIFF 6.0, section 13.
 *
 * @module
 */

const clearCode = 256;
const endCode = 257;

/**
 * Decodes LZW into a buffer of known length, and never beyond it.
 *
 * @returns Bytes written
 * @throws {RangeError} If a code refers to a string that does not exist
 */
export function decodeLzw(input: Uint8Array, output: Uint8Array): number {
  // each entry is a stretch of the output: the string before it and the character that followed
  const starts = new Uint32Array(4097);
  const lengths = new Uint32Array(4097);
  let next = 258, bits = 9;
  let previousStart = 0, previousLength = 0;
  let buffered = 0, bufferedBits = 0, at = 0, written = 0;
  while (written < output.length) {
    while (bufferedBits < bits && at < input.length) {
      buffered = ((buffered << 8) | input[at++]!) & 0xffffff;
      bufferedBits += 8;
    }
    if (bufferedBits < bits) break;
    bufferedBits -= bits;
    const code = (buffered >>> bufferedBits) & ((1 << bits) - 1);
    if (code === endCode) break;
    if (code === clearCode) {
      next = 258;
      bits = 9;
      previousLength = 0;
      continue;
    }
    const start = written;
    if (code < 256) {
      output[written++] = code;
    } else {
      // the entry being made is the string before and its own first character
      const known = code < next;
      if (!known && (code !== next || previousLength === 0)) {
        throw new RangeError(`LZW code ${code} refers to no string`);
      }
      const from = known ? starts[code]! : previousStart;
      const length = known ? lengths[code]! : previousLength + 1;
      const end = Math.min(written + length, output.length);
      for (let i = from; written < end; i++) output[written++] = output[i]!;
    }
    if (previousLength > 0 && next < 4096) {
      starts[next] = previousStart;
      lengths[next] = previousLength + 1;
      next++;
      if (next >= (1 << bits) - 1 && bits < 12) bits++;
    }
    previousStart = start;
    previousLength = written - start;
  }
  return written;
}
