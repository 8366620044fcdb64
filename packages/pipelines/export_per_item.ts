/**
 * The per-item layout: a file of arrays and a manifest for each place.
 *
 * @module
 */

import { basename, join } from "node:path";
import { mapPool, retry, RsembedError, type RunOptions } from "@rsembed/core";
import { arraySha1, type Cell, type StoredColumn, writeFileAtomic } from "@rsembed/writers";
import type { ExportRun, ModelResult, PlaceResult, Sink, Status } from "./export_run.ts";
import {
  errorText,
  failureOf,
  inputOwners,
  manifestHead,
  modelHead,
  overall,
  savedInput,
  Tally,
} from "./manifest.ts";
import { defaultItemName, makeFolder } from "./paths.ts";
import { type JsonObject, spatialJson } from "./spec_json.ts";

/** Files in the making at once. */
const writersAtOnce = 2;

/** The arrays of one place. */
function cellsOf(
  run: ExportRun,
  owners: readonly number[],
  { index, models }: PlaceResult,
): Cell[] {
  const cells: Cell[] = [];
  models.forEach(({ input, embedding }, position) => {
    const model = run.embedders[position]!.model.name;
    if (input.ok && run.config.saveInputs && owners[position] === position) {
      cells.push({ index, kind: "input", model, array: savedInput(input.value.pixels) });
    }
    if (embedding?.ok) cells.push({ index, kind: "embedding", model, array: embedding.value.data });
  });
  return cells;
}

/** What a manifest says of one model at one place. */
function entryOf(
  run: ExportRun,
  owners: readonly number[],
  position: number,
  { result, cells, columns }: {
    readonly result: ModelResult;
    readonly cells: readonly Cell[];
    readonly columns: readonly StoredColumn[];
  },
): JsonObject {
  const { input, embedding } = result;
  const nameOf = (at: number) => run.embedders[at]!.model.name;
  const stored = (kind: Cell["kind"], model: string): JsonObject | null => {
    const cell = cells.find((cell) => cell.kind === kind && cell.model === model);
    const column = columns.find((column) => column.kind === kind && column.model === model);
    if (!cell || !column) return null;
    const { dtype, shape } = cell.array;
    return { npz_key: column.keys[0], dtype, shape, sha1: arraySha1(cell.array) };
  };
  const owner = owners[position]!;
  const kept = input.ok ? stored("input", nameOf(owner)) : null;
  const error = failureOf(result);
  return {
    ...modelHead(run, position),
    status: error === null ? "ok" : "failed",
    input: kept &&
      { ...kept, inspection: null, ...(owner === position ? {} : { dedup_reused: true }) },
    embedding: embedding?.ok ? stored("embedding", nameOf(position)) : null,
    meta: embedding?.ok ? embedding.value.meta : null,
    ...(input.ok ? { fetch_meta: input.value.provenance } : {}),
    ...(error === null ? {} : { error: errorText(error) }),
  };
}

/** How one place ended. */
function statusOf({ models }: PlaceResult): Status {
  return overall(models.map((model) => failureOf(model) === null ? "ok" : "failed"));
}

/** Starts a per-item export. */
export async function perItemSink(run: ExportRun): Promise<Sink> {
  const { config, embedders, format: { card, format }, target } = run;
  if (target.layout !== "per_item") throw new TypeError("Cannot write this layout as many files");
  const { dir, names } = target;
  await makeFolder(dir);
  const modelNames = embedders.map(({ model }) => model.name);
  const owners = inputOwners(run);
  const tally = new Tally();
  const statuses = new Set<Status>();
  let sizeBytes = 0;

  const writeOne = async (result: PlaceResult, options: RunOptions): Promise<number> => {
    const name = names ? names[result.index] : defaultItemName(result.index);
    if (name === undefined) {
      throw new RsembedError(
        "spec",
        `Cannot name place ${result.index}: there are fewer names than places`,
        {
          facts: { field: "names", value: result.index },
        },
      );
    }
    const path = join(dir, `${name}${card.extensions[0]}`);
    const cells = cellsOf(run, owners, result);
    const writer = await format.create(path, { layout: "per_item", placeCount: 1 });
    try {
      await writer.write(cells, options);
      const file = await writer.commit(options);
      if (config.saveManifest) {
        const { columns } = file;
        const entries = result.models.map((model, position) =>
          entryOf(run, owners, position, { result: model, cells, columns })
        );
        const failed = entries.filter((entry) => entry["status"] === "failed").length;
        const manifest = {
          ...manifestHead(run),
          point_index: result.index,
          status: statusOf(result),
          models: entries,
          spatial: spatialJson(result.spatial),
          summary: {
            total_models: entries.length,
            failed_models: failed,
            ok_models: entries.length - failed,
          },
          npz_path: basename(path),
          npz_keys: file.keys,
          manifest_path: `${name}.json`,
        };
        await writeFileAtomic(
          join(dir, `${name}.json`),
          `${JSON.stringify(manifest, null, 2)}\n`,
          options,
        );
      }
      return file.sizeBytes;
    } finally {
      await writer[Symbol.asyncDispose]();
    }
  };

  return {
    async write(results, options) {
      const write = async (result: PlaceResult) => {
        try {
          const size = await retry(() => writeOne(result, options), {
            maxRetries: config.maxRetries,
            backoffMs: 1000 * config.retryBackoffS,
            signal: options.signal,
          });
          return { result, size, error: null };
        } catch (error) {
          if (options.signal?.aborted || !config.continueOnError) throw error;
          return { result, size: 0, error };
        }
      };
      const { signal } = options;
      for await (
        const { result, size, error } of mapPool(results, write, {
          concurrency: writersAtOnce,
          signal,
        })
      ) {
        sizeBytes += size;
        if (error === null) tally.add(result, modelNames);
        else {
          tally.itemCount++;
          tally.fail({ index: result.index, model: "*", message: errorText(error) });
        }
        statuses.add(error === null ? statusOf(result) : "failed");
      }
    },
    finish() {
      return Promise.resolve({
        layout: "per_item",
        status: overall([...statuses]),
        itemCount: tally.itemCount,
        okCount: tally.okCount,
        path: dir,
        manifestPath: null,
        sizeBytes,
        failures: tally.failures,
        failureCount: tally.failureCount,
      });
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
