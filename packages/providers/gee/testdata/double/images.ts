/**
 * Images that are computed on the grid they are asked for.
 *
 * @module
 */

import { applyAffine, type Grid, gridBounds, invertAffine, resizeGrid } from "@rsembed/core";
import { transformer } from "../../../raster/crs.ts";
import { ServiceError } from "./graph.ts";

/** Types of pixels, as NumPy names them without byte order. */
export type PixelType = "u1" | "u2" | "i2" | "i4" | "f4" | "f8";

/** Pixels of one band on one grid. */
export interface Sampled {
  readonly values: Float64Array;
  readonly mask: Uint8Array;
}

export interface EeBand {
  readonly name: string;
  readonly type: PixelType;
  sample(grid: Grid): Sampled;
}

/** Which lattice an image was brought to, and which way its rows run. */
export interface FixedGrid {
  readonly crs: string;
  readonly scale: number;
  readonly southFirst: boolean;
}

export interface EeImage {
  readonly kind: "image";
  readonly bands: readonly EeBand[];
  readonly properties: Readonly<Record<string, unknown>>;
  /** Own pixels; `null` for what has none, such as a composite. */
  readonly native: Grid | null;
  readonly fixed: FixedGrid | null;
}

/** One band of a made-up scene. */
export interface SceneBand {
  readonly type: PixelType;
  /** Side of a pixel as a multiple of the scene's. @default 1 */
  readonly factor?: number;
  /** Value of a pixel by its own column and row. */
  readonly value: (column: number, row: number) => number;
  /** Whether the pixel has imagery. @default all have */
  readonly has?: (column: number, row: number) => boolean;
}

/** A made-up scene. */
export interface Scene {
  readonly index: string;
  /** ISO; `null` for an image without a time. */
  readonly time: string | null;
  readonly grid: Grid;
  readonly bands: Readonly<Record<string, SceneBand>>;
  readonly properties?: Readonly<Record<string, unknown>>;
}

export function sceneImage(scene: Scene): EeImage {
  const bands = Object.entries(scene.bands).map(([name, band]): EeBand => ({
    name,
    type: band.type,
    sample: (grid) => sampleScene(scene, band, { grid, smooth: false }),
  }));
  return {
    kind: "image",
    bands,
    native: scene.grid,
    fixed: null,
    properties: {
      ...scene.properties,
      "system:index": scene.index,
      ...(scene.time === null ? {} : { "system:time_start": Date.parse(scene.time) }),
      [sceneKey]: scene,
    },
  };
}

const sceneKey = "scene of the double";

/** The same image, interpolated where it is asked for on another grid. */
export function smoothed(image: EeImage): EeImage {
  const scene = image.properties[sceneKey] as Scene | undefined;
  if (!scene) throw new ServiceError("Image.resample: only loaded images are smoothed here.");
  return {
    ...image,
    bands: image.bands.map((band) => ({
      ...band,
      sample: (grid) => sampleScene(scene, scene.bands[band.name]!, { grid, smooth: true }),
    })),
  };
}

function sampleScene(
  scene: Scene,
  band: SceneBand,
  { grid, smooth }: { grid: Grid; smooth: boolean },
): Sampled {
  const factor = band.factor ?? 1;
  const own = resizeGrid(scene.grid, {
    width: scene.grid.width / factor,
    height: scene.grid.height / factor,
  });
  const { columns, rows } = positions(grid, own);
  const out = blank(grid);
  const has = (column: number, row: number) =>
    column >= 0 && row >= 0 && column < own.width && row < own.height &&
    (band.has?.(column, row) ?? true);
  for (let at = 0; at < out.values.length; at++) {
    const column = columns[at]!, row = rows[at]!;
    const c = Math.floor(column), r = Math.floor(row);
    if (!has(c, r)) continue;
    out.mask[at] = 1;
    if (!smooth) {
      out.values[at] = band.value(c, r);
      continue;
    }
    const left = Math.floor(column - 0.5), top = Math.floor(row - 0.5);
    const u = column - 0.5 - left, v = row - 0.5 - top;
    let sum = 0, weights = 0;
    for (let corner = 0; corner < 4; corner++) {
      const dx = corner & 1, dy = corner >> 1;
      const weight = (dx ? u : 1 - u) * (dy ? v : 1 - v);
      if (weight < 1e-6 || !has(left + dx, top + dy)) continue;
      sum += weight * band.value(left + dx, top + dy);
      weights += weight;
    }
    out.values[at] = sum / weights;
  }
  return out;
}

interface Positions {
  readonly columns: Float64Array;
  readonly rows: Float64Array;
}

/** Bands of one answer lie on one grid object, and often on one own lattice. */
const positionsOf = new WeakMap<Grid, Map<string, Positions>>();

/** Where the pixels of a grid lie among those of another. */
function positions(grid: Grid, own: Grid): Positions {
  let known = positionsOf.get(grid);
  if (!known) positionsOf.set(grid, known = new Map());
  const key = JSON.stringify(own);
  const before = known.get(key);
  if (before) return before;
  const inverse = invertAffine(own.transform);
  const crs = transformer(grid.crs, own.crs);
  const plane = grid.width * grid.height;
  const out = { columns: new Float64Array(plane), rows: new Float64Array(plane) };
  forEachPixel(grid, (x, y, at) => {
    const [column, row] = applyAffine(inverse, crs.point([x, y]));
    // a millionth of a pixel is the dust of projecting
    const clean = (p: number) => Math.abs(2 * p - Math.round(2 * p)) < 1e-6 ? Math.round(2 * p) / 2 : p;
    out.columns[at] = clean(column);
    out.rows[at] = clean(row);
  });
  known.set(key, out);
  return out;
}

export function blank(grid: Grid): Sampled {
  const plane = grid.width * grid.height;
  return { values: new Float64Array(plane), mask: new Uint8Array(plane) };
}

/** Calls `fn` with the coordinates of each pixel's centre. */
export function forEachPixel(grid: Grid, fn: (x: number, y: number, at: number) => void): void {
  for (let row = 0; row < grid.height; row++) {
    for (let column = 0; column < grid.width; column++) {
      const [x, y] = applyAffine(grid.transform, [column + 0.5, row + 0.5]);
      fn(x, y, row * grid.width + column);
    }
  }
}

/** An image whose bands are made from those of one other. */
export function mapBands(
  image: EeImage,
  fn: (band: EeBand) => { type: PixelType; apply: (sampled: Sampled, grid: Grid) => Sampled },
): EeImage {
  return {
    ...image,
    bands: image.bands.map((band) => {
      const { type, apply } = fn(band);
      return { name: band.name, type, sample: (grid) => apply(band.sample(grid), grid) };
    }),
  };
}

/** A composite; `pick` gets the values that are there, oldest first, and is not called for none. */
export function reduceImages(
  images: readonly EeImage[],
  { type, pick }: { type: PixelType | null; pick: (present: number[]) => number },
): EeImage {
  const first = images[0];
  const bands = (first?.bands ?? []).map(({ name, type: own }): EeBand => ({
    name,
    type: type ?? own,
    sample(grid) {
      const layers = images.map((image) => image.bands.find((band) => band.name === name)!.sample(grid));
      const out = blank(grid);
      for (let at = 0; at < out.values.length; at++) {
        const present = layers.filter((layer) => layer.mask[at] === 1).map((layer) => layer.values[at]!);
        if (present.length === 0) continue;
        out.mask[at] = 1;
        out.values[at] = pick(present);
      }
      return out;
    },
  }));
  return { kind: "image", bands, properties: {}, native: null, fixed: null };
}

export function medianOf(values: number[]): number {
  values.sort((a, b) => a - b);
  const half = values.length >> 1;
  return values.length % 2 === 1 ? values[half]! : (values[half - 1]! + values[half]!) / 2;
}

/** The image on a lattice anchored at the origin of a CRS; elsewhere its nearest pixel. */
export function reprojected(image: EeImage, fixed: FixedGrid): EeImage {
  const { crs, scale } = fixed;
  const bands = image.bands.map((band): EeBand => ({
    ...band,
    sample(grid) {
      const forward = transformer(grid.crs, crs);
      const columns: number[] = [], rows: number[] = [];
      forEachPixel(grid, (x, y) => {
        const [px, py] = forward.point([x, y]);
        columns.push(Math.floor(px / scale + 1e-9));
        rows.push(Math.floor(py / scale + 1e-9));
      });
      const west = columns.reduce((a, b) => Math.min(a, b)), east = columns.reduce((a, b) => Math.max(a, b));
      const south = rows.reduce((a, b) => Math.min(a, b)), north = rows.reduce((a, b) => Math.max(a, b));
      const lattice: Grid = {
        crs,
        transform: [scale, 0, west * scale, 0, -scale, (north + 1) * scale],
        width: east - west + 1,
        height: north - south + 1,
      };
      const inner = band.sample(lattice);
      const out = blank(grid);
      columns.forEach((column, at) => {
        const from = (north - rows[at]!) * lattice.width + column - west;
        out.values[at] = inner.values[from]!;
        out.mask[at] = inner.mask[from]!;
      });
      return out;
    },
  }));
  return { ...image, bands, native: null, fixed };
}

/** Whether a rectangle of some CRS meets the pixels of a grid. */
export function meets(
  grid: Grid,
  { crs, bounds: [minX, minY, maxX, maxY] }: { crs: string; bounds: readonly number[] },
): boolean {
  const own = gridBounds(grid);
  const forward = transformer(crs, grid.crs);
  const steps = 32;
  for (let i = 0; i <= steps; i++) {
    for (let j = 0; j <= steps; j++) {
      const [x, y] = forward.point([
        minX! + ((maxX! - minX!) * i) / steps,
        minY! + ((maxY! - minY!) * j) / steps,
      ]);
      if (x >= own.minX && x <= own.maxX && y >= own.minY && y <= own.maxY) return true;
    }
  }
  // a scene may lie inside one cell of the raster of probes
  const back = transformer(grid.crs, crs);
  const [x, y] = back.point([(own.minX + own.maxX) / 2, (own.minY + own.maxY) / 2]);
  return x >= minX! && x <= maxX! && y >= minY! && y <= maxY!;
}
