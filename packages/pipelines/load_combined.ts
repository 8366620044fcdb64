/**
 * Combined exports, read back.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { arrayKey, RsembedError, type RunOptions } from "@rsembed/core";
import {
  type AnyArray,
  type ArrayFile,
  type FormatCatalog,
  isObjectPath,
  openArrayFile,
} from "@rsembed/writers";
import type { LoadedExport, LoadedModel, LoadedRow } from "./load.ts";
import { asFloat32, gather, gatheredShape, rowOf } from "./load_rows.ts";
import {
  exists,
  findManifest,
  maxManifestBytes,
  namedFile,
  parseManifest,
  readManifest,
} from "./manifest_file.ts";
import { manifestPathOf } from "./paths.ts";
import { type JsonObject, parseSpatialJson, parseTemporalJson } from "./spec_json.ts";

/** The array file beside a manifest. */
async function arraysBeside(
  manifestPath: string,
  { manifest, formats }: { readonly manifest: JsonObject; readonly formats: FormatCatalog },
): Promise<string> {
  const named = namedFile(manifest, "data_file");
  if (named !== null) {
    const path = join(dirname(manifestPath), named);
    if (await exists(path)) return path;
  }
  const stem = manifestPath.replace(/\.json$/i, "");
  const extensions = Object.values(formats).flatMap(({ card }) => [...card.extensions]);
  for (const extension of extensions) {
    if (await exists(stem + extension)) return stem + extension;
  }
  throw new RsembedError(
    "not-found",
    `Cannot open the export "${manifestPath}": there is no ${
      extensions.join(" or ")
    } file beside it`,
    { facts: { name: stem } },
  );
}

/** Where the arrays of one model and kind lie. */
interface Stored {
  readonly key: string | null;
  readonly keys: readonly string[];
  readonly indices: readonly number[] | null;
  /** Of embeddings in 8-bit integers: what to multiply them by. */
  readonly scale: Stored | null;
}

function readStored(
  json: unknown,
  { fallbackKey, file, scale }: {
    readonly fallbackKey: string;
    readonly file: ArrayFile;
    readonly scale: Stored | null;
  },
): Stored | null {
  if (typeof json !== "object" || json === null) return null;
  const { npz_key, npz_keys, nc_variable, indices } = json as Record<string, unknown>;
  const numbers = Array.isArray(indices) ? indices.map(Number) : null;
  const keys = Array.isArray(npz_keys) ? npz_keys.map(String) : [];
  if (keys.length > 0) return { key: null, keys, indices: numbers, scale };
  const key = [npz_key, nc_variable, fallbackKey].find((name) =>
    typeof name === "string" && file.keys.includes(name)
  );
  return key === undefined ? null : { key: key as string, keys: [], indices: numbers, scale };
}

/** The place that a key such as `input_chw__m__00012` belongs to. */
function indexInKey(key: string): number {
  const digits = /__(\d+)$/.exec(key)?.[1];
  if (digits === undefined) {
    throw new RsembedError("corrupt", `Cannot read the export: array "${key}" names no place`, {
      facts: { source: key },
    });
  }
  return Number(digits);
}

async function* storedRows(
  file: ArrayFile,
  stored: Stored,
  options: RunOptions,
): AsyncGenerator<LoadedRow> {
  if (stored.key === null) {
    for (const [i, key] of stored.keys.entries()) {
      const scaleKey = stored.scale?.keys[i];
      const scale = scaleKey === undefined ? null : await file.read(scaleKey, options);
      const array = asFloat32(await file.read(key, options), scale);
      yield { index: stored.indices?.[i] ?? indexInKey(key), array };
    }
    return;
  }
  const scaleKey = stored.scale?.key ?? null;
  const scales = scaleKey === null ? null : rowsOf(file, scaleKey, options);
  try {
    let row = 0;
    for await (const value of rowsOf(file, stored.key, options)) {
      const scale = scales === null ? null : (await scales.next()).value;
      if (scale === undefined) {
        throw new RsembedError("corrupt", `Cannot read the export: "${scaleKey}" lacks rows`, {
          facts: { source: String(scaleKey) },
        });
      }
      const array = asFloat32(value, scale);
      yield { index: stored.indices?.[row] ?? row, array };
      row++;
    }
  } finally {
    await scales?.return(undefined);
  }
}

/** The shapes of values. */
async function* storedShapes(
  file: ArrayFile,
  { key, keys }: Stored,
  options: RunOptions,
): AsyncGenerator<readonly number[]> {
  if (key !== null) {
    const [rows = 0, ...rest] = (await file.info(key, options)).shape;
    if (rows > 0) yield rest;
    return;
  }
  for (const key of keys) yield (await file.info(key, options)).shape;
}

/** The rows of an array, of which no more than a block is held. */
async function* rowsOf(
  file: ArrayFile,
  key: string,
  options: RunOptions,
): AsyncGenerator<AnyArray, undefined> {
  for await (const block of file.blocks(key, options)) {
    for (let row = 0; row < (block.shape[0] ?? 0); row++) yield rowOf(block, row);
  }
}

function loadModel(entry: JsonObject, itemCount: number, file: ArrayFile): LoadedModel {
  const name = String(entry["model"]);
  const plain = { file, scale: null };
  const { scale: scaleJson } = (entry["quantization"] ?? {}) as JsonObject;
  const scale = readStored(scaleJson, {
    ...plain,
    fallbackKey: `embeddings_scale__${arrayKey(name)}`,
  });
  const stored = {
    embedding: readStored(entry["embeddings"], {
      file,
      scale,
      fallbackKey: `embeddings__${arrayKey(name)}`,
    }),
    input: readStored(entry["inputs"], {
      ...plain,
      fallbackKey: `inputs_bchw__${arrayKey(name)}`,
    }),
  };
  const rows: LoadedModel["rows"] = (kind, options = {}) => {
    const place = stored[kind];
    return place ? storedRows(file, place, options) : (async function* () {})();
  };
  const stacked = async (kind: "embedding" | "input", options: RunOptions = {}) => {
    const place = stored[kind];
    if (!place) return null;
    if (place.key !== null && place.indices === null && place.scale === null) {
      const all = asFloat32(await file.read(place.key, options));
      if (all.shape[0] === itemCount) return all;
    }
    return await gather(rows(kind, options), itemCount);
  };
  const metas = entry["metas"];
  return {
    name,
    status: String(entry["status"]),
    error: typeof entry["error"] === "string" ? entry["error"] : null,
    meta: Array.from(
      { length: itemCount },
      (_, i) => (Array.isArray(metas) ? metas[i] as JsonObject | null : null) ?? null,
    ),
    embeddings: (options) => stacked("embedding", options),
    inputs: (options) => stacked("input", options),
    async shapeOf(kind, options = {}) {
      const place = stored[kind];
      return place && await gatheredShape(storedShapes(file, place, options), itemCount);
    },
    rows,
  };
}

/** The two parts of a combined export. */
interface Parts {
  readonly manifest: JsonObject;
  readonly manifestPath: string;
  /** Path of the array file. */
  readonly arrays: string;
}

async function findOnDisk(path: string, formats: FormatCatalog): Promise<Parts> {
  const byManifest = /\.json$/i.test(path);
  const manifestPath = byManifest ? path : await findManifest(path);
  if (manifestPath === null || !await exists(manifestPath)) {
    throw noManifest(path, manifestPath ?? manifestPathOf(path));
  }
  const manifest = await readManifest(manifestPath);
  const arrays = byManifest ? await arraysBeside(path, { manifest, formats }) : path;
  return { manifest, manifestPath, arrays };
}

async function findInBucket(path: string, options: RunOptions): Promise<Parts> {
  const manifestPath = manifestPathOf(path.replace(/\/+$/, ""));
  const { getFile } = await import("@rsembed/writers/zarr/s3");
  const bytes = await getFile(manifestPath, { ...options, maxBytes: maxManifestBytes });
  if (!bytes) throw noManifest(path, manifestPath);
  const manifest = parseManifest(manifestPath, new TextDecoder().decode(bytes));
  return { manifest, manifestPath, arrays: path };
}

function noManifest(path: string, missing: string): RsembedError {
  return new RsembedError(
    "not-found",
    `Cannot open the export "${path}": its manifest "${missing}" is missing`,
    { facts: { name: missing } },
  );
}

/** Opens a combined export by its array file or its manifest. */
export async function loadCombined(
  path: string,
  formats: FormatCatalog,
  options: RunOptions,
): Promise<LoadedExport> {
  const { manifest, manifestPath, arrays } = isObjectPath(path)
    ? await findInBucket(path, options)
    : await findOnDisk(path, formats);
  const file = await openArrayFile(arrays, { ...options, writers: formats });
  const itemCount = Number(manifest["n_items"]);
  const entries = manifest["models"];
  if (!Number.isSafeInteger(itemCount) || itemCount < 0 || !Array.isArray(entries)) {
    await file[Symbol.asyncDispose]();
    throw new RsembedError(
      "corrupt",
      `Cannot open the export "${path}": its manifest lacks n_items or models`,
      {
        facts: { source: manifestPath },
      },
    );
  }
  const spatials = Array.isArray(manifest["spatials"]) ? manifest["spatials"] : [];
  return {
    layout: "combined",
    itemCount,
    status: String(manifest["status"]),
    spatials: Array.from({ length: itemCount }, (_, i) => parseSpatialJson(spatials[i] ?? {})),
    temporal: parseTemporalJson(manifest["temporal"] as JsonObject | null),
    models: Object.fromEntries(
      (entries as JsonObject[]).map((
        entry,
      ) => [String(entry["model"]), loadModel(entry, itemCount, file)]),
    ),
    manifest,
    [Symbol.asyncDispose]: () => Promise.resolve(file[Symbol.asyncDispose]()),
  };
}
