/**
 * The formats of this package. One line a format; code is loaded when a format is used.
 *
 * @module
 */

import type { CatalogEntry } from "@rsembed/core";
import type { Format, FormatCard } from "./writer.ts";

/** Formats by id; extend by spread: `{ ...writers, mine }`. */
export const writers: { readonly npz: CatalogEntry<FormatCard, Format> } = {
  npz: {
    card: {
      id: "npz",
      aliases: ["numpy"],
      title: "NumPy archive",
      extensions: [".npz"],
      layouts: ["combined", "per_item"],
      holds: ["vector", "grid", "input"],
      signatures: ["504b0304", "504b0506"],
    },
    load: async () => (await import("./npz/mod.ts")).npzFormat(),
  },
};
