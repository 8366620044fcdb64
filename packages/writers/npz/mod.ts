/**
 * NumPy archives, `.npz`: written as a stream, read an array at a time.
 *
 * @module
 */

import { writeArrays } from "../write_arrays.ts";
import type { Format } from "../writer.ts";
import { createNpz, type NpzOptions } from "./create.ts";
import { openNpz } from "./open.ts";

export { createNpz, type NpzOptions, openNpz };

/**
 * The format, for a catalog.
 *
 * @example A catalog whose `.npz` files are compressed
 * ```ts
 * import { writers } from "@rsembed/writers";
 * import { npzFormat } from "@rsembed/writers/npz";
 * import assert from "node:assert/strict";
 *
 * const { npz } = writers;
 * const smaller = {
 *   ...writers,
 *   npz: { card: npz.card, load: () => Promise.resolve(npzFormat({ compression: "deflate" })) },
 * };
 * assert.equal(smaller.npz.card.id, "npz");
 * ```
 */
export function npzFormat({ compression }: Pick<NpzOptions, "compression"> = {}): Format {
  return {
    write(path, dataset, options = {}) {
      const { overwrite, disk } = options;
      const open = () => createNpz(path, { compression, overwrite, disk });
      return writeArrays(path, dataset, { ...options, open });
    },
    open: openNpz,
  };
}
