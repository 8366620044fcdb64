/**
 * Checkpoints become graphs once.
 *
 * @module
 */

import { createHash, randomUUID } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { canonicalJson, errorMessage, RsembedError, type RunOptions } from "@rsembed/core";
import { type Graph, writeModel } from "../onnx/mod.ts";
import { defaultCacheDir } from "./cache_dir.ts";

/** What decides a converted graph. */
export interface ConversionKey {
  /** Id of the family. */
  readonly family: string;
  /** Name of the variant. */
  readonly variant: string;
  /** Raised by a family when its graph changes. */
  readonly graphVersion: number;
  /** Identity of the graph's configuration and input shapes. */
  readonly graphKey: string;
}

/** A conversion that may have been done already. */
export interface Conversion {
  /** SHA-256 of the checkpoint, or another identity of the weights. */
  readonly sourceHash: string;
  /** What is made of it. */
  readonly key: ConversionKey;
  /** Builds the graph; called only where there is no converted one. */
  build(): Graph | Promise<Graph>;
}

/** Options of {@linkcode convertOnce}. */
export interface ConvertOptions extends RunOptions {
  /** Where conversions are kept. @default the user's cache folder */
  readonly cacheDir?: string;
}

const modelName = "model.onnx";
const noteName = "conversion.json";
/** Folders of conversions that were killed are removed after this time. */
const staleAfterMs = 24 * 3600 * 1000;

/** Sizes of the files of a complete conversion, by name. */
async function sizesOf(folder: string): Promise<Record<string, number>> {
  const names = (await readdir(folder)).filter((name) => name !== noteName).sort();
  const sizes = names.map(async (name) => [name, (await stat(join(folder, name))).size] as const);
  return Object.fromEntries(await Promise.all(sizes));
}

/** Whether a folder holds a conversion, whole. */
async function isWhole(folder: string): Promise<boolean> {
  try {
    const { files } = JSON.parse(await readFile(join(folder, noteName), "utf8")) as {
      files: unknown;
    };
    return canonicalJson(files) === canonicalJson(await sizesOf(folder));
  } catch {
    return false;
  }
}

async function removeStale(root: string): Promise<void> {
  for (const name of await readdir(root).catch(() => [])) {
    if (!name.startsWith(".")) continue;
    const folder = join(root, name);
    const age = Date.now() - (await stat(folder).catch(() => ({ mtimeMs: Infinity }))).mtimeMs;
    if (age > staleAfterMs) await rm(folder, { recursive: true, force: true }).catch(() => {});
  }
}

/**
 * Converts a checkpoint to a graph on disk, unless that was done before; the conversion is made in a
 * folder of its own that appears complete or not at all, whatever is killed and whoever else converts.
 *
 * @returns Path of the model, its weights beside it
 * @throws {RsembedError} `unavailable` if the cache cannot be written; whatever `build` throws
 */
export async function convertOnce(
  conversion: Conversion,
  options: ConvertOptions = {},
): Promise<string> {
  const { cacheDir = defaultCacheDir(), ...run } = options;
  const { sourceHash, key } = conversion;
  const identity = canonicalJson({ sourceHash, ...key });
  const root = join(cacheDir, "graphs");
  const hash = createHash("sha256").update(identity).digest("hex").slice(0, 32);
  const folder = join(root, `${key.family}-${key.variant}-${hash}`.replace(/[^\w.-]/g, "_"));
  if (await isWhole(folder)) return join(folder, modelName);

  const temporary = join(root, `.${hash}.${randomUUID()}`);
  try {
    // a damaged conversion makes way now, not at the end, when it may be another process's fresh one
    await rm(folder, { recursive: true, force: true });
    const graph = await conversion.build();
    await mkdir(temporary, { recursive: true });
    await removeStale(root);
    await writeModel(graph, join(temporary, modelName), run);
    const note = { source_hash: sourceHash, ...key, files: await sizesOf(temporary) };
    await writeFile(join(temporary, noteName), JSON.stringify(note, null, 2));
    await rename(temporary, folder);
  } catch (cause) {
    // another process may have been first
    if (await isWhole(folder)) return join(folder, modelName);
    if (run.signal?.aborted || cause instanceof RsembedError) throw cause;
    const status = (cause as { code?: string }).code ?? "unknown";
    throw new RsembedError(
      "unavailable",
      `Cannot write the converted model to "${folder}": ${
        errorMessage(cause)
      }; set RSEMBED_CACHE to a ` +
        "folder with room",
      { facts: { resource: folder, permanent: true, status }, cause },
    );
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => {});
  }
  return join(folder, modelName);
}
