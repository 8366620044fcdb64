/**
 * Which of a file's bands a request means.
 *
 * @module
 */

import { nearest, RsembedError } from "@rsembed/core";
import { canonicalBand } from "../bands.ts";

/** Names of bands that files of so many bands usually hold, to be shown as an example. */
function exampleBands(count: number): string[] {
  const l2a = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"];
  if (count === 12) return l2a;
  if (count === 13) return [...l2a.slice(0, 10), "B10", "B11", "B12"];
  if (count === 10) return l2a.filter((band) => band !== "B1" && band !== "B9");
  if (count === 4) return ["B2", "B3", "B4", "B8"];
  if (count === 3) return ["B4", "B3", "B2"];
  if (count === 2) return ["VV", "VH"];
  if (count === 1) return ["B4"];
  return ["B2", "B3", "...", `(${count} names)`];
}

/** A file's bands. */
export interface NamedBands {
  /** Path, for messages. */
  readonly path: string;
  /** Number of bands in the file. */
  readonly count: number;
  /** Their names in the file's order, or `null` where nothing tells them. */
  readonly names: readonly string[] | null;
}

/**
 * The positions in a file of the bands asked for.
 *
 * @throws {RsembedError} `spec` if the file's bands have no names, or two of them mean the band asked
 * for; `not-found` if it lacks one
 */
export function findBands(
  file: NamedBands,
  { bands, collection }: { readonly bands: readonly string[]; readonly collection: string },
): number[] {
  const { names } = file;
  if (names === null) {
    const example = exampleBands(file.count);
    throw new RsembedError(
      "spec",
      `Cannot tell the bands of "${file.path}": its ${file.count} bands carry no names; name them in the file's order with the setting bands (or "bands" in a ${file.path}.json beside it), as in bands: ${
        JSON.stringify(example)
      }`,
      { facts: { field: "bands" } },
    );
  }
  const canonical = names.map((name) => canonicalBand(name, collection));
  return bands.map((band) => {
    const exact = names.indexOf(band);
    if (exact >= 0) return exact;
    const wanted = canonicalBand(band, collection);
    const index = canonical.indexOf(wanted);
    if (index < 0) {
      throw new RsembedError(
        "not-found",
        `Cannot find band "${band}" in "${file.path}": it has ${names.join(", ")}`,
        { facts: { name: band, nearest: nearest(band, names) } },
      );
    }
    const other = canonical.indexOf(wanted, index + 1);
    if (other >= 0) {
      throw new RsembedError(
        "spec",
        `Cannot tell which band of "${file.path}" is "${band}": both ${names[index]} and ${
          names[other]
        } are`,
        { facts: { field: "bands", value: names } },
      );
    }
    return index;
  });
}
