/**
 * Two STAC services on this machine, with made-up scenes behind them.
 *
 * @module
 */

import { type Grid, northUpGrid } from "@rsembed/core";
import { type FileServer, startFileServer } from "../../http/testdata/file_server.ts";
import { lonLatBounds } from "../../raster/crs.ts";
import { tinyCog } from "../../tiff/testdata/tiny_cog.ts";
import { stacProvider, type StacProvider, type StacSettings } from "../mod.ts";

/** Pixels of 10 m, 6 km a side, on the lattice of Sentinel-2 tiles, zone 32. */
export const tile: Grid = northUpGrid({
  crs: "EPSG:32632",
  west: 546_000,
  north: 6_348_000,
  pixelSize: 10,
  width: 600,
  height: 600,
});

/** Middle of the place; lies inside {@linkcode tile}. */
export const place = { lon: 9.8, lat: 57.25 };

/** A number for each pixel of a band: neighbours, rows, columns and bands all differ. */
export function pattern(column: number, row: number, band: number): number {
  return 1100 + 100 * band + (column * 7 + row * 13) % 613;
}

/** A scene to put into a service. */
export interface WorldScene {
  readonly id: string;
  readonly collection?: string;
  /** ISO. */
  readonly datetime: string;
  readonly grid?: Grid;
  readonly properties?: Readonly<Record<string, unknown>>;
  /** By the name of the asset. */
  readonly bands: Readonly<Record<string, WorldBand>>;
}

/** A file of a scene. */
export interface WorldBand {
  readonly type?: "uint8" | "uint16" | "float32";
  /** Side of a pixel, in those of the scene's grid. @default 1 */
  readonly factor?: number;
  readonly value: (column: number, row: number) => number;
  readonly nodata?: number;
  /** `raster:bands` of the asset. */
  readonly raster?: Readonly<Record<string, unknown>>;
  /** Named by the item, but not there. */
  readonly isGone?: boolean;
}

/** Options of {@linkcode s2Scene}. */
export interface S2Options {
  /** Added to all pixels. @default 0 */
  readonly plus?: number;
  readonly cloud?: number | null;
  /** @default "05.09" */
  readonly baseline?: string | null;
  readonly grid?: Grid;
  readonly mgrs?: string;
  /** Pixels of 10 m that are missing. */
  readonly hole?: (column: number, row: number) => boolean;
  /** Classes of pixels of 20 m. */
  readonly scl?: (column: number, row: number) => number;
  readonly properties?: Readonly<Record<string, unknown>>;
  /** How assets are named. @default "pc" */
  readonly names?: "pc" | "es";
  readonly raster?: Readonly<Record<string, unknown>>;
  readonly collection?: string;
  readonly id?: string;
}

/** A scene of Sentinel-2: B2 and B4 at 10 m, B5 at 20 m, B1 at 60 m, SCL. */
export function s2Scene(day: string, options: S2Options = {}): WorldScene {
  const { plus = 0, cloud = 5, baseline = "05.09", mgrs = "32VNJ", names = "pc", hole } = options;
  const datetime = day.includes("T") ? day : `${day}T10:30:00Z`;
  const band = (number: number, factor = 1): WorldBand => ({
    factor,
    value: (column, row) => hole?.(column * factor, row * factor) ? 0 : pattern(column, row, number) + plus,
    ...(options.raster ? { raster: options.raster } : {}),
  });
  const pc = names === "pc";
  return {
    id: options.id ?? `S2_${mgrs}_${day}`,
    collection: options.collection ?? "sentinel-2-l2a",
    datetime,
    ...(options.grid ? { grid: options.grid } : {}),
    properties: {
      ...(cloud === null ? {} : { "eo:cloud_cover": cloud }),
      ...(baseline === null ? {} : { "s2:processing_baseline": baseline }),
      "s2:mgrs_tile": mgrs,
      platform: "Sentinel-2A",
      ...options.properties,
    },
    bands: {
      [pc ? "B02" : "blue"]: band(2),
      [pc ? "B04" : "red"]: band(4),
      [pc ? "B05" : "rededge1"]: band(5, 2),
      [pc ? "B01" : "coastal"]: band(1, 6),
      [pc ? "SCL" : "scl"]: { type: "uint8", factor: 2, value: options.scl ?? (() => 4) },
    },
  };
}

/** Two services and the files behind them. */
export interface World {
  readonly server: FileServer;
  /** Scenes of the service that stands for the Planetary Computer. */
  readonly planetary: WorldScene[];
  /** Scenes of the service that stands for Earth Search. */
  readonly earth: WorldScene[];
  /** Searches as they came. */
  readonly searches: { readonly service: string; readonly body: Readonly<Record<string, unknown>> }[];
  /** Tokens given so far. */
  readonly tokens: { given: number; valid: Set<string> };
  /** Most items of a page that the services bear. */
  limits: { page: number };
  /** How the services link to the next page. */
  paging: { method: "POST" | "GET"; merge: boolean };
  /** A provider that asks them. */
  open(settings?: StacSettings): StacProvider;
  close(): Promise<void>;
}

const smallTile = 64;

/** Starts a world with scenes in it. */
export async function startWorld(
  scenes: { readonly planetary?: readonly WorldScene[]; readonly earth?: readonly WorldScene[] } = {},
): Promise<World> {
  const searches: World["searches"] = [];
  const tokens = { given: 0, valid: new Set<string>() };
  const limits = { page: Infinity };
  const paging: World["paging"] = { method: "POST", merge: true };
  const world = { planetary: [...scenes.planetary ?? []], earth: [...scenes.earth ?? []] };

  const server = await startFileServer({
    guard: ({ path, query }) => path.startsWith("/blobs/") && !tokens.valid.has(query.get("sig") ?? "") ? 403 : null,
    handle(request, response) {
      const json = (value: unknown, status = 200) => {
        response.writeHead(status, { "content-type": "application/geo+json" });
        response.end(JSON.stringify(value));
        return true;
      };
      if (request.path === "/tokens/account/blobs") {
        const sig = `token-${++tokens.given}`;
        tokens.valid.add(sig);
        const expiry = new Date(Date.now() + 3_600_000).toISOString();
        return json({ "msft:expiry": expiry, token: `st=now&sig=${sig}` });
      }
      const service = /^\/(planetary|earth)(\/search)?$/.exec(request.path);
      if (!service) return false;
      const name = service[1] as "planetary" | "earth";
      if (!service[2]) {
        return json({
          type: "Catalog",
          id: name,
          links: [{ rel: "search", href: `${server.url}/${name}/search`, method: "POST" }],
        });
      }
      const body = request.method === "POST"
        ? JSON.parse(request.body) as Record<string, unknown>
        : JSON.parse(request.query.get("q")!) as Record<string, unknown>;
      if (request.method === "POST" && !/json/.test(request.headers["content-type"] ?? "")) {
        return json({ message: "json is wanted" }, 400);
      }
      searches.push({ service: name, body });
      return json(...search(name, body));
    },
  });

  function search(name: "planetary" | "earth", body: Record<string, unknown>): [unknown, number] {
    const { limit = 10, token = 0 } = body as { limit?: number; token?: number };
    if (limit > limits.page) return [{ message: "Internal server error" }, 502];
    const found = world[name].filter((scene) => matches(scene, body));
    const features = found.slice(token, token + limit).map((scene) => itemOf(name, scene));
    const next = token + limit;
    const url = `${server.url}/${name}/search`;
    const whole = { ...body, token: next };
    const link = paging.method === "GET"
      ? { rel: "next", href: `${url}?q=${encodeURIComponent(JSON.stringify(whole))}` }
      : { rel: "next", method: "POST", href: url, merge: paging.merge, body: paging.merge ? { token: next } : whole };
    return [{
      type: "FeatureCollection",
      features,
      links: next < found.length ? [{ rel: "self", href: url }, link] : [],
    }, 200];
  }

  function itemOf(name: "planetary" | "earth", scene: WorldScene): unknown {
    const grid = scene.grid ?? tile;
    const { minLon, minLat, maxLon, maxLat } = lonLatBounds(grid);
    const folder = name === "planetary" ? "blobs" : "open";
    return {
      type: "Feature",
      stac_version: "1.0.0",
      id: scene.id,
      collection: scene.collection,
      bbox: [minLon, minLat, maxLon, maxLat],
      geometry: null,
      properties: { datetime: scene.datetime, ...scene.properties },
      links: [],
      assets: {
        thumbnail: { href: `${server.url}/${folder}/${scene.id}.jpg`, type: "image/jpeg" },
        ...Object.fromEntries(Object.entries(scene.bands).map(([key, band]) => {
          const path = `/${folder}/${scene.id}/${key}.tif`;
if (!band.isGone) server.makers.set(path, () => fileOf(grid, band));
          return [key, {
            href: server.url + path,
            type: "image/tiff; application=geotiff; profile=cloud-optimized",
            ...(band.raster ? { "raster:bands": [band.raster] } : {}),
          }];
        })),
      },
    };
  }

  return {
    server,
    ...world,
    searches,
    tokens,
    limits,
    paging,
    open: (settings = {}) =>
      stacProvider({
        endpoints: {
          planetaryComputer: `${server.url}/planetary`,
          planetaryComputerTokens: `${server.url}/tokens`,
          containerOf: ({ pathname }) =>
            pathname.startsWith("/blobs/") ? { account: "account", container: "blobs" } : null,
          earthSearch: `${server.url}/earth`,
        },
        ...settings,
        requests: { backoffMs: 1, ...settings.requests },
      }),
    close: () => server.close(),
  };
}

function fileOf(grid: Grid, { type = "uint16", factor = 1, value, nodata }: WorldBand): Uint8Array {
  const [a, , c, , e, f] = grid.transform;
  return tinyCog({
    grid: {
      crs: grid.crs,
      transform: [a * factor, 0, c, 0, e * factor, f],
      width: grid.width / factor,
      height: grid.height / factor,
    },
    type,
    value,
    tile: smallTile,
    levels: 2,
    ...(nodata === undefined ? {} : { nodata }),
  });
}

/** What the services understand of a search; a condition that they do not know is an error. */
function matches(scene: WorldScene, body: Record<string, unknown>): boolean {
  const known = ["collections", "bbox", "datetime", "query", "limit", "token"];
  for (const key of Object.keys(body)) {
    if (!known.includes(key)) throw new Error(`unknown key ${key}`);
  }
  const { collections, bbox, datetime, query = {} } = body as {
    collections?: readonly string[];
    bbox: readonly [number, number, number, number];
    datetime?: string;
    query?: Record<string, Record<string, unknown>>;
  };
  if (!(bbox[0] <= bbox[2] && bbox[1] <= bbox[3])) throw new Error(`no box: ${bbox}`);
  if (collections && !collections.includes(scene.collection ?? "")) return false;
  const { minLon, minLat, maxLon, maxLat } = lonLatBounds(scene.grid ?? tile);
  const lonMeets = minLon <= maxLon
    ? minLon <= bbox[2] && bbox[0] <= maxLon
    : minLon <= bbox[2] || bbox[0] <= maxLon;
  if (!lonMeets || minLat > bbox[3] || bbox[1] > maxLat) return false;
  if (datetime) {
    const [start, end] = datetime.split("/").map((text) => Date.parse(text));
    const time = Date.parse(scene.datetime);
    if (time < start! || time > end!) return false;
  }
  return Object.entries(query).every(([name, conditions]) =>
    Object.entries(conditions).every(([operator, wanted]) => {
      const value = scene.properties?.[name];
      if (operator === "eq") return value === wanted;
      if (operator === "lte") return typeof value === "number" && value <= (wanted as number);
      throw new Error(`unknown operator ${operator}`);
    })
  );
}
