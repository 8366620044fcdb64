/**
 * Repetition and definition levels of Parquet: which values belong together, and which are there.
 *
 * Source: Apache Parquet, `Encodings.md`, run length encoding / bit-packing hybrid.
 *
 * @module
 */

/** A level that is repeated. */
export interface LevelRun {
  readonly level: 0 | 1;
  readonly count: number;
}

/** Runs of levels of one bit, behind their length in four bytes. */
export function encodeLevels(runs: Iterable<LevelRun>): Uint8Array<ArrayBuffer> {
  const out: number[] = [0, 0, 0, 0];
  for (const { level, count } of merged(runs)) {
    let header = count * 2;
    while (header >= 0x80) {
      out.push((header & 0x7f) | 0x80);
      header = Math.floor(header / 128);
    }
    out.push(header, level);
  }
  const bytes = Uint8Array.from(out);
  new DataView(bytes.buffer).setUint32(0, out.length - 4, true);
  return bytes;
}

/** Runs of one level joined, empty ones left out. */
function* merged(runs: Iterable<LevelRun>): Generator<LevelRun> {
  let level: LevelRun["level"] = 0;
  let count = 0;
  for (const run of runs) {
    if (run.level !== level) {
      if (count > 0) yield { level, count };
      level = run.level;
      count = 0;
    }
    count += run.count;
  }
  if (count > 0) yield { level, count };
}

/** Levels of values of which some are missing. */
export function* presence(present: Iterable<boolean>): Generator<LevelRun> {
  for (const is of present) yield { level: is ? 1 : 0, count: 1 };
}

/** Repetition levels of lists, of which none is empty. */
export function* listStarts(lengths: Iterable<number>): Generator<LevelRun> {
  for (const length of lengths) {
    yield { level: 0, count: 1 };
    yield { level: 1, count: length - 1 };
  }
}
