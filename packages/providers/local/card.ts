/**
 * The card of local files, apart from the code that reads them.
 *
 * @module
 */

import type { ProviderCard } from "../provider.ts";

/** What the catalog says of local files. */
export const localCard: ProviderCard = {
  id: "local",
  aliases: ["file", "files", "geotiff"],
  title: "Local files",
  summary: "GeoTIFF and COG files, folders and globs, in any UTM zone, EPSG:3857 or EPSG:4326.",
  network: false,
  account: false,
};
