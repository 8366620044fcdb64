/**
 * LZW as TIFF has it: most significant bit first, codes one bit longer one entry early.
 *
 * Source: TIFF 6.0, section 13.
 *
 * @module
 */

const clearCode = 256;
const endCode = 257;
const firstEntry = 258;
const maxEntries = 4096;

// each entry is a stretch of the output: the string before it and the character that followed
const starts = new Uint32Array(maxEntries + 1);
const lengths = new Uint32Array(maxEntries + 1);

/**
 * Decodes LZW into a buffer of known length, and never beyond it.
 *
 * @returns Bytes written
 * @throws {RangeError} If a code refers to a string that does not exist
 */
export function decodeLzw(input: Uint8Array, output: Uint8Array): number {
  let next = firstEntry, bits = 9, mask = 0x1ff;
  let previousStart = 0, previousLength = 0;
  let buffered = 0, bufferedBits = 0, at = 0, written = 0;
  const inputLength = input.length, outputLength = output.length;
  const from = starts, sizes = lengths;
  while (written < outputLength) {
    if (bufferedBits < bits) {
      if (at + 1 < inputLength) {
        // two bytes at once: at most 11 + 16 bits are held
        buffered = (buffered << 16) | (input[at]! << 8) | input[at + 1]!;
        bufferedBits += 16;
        at += 2;
      } else {
        if (at < inputLength) {
          buffered = (buffered << 8) | input[at++]!;
          bufferedBits += 8;
        }
        if (bufferedBits < bits) break;
      }
    }
    bufferedBits -= bits;
    const code = (buffered >>> bufferedBits) & mask;
    let length = 1;
    if (code < clearCode) {
      output[written] = code;
    } else if (code === clearCode) {
      next = firstEntry;
      bits = 9;
      mask = 0x1ff;
      previousLength = 0;
      continue;
    } else if (code === endCode) {
      break;
    } else {
      // the entry being made is the string before and its own first character
      let copied = previousStart;
      if (code < next) {
        copied = from[code]!;
        length = sizes[code]!;
      } else if (code === next && previousLength > 0) {
        length = previousLength + 1;
      } else {
        throw new RangeError(`LZW code ${code} refers to no string`);
      }
      if (length > outputLength - written) length = outputLength - written;
      for (let to = written, end = written + length; to < end;) output[to++] = output[copied++]!;
    }
    if (previousLength > 0 && next < maxEntries) {
      from[next] = previousStart;
      sizes[next] = previousLength + 1;
      if (++next >= mask && bits < 12) {
        bits++;
        mask = (mask << 1) | 1;
      }
    }
    previousStart = written;
    previousLength = length;
    written += length;
  }
  return written;
}
