/**
 * Where a GeoTIFF lies.
 *
 * @module
 */

import { type Affine, type Grid, RsembedError } from "@rsembed/core";
import { isKnownCrs } from "../raster/crs.ts";
import type { TiffDirectory } from "./directory.ts";

function unplaced(path: string, state: string): RsembedError {
  return new RsembedError("unsupported", `Cannot place "${path}": ${state}`, {
    facts: { feature: "raster without a known place" },
  });
}

/**
 * The CRS and transform that a file's tags name.
 *
 * Source: OGC GeoTIFF 1.1, annexes B and C.
 *
 * @throws {RsembedError} `unsupported` if there are none, or the CRS is not known
 */
export async function readGeoReference(
  path: string,
  directory: TiffDirectory,
): Promise<Omit<Grid, "width" | "height">> {
  const keys = new Map<number, number>();
  const table = await directory.numbers("geoKeys");
  for (let at = 4; at + 3 < table.length; at += 4) {
    // keys with a location other than 0 hold texts and doubles, which name nothing needed here
    if (table[at + 1] === 0) keys.set(table[at]!, table[at + 3]!);
  }
  const code = keys.get(1024) === 2 ? keys.get(2048) : keys.get(3072) ?? keys.get(2048);
  if (code === undefined) throw unplaced(path, "it names no CRS");
  const crs = `EPSG:${code}`;
  if (!isKnownCrs(crs)) {
    throw unplaced(
      path,
      `its CRS is ${crs}; EPSG:4326, EPSG:3857, UTM (EPSG:326xx, 327xx) and polar stereographic (EPSG:32661, 32761) are read`,
    );
  }
  const transform = await readTransform(directory);
  if (!transform) throw unplaced(path, "it has no transform");
  const [a, b, c, d, e, f] = transform;
  if (!transform.every(Number.isFinite) || a * e - b * d === 0) {
    throw unplaced(path, `its transform is [${transform}]`);
  }
  // a value at a point belongs to the pixel around it
  const isPoint = keys.get(1025) === 2;
  return {
    crs,
    transform: isPoint ? [a, b, c - (a + b) / 2, d, e, f - (d + e) / 2] : transform,
  };
}

async function readTransform(directory: TiffDirectory): Promise<Affine | null> {
  const scale = await directory.numbers("modelPixelScale");
  const tie = await directory.numbers("modelTiepoint");
  if (scale.length >= 2 && tie.length >= 6) {
    const [sx, sy] = [scale[0]!, scale[1]!];
    return [sx, 0, tie[3]! - tie[0]! * sx, 0, -sy, tie[4]! + tie[1]! * sy];
  }
  const m = await directory.numbers("modelTransformation");
  return m.length >= 8 ? [m[0]!, m[1]!, m[3]!, m[4]!, m[5]!, m[7]!] : null;
}
