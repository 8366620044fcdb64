/**
 * What expressions come to, over made-up collections.
 *
 * @module
 */

import { ServiceError, type Tree } from "./graph.ts";
import {
  type EeBand,
  type EeImage,
  mapBands,
  medianOf,
  meets,
  type PixelType,
  reduceImages,
  reprojected,
  type Scene,
  sceneImage,
  smoothed,
} from "./images.ts";

/** Scenes by the id of their collection; a single image by its own id. */
export type Holdings = Readonly<Record<string, readonly Scene[] | Scene>>;

// deno-lint-ignore no-explicit-any
type Value = any;

/** `null`: the property is missing, which passes neither a filter nor its opposite. */
type Test = (image: EeImage) => boolean | null;

interface FunctionSpec {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
  readonly run: (args: Record<string, Value>, holdings: Holdings) => Value;
}

function field(image: EeImage, name: string): unknown {
  return image.properties[name];
}

const sizes: Readonly<Record<PixelType, number>> = { u1: 1, u2: 2, i2: 2, i4: 4, f4: 4, f8: 8 };

function cast(image: EeImage, type: PixelType, round: (x: number) => number): EeImage {
  return mapBands(image, () => ({
    type,
    apply: ({ values, mask }) => ({ values: values.map(round), mask }),
  }));
}

/** Pixel by pixel over two images: of one band each, or one against all of the other. */
function zip(a: EeImage, b: EeImage, fn: (x: number, y: number) => number): EeImage {
  return {
    ...a,
    bands: a.bands.map((band, i): EeBand => {
      const other = b.bands[b.bands.length === 1 ? 0 : i]!;
      return {
        name: band.name,
        type: "u1",
        sample(grid) {
          const left = band.sample(grid), right = other.sample(grid);
          return {
            values: left.values.map((x, at) => fn(x, right.values[at]!)),
            mask: left.mask.map((m, at) => m & right.mask[at]!),
          };
        },
      };
    }),
  };
}

function binary(fn: (x: number, y: number) => number): FunctionSpec {
  return { required: ["image1", "image2"], run: ({ image1, image2 }) => zip(image1, image2, fn) };
}

export const functions: Readonly<Record<string, FunctionSpec>> = {
  "ImageCollection.load": {
    required: ["id"],
    optional: ["version"],
    run({ id }, holdings) {
      const scenes = holdings[id];
      if (!Array.isArray(scenes)) {
        throw new ServiceError(
          `ImageCollection.load: ImageCollection asset '${id}' not found (does not exist or caller does not have access).`,
        );
      }
      return scenes.map(sceneImage);
    },
  },
  "Image.load": {
    required: ["id"],
    optional: ["version"],
    run({ id }, holdings) {
      const scene = holdings[id];
      if (!scene || Array.isArray(scene)) {
        throw new ServiceError(`Image.load: Image asset '${id}' not found (does not exist or caller does not have access).`);
      }
      return sceneImage(scene as Scene);
    },
  },
  "Image.constant": {
    required: ["value"],
    run: ({ value }): EeImage => ({
      kind: "image",
      properties: {},
      native: null,
      fixed: null,
      bands: [{
        name: "constant",
        type: Number.isInteger(value) && Math.abs(value) < 2 ** 31 ? "i4" : "f8",
        sample: ({ width, height }) => ({
          values: new Float64Array(width * height).fill(value),
          mask: new Uint8Array(width * height).fill(1),
        }),
      }],
    }),
  },
  "Collection.filter": {
    required: ["collection", "filter"],
    run: ({ collection, filter }) => collection.filter((image: EeImage) => filter(image) === true),
  },
  "Collection.size": { required: ["collection"], run: ({ collection }) => collection.length },
  "Collection.first": {
    required: ["collection"],
    run: ({ collection }) => {
      if (collection.length === 0) throw new ServiceError("Collection.first: the collection is empty.");
      return collection[0];
    },
  },
  "Collection.limit": {
    required: ["collection"],
    optional: ["limit", "key", "ascending"],
    run({ collection, limit, key, ascending }) {
      let images = [...collection] as EeImage[];
      if (key !== undefined) {
        const value = (image: EeImage) => field(image, key) as number | undefined;
        const sign = ascending === false ? -1 : 1;
        images.sort((a, b) => {
          const x = value(a), y = value(b);
          if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
          return sign * (x - y);
        });
      }
      if (limit !== undefined) images = images.slice(0, limit);
      return images;
    },
  },
  "Collection.map": {
    required: ["collection", "baseAlgorithm"],
    optional: ["dropNulls"],
    run: ({ collection, baseAlgorithm }) => collection.map((image: EeImage) => baseAlgorithm(image)),
  },
  "AggregateFeatureCollection.array": {
    required: ["collection", "property"],
    run: ({ collection, property }) =>
      collection.map((image: EeImage) => field(image, property)).filter((v: unknown) => v !== undefined),
  },
  "ImageCollection.mosaic": {
    required: ["collection"],
    run: ({ collection }) => reduceImages(collection, { type: null, pick: (present) => present.at(-1)! }),
  },
  "reduce.median": {
    required: ["collection"],
    run: ({ collection }) => reduceImages(collection, { type: "f8", pick: medianOf }),
  },
  "Filter.intersects": {
    required: ["leftField", "rightValue"],
    optional: ["maxError"],
    run: ({ leftField, rightValue }): Test => {
      if (leftField !== ".all") throw new ServiceError(`Filter.intersects: no geometry in ${leftField}.`);
      return (image) => image.native !== null && meets(image.native, rightValue.geometry);
    },
  },
  "Filter.dateRangeContains": {
    required: ["leftValue", "rightField"],
    run: ({ leftValue, rightField }): Test => (image) => {
      const time = field(image, rightField);
      return typeof time === "number" ? time >= leftValue.start && time < leftValue.end : null;
    },
  },
  "Filter.equals": {
    required: ["leftField", "rightValue"],
    run: ({ leftField, rightValue }): Test => (image) => {
      const value = field(image, leftField);
      return value === undefined ? null : value === rightValue;
    },
  },
  "Filter.greaterThan": {
    required: ["leftField", "rightValue"],
    run: ({ leftField, rightValue }): Test => (image) => {
      const value = field(image, leftField);
      return typeof value === "number" ? value > rightValue : null;
    },
  },
  "Filter.listContains": {
    required: ["leftField", "rightValue"],
    run: ({ leftField, rightValue }): Test => (image) => {
      const value = field(image, leftField);
      return Array.isArray(value) ? value.includes(rightValue) : null;
    },
  },
  "Filter.not": {
    required: ["filter"],
    run: ({ filter }): Test => (image) => {
      const passes = filter(image);
      return passes === null ? null : !passes;
    },
  },
  "DateRange": {
    required: ["start"],
    optional: ["end", "timeZone"],
    run({ start, end }) {
      const ms = (value: unknown) => typeof value === "number" ? value : Date.parse(`${value}`);
      const range = { start: ms(start), end: ms(end) };
      if (!(range.start < range.end)) throw new ServiceError("DateRange: Empty date range.");
      return range;
    },
  },
  "Feature": { required: ["geometry"], optional: ["metadata"], run: ({ geometry }) => ({ geometry }) },
  "GeometryConstructors.Rectangle": {
    required: ["coordinates"],
    optional: ["crs", "geodesic", "evenOdd"],
    run: ({ coordinates, crs }) => ({ bounds: coordinates, crs: crs?.crs ?? "EPSG:4326" }),
  },
  "Projection": {
    required: ["crs"],
    optional: ["transform", "transformWkt"],
    run: ({ crs }) => ({ crs, scale: null, southFirst: false }),
  },
  "Projection.atScale": {
    required: ["projection", "meters"],
    run: ({ projection, meters }) => ({ crs: projection.crs, scale: meters, southFirst: true }),
  },
  "Image.select": {
    required: ["input", "bandSelectors"],
    optional: ["newNames"],
    run({ input, bandSelectors, newNames }) {
      const names = (input as EeImage).bands.map(({ name }) => name);
      const bands = (bandSelectors as string[]).map((wanted, i) => {
        if (names.length === 0) {
          throw new ServiceError(
            `Image.select: Band pattern '${wanted}' was applied to an Image with no bands. See https://developers.google.com/earth-engine/guides/debugging#no-bands`,
          );
        }
        const band = (input as EeImage).bands.find(({ name }) => name === wanted);
        if (!band) {
          throw new ServiceError(
            `Image.select: Band pattern '${wanted}' did not match any bands. Available bands: [${names.join(", ")}]`,
          );
        }
        return { ...band, name: newNames?.[i] ?? band.name };
      });
      return { ...input, bands };
    },
  },
  "Image.bandNames": {
    required: ["image"],
    run: ({ image }) => (image as EeImage).bands.map(({ name }) => name),
  },
  "Image.resample": {
    required: ["image"],
    optional: ["mode"],
    run({ image, mode }) {
      if (mode !== "bilinear") throw new ServiceError(`Image.resample: unknown mode ${mode}.`);
      return smoothed(image);
    },
  },
  "Image.reproject": {
    required: ["image", "crs"],
    optional: ["crsTransform", "scale"],
    run({ image, crs, scale }) {
      const projection = typeof crs === "string" ? { crs, scale: null, southFirst: false } : crs;
      const fixed = { ...projection, scale: scale ?? projection.scale };
      if (fixed.scale === null) throw new ServiceError("Image.reproject: a scale is needed here.");
      return reprojected(image, fixed);
    },
  },
  "Image.clip": {
    required: ["input", "geometry"],
    run: ({ input, geometry }) =>
      mapBands(input, ({ type }) => ({
        type,
        apply({ values, mask }, grid) {
          if (grid.crs !== geometry.crs) throw new ServiceError("Image.clip: another CRS than the grid's.");
          const [minX, minY, maxX, maxY] = geometry.bounds;
          const [a, , c, , e, f] = grid.transform;
          return {
            values,
            mask: mask.map((m, at) => {
              const x = c + a * (at % grid.width + 0.5);
              const y = f + e * (Math.floor(at / grid.width) + 0.5);
              return x >= minX && x <= maxX && y >= minY && y <= maxY ? m : 0;
            }),
          };
        },
      })),
  },
  "Image.unmask": {
    required: ["input"],
    optional: ["value", "sameFootprint"],
    run({ input, value, sameFootprint }) {
      if (sameFootprint !== false) throw new ServiceError("Image.unmask: only for any footprint here.");
      const filler = (value as EeImage).bands[0]!;
      return mapBands(input, ({ type }) => ({
        // the type that holds both
        type: filler.type === "f8" ? "f8" : type,
        apply({ values, mask }, grid) {
          const fill = filler.sample(grid).values;
          return {
            values: values.map((x, at) => mask[at] === 1 ? x : fill[at]!),
            mask: new Uint8Array(mask.length).fill(1),
          };
        },
      }));
    },
  },
  "Image.updateMask": {
    required: ["image", "mask"],
    run: ({ image, mask }) =>
      mapBands(image, ({ type }) => ({
        type,
        apply(sampled, grid) {
          const other = (mask as EeImage).bands[0]!.sample(grid);
          return {
            values: sampled.values,
            mask: sampled.mask.map((m, at) => m === 1 && other.mask[at] === 1 && other.values[at] !== 0 ? 1 : 0),
          };
        },
      })),
  },
  "Image.and": binary((x, y) => Number(x !== 0 && y !== 0)),
  "Image.eq": binary((x, y) => Number(x === y)),
  "Image.bitwiseAnd": binary((x, y) => x & y),
  "Image.neq": binary((x, y) => Number(x !== y)),
  "Image.gte": binary((x, y) => Number(x >= y)),
  "Image.toFloat": { required: ["value"], run: ({ value }) => cast(value, "f4", Math.fround) },
  "Image.toUint16": {
    required: ["value"],
    run: ({ value }) => cast(value, "u2", (x) => Math.max(0, Math.min(65535, Math.trunc(x)))),
  },
  "Image.sampleRectangle": {
    required: ["image", "region"],
    optional: ["properties", "defaultValue", "defaultArrayValue"],
    run: ({ image, region, defaultValue }) => sampleRectangle(image, region, defaultValue),
  },
};

function sampleRectangle(
  image: EeImage,
  region: { crs: string; bounds: readonly [number, number, number, number] },
  defaultValue: number | undefined,
): Value {
  const { fixed } = image;
  if (!fixed || fixed.crs !== region.crs) throw new ServiceError("Image.sampleRectangle: no fixed grid.");
  const { scale } = fixed;
  const [minX, minY, maxX, maxY] = region.bounds;
  const west = Math.floor(minX / scale), east = Math.ceil(maxX / scale);
  const south = Math.floor(minY / scale), north = Math.ceil(maxY / scale);
  const width = east - west, height = north - south;
  if (width * height > 262144) {
    throw new ServiceError(
      `Image.sampleRectangle: Too many pixels in sample; must be <= 262144. Got ${width * height}.`,
    );
  }
  const grid = {
    crs: fixed.crs,
    transform: [scale, 0, west * scale, 0, -scale, north * scale] as const,
    width,
    height,
  };
  const properties = Object.fromEntries(image.bands.map((band) => {
    const { values, mask } = band.sample(grid);
    const rows = Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => {
        const at = row * width + column;
        if (mask[at] === 1) return values[at];
        if (defaultValue === undefined) throw new ServiceError("Image.sampleRectangle: masked pixels.");
        return defaultValue;
      }));
    return [band.name, fixed.southFirst ? rows.reverse() : rows];
  }));
  return { type: "Feature", geometry: null, properties };
}

/** The value of an expression. */
export function evaluate(tree: Tree, holdings: Holdings): Value {
  const run = (node: Tree, scope: Readonly<Record<string, Value>>): Value => {
    if ("constant" in node) return node.constant;
    if ("list" in node) return node.list.map((item) => run(item, scope));
    if ("dictionary" in node) {
      return Object.fromEntries(Object.entries(node.dictionary).map(([k, v]) => [k, run(v, scope)]));
    }
    if ("argument" in node) {
      if (!Object.hasOwn(scope, node.argument)) throw new ServiceError(`No argument ${node.argument}.`);
      return scope[node.argument];
    }
    if ("parameters" in node) {
      return (value: Value) => run(node.body, { ...scope, [node.parameters[0]!]: value });
    }
    const spec = Object.hasOwn(functions, node.fn) ? functions[node.fn] : undefined;
    if (!spec) throw new ServiceError(`Unknown function: ${node.fn}.`);
    const known = [...spec.required, ...(spec.optional ?? [])];
    for (const name of Object.keys(node.args)) {
      if (!known.includes(name)) throw new ServiceError(`${node.fn}: Unrecognized argument '${name}'.`);
    }
    for (const name of spec.required) {
      if (!Object.hasOwn(node.args, name)) throw new ServiceError(`${node.fn}: Parameter '${name}' is required.`);
    }
    const args = Object.fromEntries(Object.entries(node.args).map(([k, v]) => [k, run(v, scope)]));
    return spec.run(args, holdings);
  };
  return run(tree, {});
}

/** Bytes of all bands of a pixel. */
export function pixelBytes(image: EeImage): number {
  return image.bands.reduce((sum, { type }) => sum + sizes[type], 0);
}
