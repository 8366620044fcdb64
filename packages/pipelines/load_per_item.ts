/**
 * Per-item exports, read back.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { RsembedError, type RunOptions } from "@rsembed/core";
import { type ArrayFile, type FormatCatalog, openArrayFile } from "@rsembed/writers";
import type { LoadedExport, LoadedModel, LoadedRow } from "./load.ts";
import { asFloat32, gather, gatheredShape } from "./load_rows.ts";
import { readManifest } from "./manifest_file.ts";
import { type JsonObject, parseSpatialJson, parseTemporalJson } from "./spec_json.ts";

interface Item {
  readonly index: number;
  readonly path: string;
  readonly manifest: JsonObject;
}

/** Pairs of array file and manifest, by place. */
async function readItems(dir: string, formats: FormatCatalog): Promise<Item[]> {
  const extensions = Object.values(formats).flatMap(({ card }) => [...card.extensions]);
  const names = new Set(await readdir(dir));
  const items = new Map<number, Item>();
  for (const name of [...names].sort()) {
    const extension = extensions.find((extension) => name.toLowerCase().endsWith(extension));
    if (extension === undefined) continue;
    const stem = name.slice(0, -extension.length);
    if (!names.has(`${stem}.json`)) continue;
    const manifest = await readManifest(join(dir, `${stem}.json`));
    const said = manifest["point_index"];
    const index = typeof said === "number" ? said : Number(/^p(\d+)$/.exec(stem)?.[1] ?? NaN);
    if (!Number.isSafeInteger(index) || index < 0) continue;
    const other = items.get(index);
    if (other) {
      throw new RsembedError(
        "corrupt",
        `Cannot open the export "${dir}": "${other.path}" and "${name}" are both place ${index}`,
        { facts: { source: dir } },
      );
    }
    items.set(index, { index, path: join(dir, name), manifest });
  }
  if (items.size === 0) {
    throw new RsembedError(
      "not-found",
      `Cannot open the export "${dir}": no ${
        extensions.join(" or ")
      } file in it has a manifest beside it`,
      { facts: { name: dir } },
    );
  }
  return [...items.values()].sort((a, b) => a.index - b.index);
}

function entriesOf(item: Item): JsonObject[] {
  const models = item.manifest["models"];
  return Array.isArray(models) ? models as JsonObject[] : [];
}

/** The array that an entry of a manifest names. */
function keyOf(stored: unknown): string | null {
  if (typeof stored !== "object" || stored === null) return null;
  const { npz_key, nc_variable } = stored as Record<string, unknown>;
  const key = npz_key ?? nc_variable;
  return typeof key === "string" ? key : null;
}

function loadModel(
  name: string,
  items: readonly Item[],
  itemCount: number,
  formats: FormatCatalog,
): LoadedModel {
  const found = new Map(
    items.flatMap((item) => {
      const entry = entriesOf(item).find((entry) => entry["model"] === name);
      return entry ? [[item.index, { item, entry }] as const] : [];
    }),
  );
  const entries = [...found.values()].map(({ entry }) => entry);
  const failed = entries.filter((entry) => entry["status"] === "failed");
  const status = failed.length === 0
    ? "ok"
    : failed.length === entries.length
    ? "failed"
    : "partial";
  const error = status === "failed"
    ? failed.find((entry) => typeof entry["error"] === "string")?.["error"]
    : null;

  /** What is made of the array of each place, in order. */
  async function* eachFile<T>(
    kind: "embedding" | "input",
    options: RunOptions,
    take: (file: ArrayFile, key: string, at: { item: Item; entry: JsonObject }) => Promise<T>,
  ): AsyncGenerator<T> {
    for (const at of found.values()) {
      const key = keyOf(at.entry[kind]);
      if (key === null) continue;
      const file = await openArrayFile(at.item.path, { ...options, writers: formats });
      try {
        yield await take(file, key, at);
      } finally {
        await file[Symbol.asyncDispose]();
      }
    }
  }

  const rows = (kind: "embedding" | "input", options: RunOptions = {}) =>
    eachFile(kind, options, async (file, key, { item, entry }): Promise<LoadedRow> => {
      const scaleKey = kind === "embedding"
        ? keyOf((entry["quantization"] as JsonObject | undefined)?.["scale"])
        : null;
      const scale = scaleKey === null ? null : await file.read(scaleKey, options);
      return { index: item.index, array: asFloat32(await file.read(key, options), scale) };
    });

  return {
    name,
    status,
    error: typeof error === "string" ? error : null,
    meta: Array.from(
      { length: itemCount },
      (_, i) => (found.get(i)?.entry["meta"] as JsonObject | null) ?? null,
    ),
    embeddings: (options) => gather(rows("embedding", options), itemCount),
    inputs: (options) => gather(rows("input", options), itemCount),
    async shapeOf(kind, options = {}) {
      const shapes = eachFile(kind, options, async (file, key) => (await file.info(key)).shape);
      return await gatheredShape(shapes, itemCount);
    },
    rows,
  };
}

/** Opens a per-item export by its folder. */
export async function loadPerItem(
  dir: string,
  formats: FormatCatalog,
  options: RunOptions,
): Promise<LoadedExport> {
  options.signal?.throwIfAborted();
  const items = await readItems(dir, formats);
  const itemCount = items.at(-1)!.index + 1;
  const names = [
    ...new Set(items.flatMap((item) => entriesOf(item).map((entry) => String(entry["model"])))),
  ];
  const models = Object.fromEntries(
    names.map((name) => [name, loadModel(name, items, itemCount, formats)]),
  );
  const statuses = new Set(Object.values(models).map(({ status }) => status));
  const places = new Map(
    items.map(({ index, manifest }) => [index, manifest["spatial"] as JsonObject | undefined]),
  );
  const first = items[0]!.manifest;
  return {
    layout: "per_item",
    itemCount,
    status: statuses.size === 1 ? [...statuses][0]! : "partial",
    spatials: Array.from({ length: itemCount }, (_, i) => parseSpatialJson(places.get(i) ?? {})),
    temporal: parseTemporalJson(first["temporal"] as JsonObject | null),
    models,
    manifest: first,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
