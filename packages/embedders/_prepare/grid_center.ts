/**
 * Where on Earth a grid lies, for models that are told the place.
 *
 * @module
 */

import { applyAffine, type Grid, RsembedError } from "@rsembed/core";

/** A place, degrees, EPSG:4326. */
export interface LonLat {
  /** -180 to 180. */
  readonly lon: number;
  /** -90 to 90. */
  readonly lat: number;
}

/** Semi-major axis of WGS 84, metres. */
const axisM = 6_378_137;
const flattening = 1 / 298.257223563;
const eccentricity = Math.sqrt(flattening * (2 - flattening));
const degree = Math.PI / 180;

/** The latitude, radians, whose conformal latitude has this tangent. Source: Karney 2011, equations 7 to 9. */
function latitudeOf(conformal: number): number {
  const shrink = 1 - eccentricity ** 2;
  let tan = conformal / shrink;
  // converges quadratically: two or three rounds reach double precision
  for (let round = 0; round < 5; round++) {
    const sec = Math.hypot(1, tan);
    const sigma = Math.sinh(eccentricity * Math.atanh(eccentricity * tan / sec));
    const reached = tan * Math.hypot(1, sigma) - sigma * sec;
    tan += (conformal - reached) / Math.hypot(1, reached) * (1 + shrink * tan ** 2) /
      (shrink * sec);
  }
  return Math.atan(tan);
}

const third = flattening / (2 - flattening);
/** Radius of the sphere of the same meridian length, metres. Source: Karney 2011, equation 14. */
const rectifyingM = axisM / (1 + third) * (1 + third ** 2 / 4 + third ** 4 / 64);
/** Source: Karney 2011, equation 36. */
const backward = [
  third / 2 - 2 * third ** 2 / 3 + 37 * third ** 3 / 96 - third ** 4 / 360,
  third ** 2 / 48 + third ** 3 / 15 - 437 * third ** 4 / 1440,
  17 * third ** 3 / 480 - 37 * third ** 4 / 840,
  4397 * third ** 4 / 161_280,
] as const;

/**
 * From UTM to degrees.
 *
 * Source: Karney 2011, "Transverse Mercator with an accuracy of a few nanometers", arXiv 1002.1417: Krueger's
 * series, here to the fourth order, a micrometre within a zone.
 */
function fromUtm(zone: number, south: boolean, [x, y]: readonly [number, number]): LonLat {
  const eta = (x - 500_000) / (0.9996 * rectifyingM);
  const xi = (south ? y - 10_000_000 : y) / (0.9996 * rectifyingM);
  let [north, east] = [xi, eta];
  for (const [i, beta] of backward.entries()) {
    const k = 2 * (i + 1);
    north -= beta * Math.sin(k * xi) * Math.cosh(k * eta);
    east -= beta * Math.cos(k * xi) * Math.sinh(k * eta);
  }
  const conformal = Math.sin(north) / Math.hypot(Math.sinh(east), Math.cos(north));
  return {
    lon: 6 * zone - 183 + Math.atan2(Math.sinh(east), Math.cos(north)) / degree,
    lat: latitudeOf(conformal) / degree,
  };
}

/** From polar stereographic (UPS) to degrees. Source: Snyder 1987, "Map Projections", equations 21-36 to 21-40. */
function fromPolar(south: boolean, [x, y]: readonly [number, number]): LonLat {
  const [dx, dy] = [x - 2_000_000, y - 2_000_000];
  const e = eccentricity;
  const t = Math.hypot(dx, dy) * Math.sqrt((1 + e) ** (1 + e) * (1 - e) ** (1 - e)) /
    (2 * axisM * 0.994);
  const lat = t === 0 ? 90 : latitudeOf((1 / t - t) / 2) / degree;
  return {
    lon: t === 0 ? 0 : Math.atan2(dx, south ? dy : -dy) / degree,
    lat: south ? -lat : lat,
  };
}

function fromMercator([x, y]: readonly [number, number]): LonLat {
  return { lon: x / axisM / degree, lat: Math.atan(Math.sinh(y / axisM)) / degree };
}

/**
 * The centre of a grid.
 *
 * @throws {RsembedError} `unsupported` for a CRS other than EPSG:4326, EPSG:3857, UTM (EPSG:326xx, 327xx) and
 * polar stereographic (EPSG:32661, 32761), those that providers give
 */
export function gridCenter(grid: Grid): LonLat {
  const point = applyAffine(grid.transform, [grid.width / 2, grid.height / 2]);
  const [, code = ""] = /^EPSG:(\d+)$/.exec(grid.crs) ?? [];
  const south = code.startsWith("327");
  const zone = /^32[67]\d\d$/.test(code) ? Number(code.slice(3)) : 0;
  let place: LonLat;
  if (code === "4326") place = { lon: point[0], lat: point[1] };
  else if (code === "3857") place = fromMercator(point);
  else if (zone === 61) place = fromPolar(south, point);
  else if (zone >= 1 && zone <= 60) place = fromUtm(zone, south, point);
  else {
    throw new RsembedError(
      "unsupported",
      `Cannot tell where a grid in "${grid.crs}" lies: EPSG:4326, EPSG:3857, UTM and polar stereographic ` +
        "(EPSG:32661, 32761) are known",
      { facts: { feature: `crs ${grid.crs}` } },
    );
  }
  const { lon, lat } = place;
  return { lon: lon >= -180 && lon <= 180 ? lon : lon - 360 * Math.round(lon / 360), lat };
}
