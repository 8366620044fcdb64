/**
 * GeoParquet: a row for each embedding, with its footprint, its time and what it was made from.
 *
 * @module
 */

import { checkTarget } from "../atomic.ts";
import { checkDistinctKeys } from "../columns.ts";
import type { Format } from "../writer.ts";
import { writeFailures } from "./failures.ts";
import { openGeoParquet } from "./open.ts";
import { clayLayout, rsembedLayout } from "./rows.ts";
import { writeVectors } from "./vectors.ts";

export { failuresPath } from "./failures.ts";
export { clayFileName, type ClayName } from "./rows.ts";
export { openGeoParquet };

/** Options of {@linkcode geoparquetFormat}. */
export interface GeoparquetOptions {
  /** The columns: those of rsembed, or those that Clay's published embeddings have. @default "rsembed" */
  readonly profile?: "rsembed" | "clay";
}

/**
 * The format, for a catalog.
 *
 * @example Files that read as Clay's do
 * ```ts
 * import { writers } from "@rsembed/writers";
 * import { geoparquetFormat } from "@rsembed/writers/geoparquet";
 * import assert from "node:assert/strict";
 *
 * const { geoparquet } = writers;
 * const clay = { ...geoparquet, load: () => Promise.resolve(geoparquetFormat({ profile: "clay" })) };
 * assert.equal(clay.card.id, "geoparquet");
 * ```
 */
export function geoparquetFormat({ profile = "rsembed" }: GeoparquetOptions = {}): Format {
  return {
    async write(path, dataset, options = {}) {
      options.signal?.throwIfAborted();
      checkDistinctKeys(dataset.columns.map(({ model }) => model));
      await checkTarget(path, options);
      const layout = profile === "clay" ? clayLayout : rsembedLayout(dataset.about);
      const written = await writeVectors(path, dataset, { ...options, layout });
      const failureBytes = await writeFailures(path, dataset, options);
      return { ...written, sizeBytes: written.sizeBytes + failureBytes };
    },
    open: openGeoParquet,
  };
}
