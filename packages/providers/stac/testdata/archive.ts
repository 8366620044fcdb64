/**
 * Serves an archive that `tools/check_stac.py` wrote, and compares composites with what it expects.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type ImageryRequest, type Patch, pointBuffer, sensorSpec } from "@rsembed/core";
import { type FileServer, startFileServer } from "../../http/testdata/file_server.ts";

/** A composite that is expected. */
export interface ExpectedComposite {
  readonly name: string;
  readonly request: ImageryRequest;
  readonly crs: string;
  readonly transform: readonly number[];
  /** (C, H, W), NaN where there is none. */
  readonly pixels: ArrayLike<number>;
}

/** An archive with a server before it. */
export interface Archive {
  readonly server: FileServer;
  /** Address of a catalogue of its scenes. */
  readonly url: string;
  readonly composites: readonly ExpectedComposite[];
}

/** Starts a server of the archive in a folder. */
export async function serveArchive(folder: string): Promise<Archive> {
  const json = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));
  const server = await startFileServer();
  const features = [];
  for (const scene of json("scenes.json")) {
    const assets: Record<string, unknown> = {};
    for (const name of scene.assets) {
      const path = `/${scene.id}/${name}.tif`;
      server.files.set(path, readFileSync(join(folder, path)));
      assets[name] = { href: server.url + path, type: "image/tiff; application=geotiff" };
    }
    features.push({
      type: "Feature",
      id: scene.id,
      collection: "sentinel-2-l2a",
      bbox: scene.bbox,
      properties: {
        datetime: scene.datetime,
        "eo:cloud_cover": 10,
        "s2:processing_baseline": scene.baseline,
        "s2:mgrs_tile": scene.mgrs,
      },
      assets,
    });
  }
  const list = { type: "FeatureCollection", features };
  server.files.set("/items.json", new TextEncoder().encode(JSON.stringify(list)));
  return {
    server,
    url: `${server.url}/items.json`,
    // deno-lint-ignore no-explicit-any
    composites: json("requests.json").map((asked: any): ExpectedComposite => ({
      name: `${asked.projection} ${asked.composite}${asked.mask ? " without clouds" : ""}`,
      request: {
        spatial: pointBuffer({ lon: asked.lon, lat: asked.lat, bufferM: asked.buffer }),
        sensor: sensorSpec({
          collection: "COPERNICUS/S2_SR_HARMONIZED",
          bands: asked.bands.map((name: string) => name.replace("B0", "B")),
          projection: asked.projection,
          composite: asked.composite,
          cloudMask: asked.mask,
          scaleM: asked.scale,
          fillValue: -1,
        }),
        frames: [{ start: "2022-06-01", end: "2022-07-01" }],
      },
      crs: asked.crs,
      transform: asked.transform,
      pixels: readNpy(readFileSync(join(folder, asked.file))),
    })),
  };
}

function readNpy(npy: Uint8Array): ArrayLike<number> {
  const bytes = new Uint8Array(npy);
  const start = 10 + new DataView(bytes.buffer).getUint16(8, true);
  const isDouble = new TextDecoder("latin1").decode(bytes.subarray(0, start)).includes("<f8");
  const { buffer } = bytes.slice(start);
  return isDouble ? new Float64Array(buffer) : new Float32Array(buffer);
}

/** How a composite compares. */
export interface Comparison {
  /** What is wrong beside values. */
  readonly problem: string | null;
  /** By band: pixels that differ by no more than the tolerance, as a share; and the largest difference. */
  readonly bands: readonly { readonly share: number; readonly worst: number }[];
}

/** Compares a patch with what is expected. */
export function compare(
  patch: Patch,
  expected: ExpectedComposite,
  toleranceDn: number,
): Comparison {
  const { data } = patch.pixels;
  const { crs, transform, pixels } = expected;
  const plane = patch.grid.width * patch.grid.height;
  const isSameGrid = patch.grid.crs === crs && pixels.length === data.length &&
    patch.grid.transform.every((x, i) => Math.abs(x - transform[i]!) < 1e-6);
  if (!isSameGrid) return { problem: `another grid, ${patch.grid.transform}`, bands: [] };
  let masks = 0;
  const bands = patch.bands.map((_, band) => {
    let equal = 0, valid = 0, worst = 0;
    for (let i = band * plane; i < (band + 1) * plane; i++) {
      const isMissing = Number.isNaN(pixels[i]!);
      if (isMissing !== (patch.valid.data[i % plane] === 0)) masks++;
      if (isMissing || patch.valid.data[i % plane] === 0) continue;
      const error = Math.abs(data[i]! - pixels[i]!);
      valid++;
      if (error <= toleranceDn) equal++;
      worst = Math.max(worst, error);
    }
    return { share: equal / valid, worst };
  });
  return { problem: masks > 0 ? `${masks} masks differ` : null, bands };
}
