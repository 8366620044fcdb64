/**
 * Composites as expressions: which scenes, in which order they lie on each other, which bands.
 *
 * Source: the requests of rs-embed's Earth Engine provider.
 *
 * @module
 */

import { type Bounds, parseDate, type SensorSpec, type TimeRange } from "@rsembed/core";
import { isClassBand } from "../bands.ts";
import { type CloudBand, collectionFacts, polarisations } from "./collections.ts";
import {
  call,
  dictionary,
  type Expression,
  type ExpressionGraph,
  graphPart,
  mapImages,
} from "./expression.ts";

/** Scenes to make one image of. */
export interface SceneQuery {
  /** Id of the collection, or of a single image. */
  readonly id: string;
  /** Where they must lie, in the coordinates of `crs`. */
  readonly bounds: Bounds;
  /** CRS of `bounds`. */
  readonly crs: string;
  /** When they were taken; `null` for any time. */
  readonly window: TimeRange | null;
  /** Bands, by their names in the collection. */
  readonly bands: readonly string[];
  /** Cloud share, pass, and how they become one. */
  readonly sensor: Pick<SensorSpec, "cloudyPct" | "orbit" | "composite" | "cloudMask">;
  /** Sentinel-1: interferometric wide swath only. */
  readonly requireIw: boolean;
  /** An image of the caller's own, in place of a collection. */
  readonly image?: ExpressionGraph | undefined;
}

/**
 * A number that no band has: it marks pixels without imagery, and is the same in float32 and float64.
 */
export const missing: number = -(2 ** 100);

const timeField = "system:time_start";

/** A rectangle with straight edges in its own CRS. */
function rectangle({ minX, minY, maxX, maxY }: Bounds, crs: string): Expression {
  return call("GeometryConstructors.Rectangle", {
    coordinates: [minX, minY, maxX, maxY],
    crs: call("Projection", { crs }),
    geodesic: false,
  });
}

/** A date as the service reads it: a day as it is, an instant in milliseconds. */
function instant(text: string): string | number {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : parseDate(text);
}

function filtered(collection: Expression, filter: Expression): Expression {
  return call("Collection.filter", { collection, filter });
}

/** The scenes of a place, before those filters that only Sentinel-1 has. */
function scenesNear({ id, bounds, crs, window, sensor }: SceneQuery): Expression {
  const facts = collectionFacts(id);
  let scenes: Expression = filtered(
    call("ImageCollection.load", { id }),
    call("Filter.intersects", {
      leftField: ".all",
      rightValue: call("Feature", { geometry: rectangle(bounds, crs) }),
    }),
  );
  if (window && !facts.isTimeless) {
    scenes = filtered(
      scenes,
      call("Filter.dateRangeContains", {
        leftValue: call("DateRange", { start: instant(window.start), end: instant(window.end) }),
        rightField: timeField,
      }),
    );
  }
  if (facts.cloudProperty !== null && sensor.cloudyPct !== null) {
    // as Google's clients write "at most"; a scene without the property does not pass
    const greater = call("Filter.greaterThan", {
      leftField: facts.cloudProperty,
      rightValue: sensor.cloudyPct,
    });
    scenes = filtered(scenes, call("Filter.not", { filter: greater }));
  }
  if (facts.isSentinel1 && sensor.orbit !== null) {
    scenes = filtered(scenes, equals("orbitProperties_pass", sensor.orbit));
  }
  return scenes;
}

function equals(leftField: string, rightValue: string): Expression {
  return call("Filter.equals", { leftField, rightValue });
}

function withPolarisation(scenes: Expression, rightValue: string): Expression {
  const leftField = "transmitterReceiverPolarisation";
  return filtered(scenes, call("Filter.listContains", { leftField, rightValue }));
}

/** All scenes that a query asks for. */
export function scenesOf(query: SceneQuery): Expression {
  let scenes = scenesNear(query);
  if (!collectionFacts(query.id).isSentinel1) return scenes;
  if (query.requireIw) scenes = filtered(scenes, equals("instrumentMode", "IW"));
  for (const polarisation of polarisations) {
    if (query.bands.includes(polarisation)) scenes = withPolarisation(scenes, polarisation);
  }
  return scenes;
}

/** Whether pixels are taken as they are or interpolated, where the grid is not the scenes' own. */
export type SceneResampling = "nearest" | "bilinear";

/** How a layer's pixels come onto the grid: classes and bits are never interpolated. */
export function resamplingOf(
  bands: readonly string[],
  { projection }: Pick<SensorSpec, "projection">,
): SceneResampling {
  // the Web Mercator grid is there for parity with rs-embed, whose fetches are not interpolated
  return projection === "webmercator" || bands.some(isClassBand) ? "nearest" : "bilinear";
}

/** 1 where an image shows the ground, by what it says of each pixel. */
function clearPixels(image: Expression, { band, clear }: CloudBand): Expression {
  const pixels = call("Image.select", { input: image, bandSelectors: [band] });
  const number = (value: number) => call("Image.constant", { value });
  if (clear.kind === "bits") {
    const bits = call("Image.bitwiseAnd", { image1: pixels, image2: number(clear.cloudy) });
    return call("Image.eq", { image1: bits, image2: number(0) });
  }
  return clear.cloudy.map((value) => call("Image.neq", { image1: pixels, image2: number(value) }))
    .reduce((image1, image2) => call("Image.and", { image1, image2 }));
}

/** The composite of a query's scenes: its bands as float32, {@linkcode missing} where there is no imagery. */
export function compositeOf(query: SceneQuery, resampling: SceneResampling): Expression {
  const { clouds } = collectionFacts(query.id);
  const hides = query.sensor.cloudMask && clouds !== null;
  const smooth = resampling === "bilinear";
  const prepared = (own: Expression): Expression => {
    const image = smooth ? call("Image.resample", { image: own, mode: "bilinear" }) : own;
    // what tells the clouds is never interpolated
    return hides ? call("Image.updateMask", { image, mask: clearPixels(own, clouds) }) : image;
  };
  const input = call("Image.select", {
    input: query.image
      ? graphPart(query.image)
      : collectionFacts(query.id).isImage
      ? prepared(call("Image.load", { id: query.id }))
      : composite(query, smooth || hides ? prepared : null),
    bandSelectors: query.bands,
  });
  const filled = call("Image.unmask", {
    input,
    value: call("Image.constant", { value: missing }),
    sameFootprint: false,
  });
  // last, as the constant makes it double
  return call("Image.toFloat", { value: filled });
}

function composite(query: SceneQuery, map: ((image: Expression) => Expression) | null): Expression {
  const scenes = scenesOf(query);
  const mapped = (collection: Expression) => map ? mapImages(collection, map) : collection;
  if (query.sensor.composite === "median") {
    return call("reduce.median", { collection: mapped(scenes) });
  }
  const inTime = call("Collection.limit", { collection: scenes, key: timeField });
  return call("ImageCollection.mosaic", { collection: mapped(inTime) });
}

/** Scenes listed at most. */
export const maxListedScenes = 2000;

/** Names and times of a query's scenes, oldest first: `{ids, times}`. */
export function sceneList(query: SceneQuery): Expression {
  const collection = call("Collection.limit", {
    collection: scenesOf(query),
    limit: maxListedScenes,
    key: timeField,
  });
  const all = (property: string) =>
    call("AggregateFeatureCollection.array", { collection, property });
  return dictionary({ ids: all("system:index"), times: all(timeField) });
}

/** How many scenes pass each of Sentinel-1's filters, one after another; and all but that of the mode. */
export function sentinel1Counts(query: SceneQuery): Expression {
  const size = (collection: Expression) => call("Collection.size", { collection });
  const near = scenesNear(query);
  const iw = filtered(near, equals("instrumentMode", "IW"));
  return dictionary({
    base: size(near),
    iw: size(iw),
    vv: size(withPolarisation(iw, "VV")),
    vh: size(withPolarisation(withPolarisation(iw, "VV"), "VH")),
    vh_no_iw: size(withPolarisation(withPolarisation(near, "VV"), "VH")),
  });
}

/** Names of the bands of a collection's first image. */
export function firstBandNames(id: string): Expression {
  const image = collectionFacts(id).isImage
    ? call("Image.load", { id })
    : call("Collection.first", { collection: call("ImageCollection.load", { id }) });
  return call("Image.bandNames", { image });
}
