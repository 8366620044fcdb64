/**
 * The provider of stored embeddings.
 *
 * @module
 */

import {
  type ImageryRequest,
  ndarray,
  parseDate,
  type Patch,
  RsembedError,
  type RunOptions,
  type Spatial,
} from "@rsembed/core";
import { anyClient } from "../http/any_client.ts";
import { createRangeClient, type RangeClientOptions } from "../http/range_client.ts";
import type { Provider, ProviderSettings } from "../provider.ts";
import { checkPatchSize } from "../raster/patch_size.ts";
import { placeGrid } from "../raster/place_grid.ts";
import { createCogReader } from "../tiff/cog.ts";
import { productsCard } from "./card.ts";
import { copernicusFile, copernicusProduct } from "./copernicus.ts";
import { gseProduct, gseRoots } from "./gse.ts";
import type { Product, ProductTools } from "./product.ts";
import { tesseraProduct, tesseraRoot } from "./tessera.ts";

/** Settings of {@linkcode productsProvider}. */
export interface ProductsSettings extends ProviderSettings {
  /** How patiently files are asked for, and how often at once. */
  readonly requests?: RangeClientOptions | undefined;
  /** Bytes of decoded blocks that are kept for the places to come. @default 256 MiB */
  readonly cacheBytes?: number | undefined;
}

/** Metres of a degree of latitude. Source: rs-embed's boxes around points. */
const metresPerDegree = 111_320;

/**
 * Embeddings that others computed, as patches whose bands are dimensions: AlphaEarth
 * (`GOOGLE/SATELLITE_EMBEDDING/V1/ANNUAL`, bands `A00` to `A63`), Tessera (`tessera/v1` and others, `T000` to
 * `T127`) and Copernicus-Embed (`torchgeo/copernicus_embed`, `C000` to `C767`).
 *
 * They are read from where they are published, by the parts that are needed, or from a copy: see the setting
 * `productRoots`. Pixels are the product's own: those of AlphaEarth and Tessera lie in the UTM zone of the
 * place, those of Copernicus-Embed in degrees. Tiles across the edge of a zone are brought to the zone of
 * the place, by the nearest pixel. What a product marks as missing is not valid.
 *
 * @example
 * ```ts
 * import { productsProvider } from "@rsembed/providers/products";
 * import assert from "node:assert/strict";
 *
 * const provider = productsProvider({ productRoots: { tessera: "/data/tessera" } });
 * assert.equal(provider.name, "products");
 * ```
 */
export function productsProvider(settings: ProductsSettings = {}): Provider {
  const client = anyClient(createRangeClient(settings.requests));
  const reader = createCogReader({ client, cacheBytes: settings.cacheBytes });
  const tools: ProductTools = { client, reader };
  const { gse, tessera, copernicus } = settings.productRoots ?? {};
  const products: Readonly<Record<string, Product>> = {
    google: gseProduct(gse ? [trimmed(gse)] : gseRoots, tools),
    tessera: tesseraProduct(trimmed(tessera ?? tesseraRoot), tools),
    torchgeo: copernicusProduct(copernicus ?? copernicusFile, tools),
  };
  return {
    name: productsCard.id,
    identity: {
      roots: { gse: gse ?? null, tessera: tessera ?? null, copernicus: copernicus ?? null },
    },
    async fetch(request, options = {}) {
      const { collection } = request.sensor;
      const product = products[collection.split("/")[0]!.toLowerCase()];
      if (product) return await fetchProduct(product, request, options);
      throw new RsembedError(
        "unsupported",
        `Cannot read "${collection}" as a stored embedding: AlphaEarth, Tessera and Copernicus-Embed are known`,
        { facts: { feature: `collection ${collection}` } },
      );
    },
  };
}

function trimmed(root: string): string {
  return root.replace(/[\\/]+$/, "");
}

async function fetchProduct(
  product: Product,
  { spatial, sensor, frames }: ImageryRequest,
  { signal, onProgress }: RunOptions,
): Promise<Patch> {
  const { collection, bands } = sensor;
  const year = yearOf(frames, product);
  const dimensions = bands.map((band) => {
    const number = /^[A-Z](\d{2,3})$/.exec(band)?.[1];
    if (number !== undefined) return Number(number);
    throw new RsembedError(
      "not-found",
      `Cannot take "${band}" from ${collection}: dimensions look like A00`,
      { facts: { name: band } },
    );
  });
  const run = { signal };
  const place = placeGrid(spatial, sensor);
  // cells of degrees are wide: the place itself decides which it touches, not its grid of metres
  const isDegrees = collection.startsWith("torchgeo/");
  const wanted = isDegrees ? degreesOf(spatial) ?? place : place;
  const grid = await product.align(wanted, { collection, year, dimensions }, run);
  const { width, height } = grid;
  checkPatchSize({ frames: 1, bands: bands.length, grid });
  const { raster, items, notes } = await product.read({ collection, year, dimensions, grid }, run);
  onProgress?.({ stage: "fetch", done: 1, total: 1 });
  if (!raster.valid.includes(1)) {
    throw new RsembedError(
      "no-data",
      `Cannot find an embedding at the place in ${collection}: all its pixels are missing`,
      { facts: { source: collection } },
    );
  }
  const plane = width * height;
  for (let i = 0; i < raster.data.length; i++) {
    if (raster.valid[i % plane] === 0) raster.data[i] = sensor.fillValue;
  }
  return {
    pixels: ndarray("float32", {
      axes: ["t", "band", "y", "x"],
      shape: [1, bands.length, height, width],
      data: raster.data,
    }),
    bands,
    times: [{ start: `${year}-01-01`, end: `${year + 1}-01-01` }],
    grid,
    valid: ndarray("uint8", {
      axes: ["t", "y", "x"],
      shape: [1, height, width],
      data: raster.valid,
    }),
    provenance: {
      provider: productsCard.id,
      source: collection,
      items,
      notes: { year, projection: sensor.projection, ...notes },
    },
  };
}

function yearOf(frames: ImageryRequest["frames"], { years, source }: Product): number {
  const [first, last] = years;
  const frame = frames[0];
  if (frames.length !== 1 || !frame) {
    throw new RsembedError("spec", `Cannot read ${source}: one year is wanted`, {
      facts: { field: "temporal", value: frames },
    });
  }
  const year = new Date(parseDate(frame.start)).getUTCFullYear();
  if (year >= first && year <= last) return year;
  throw new RsembedError(
    "no-data",
    `Cannot read ${source} of ${year}: it has ${first === last ? first : `${first} to ${last}`}`,
    { facts: { source } },
  );
}

/** A place as a rectangle of degrees, which a grid of one pixel stands for. */
function degreesOf(spatial: Spatial): ReturnType<typeof placeGrid> | null {
  if (spatial.kind === "footprint") return null;
  let box: { minLon: number; minLat: number; maxLon: number; maxLat: number };
  if (spatial.kind === "bbox") box = spatial;
  else {
    const { lon, lat, bufferM } = spatial;
    const dLat = bufferM / metresPerDegree;
    const dLon = dLat / Math.max(1e-6, Math.cos(lat * Math.PI / 180));
    box = {
      minLon: lon - dLon,
      minLat: Math.max(-90, lat - dLat),
      maxLon: lon + dLon,
      maxLat: Math.min(90, lat + dLat),
    };
  }
  const width = box.maxLon < box.minLon ? box.maxLon + 360 - box.minLon : box.maxLon - box.minLon;
  const height = box.maxLat - box.minLat;
  return {
    crs: "EPSG:4326",
    transform: [width, 0, box.minLon, 0, -height, box.maxLat],
    width: 1,
    height: 1,
  };
}
