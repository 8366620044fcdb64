/**
 * The per-item layout: a file of arrays and a manifest for each place.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { mapPool, retry, RsembedError, type RunOptions, type Spatial } from "@rsembed/core";
import {
  arraySha1,
  type Cell,
  memoryDataset,
  onDisk,
  type StoredColumn,
  writeFileAtomic,
} from "@rsembed/writers";
import { aboutRun, placeIdentity, recorder, storedError } from "./export_records.ts";
import type { ExportRun, ModelResult, PlaceResult, Sink, Status } from "./export_run.ts";
import { openJournal } from "./journal/journal.ts";
import type { ModelRecord, PlaceRecord } from "./journal/journal_line.ts";
import { fileFields, inputOwners, manifestHead, modelHead, overall, Tally } from "./manifest.ts";
import { defaultItemName, makeFolder } from "./paths.ts";
import type { JsonObject } from "./spec_json.ts";

/** Name of the folder that tells a later run what was done. */
const journalName = ".rsembed";

/** A place that was written, or was not. */
interface Written {
  readonly record: PlaceRecord;
  readonly sizeBytes: number;
}

function statusOf({ models }: PlaceRecord): Status {
  return overall(models.map((model) => model?.error ? "failed" : "ok"));
}

/** What a manifest says of one model at one place. */
function entryOf(
  run: ExportRun,
  position: number,
  { record: { error, meta }, result, cells, columns }: {
    readonly record: ModelRecord;
    readonly result: ModelResult;
    readonly cells: readonly Cell[];
    readonly columns: readonly StoredColumn[];
  },
): JsonObject {
  const owner = inputOwners(run)[position]!;
  const nameOf = (at: number) => run.embedders[at]!.model.name;
  const stored = (kind: Cell["kind"], model: string): JsonObject | null => {
    const cell = cells.find((cell) => cell.kind === kind && cell.model === model);
    const column = columns.find((column) => column.kind === kind && column.model === model);
    if (!cell || !column) return null;
    const { dtype, shape } = cell.array;
    return { npz_key: column.keys[0], dtype, shape, sha1: arraySha1(cell.array) };
  };
  const kept = stored("input", nameOf(owner));
  const scale = stored("scale", nameOf(position));
  return {
    ...modelHead(run, position),
    status: error === null ? "ok" : "failed",
    input: kept &&
      { ...kept, inspection: null, ...(owner === position ? {} : { dedup_reused: true }) },
    embedding: stored("embedding", nameOf(position)),
    ...(run.config.quantization === "float32" ? {} : {
      quantization: { ...aboutRun(run).quantization, scale },
    }),
    meta,
    ...(result.input.ok ? { fetch_meta: result.input.value.provenance } : {}),
    ...(error === null ? {} : { error: error.message }),
  };
}

/** Starts a per-item export. */
export async function perItemSink(run: ExportRun): Promise<Sink> {
  const { config, embedders, format: { card, format }, target } = run;
  if (target.layout !== "per_item") throw new TypeError("Cannot write this layout as many files");
  const { dir, names } = target;
  await makeFolder(dir);
  const modelNames = embedders.map(({ model }) => model.name);
  const journal = await openJournal(join(dir, journalName), {
    fingerprint: run.fingerprint,
    modelCount: embedders.length,
    resume: config.resume,
  });
  const present = new Set(config.resume ? await onDisk(dir, () => readdir(dir)) : []);
  const records = recorder(run);
  const about = aboutRun(run);
  let itemCount = 0;
  let skippedCount = 0;

  const nameOf = (index: number): string => {
    const name = names ? names[index] : defaultItemName(index);
    if (name !== undefined) return name;
    throw new RsembedError(
      "spec",
      `Cannot name place ${index}: there are fewer names than places`,
      { facts: { field: "names", value: index } },
    );
  };
  const fileNameOf = (index: number) => `${nameOf(index)}${card.extensions[0]}`;

  const writeManifest = async (
    record: PlaceRecord,
    { entries, more }: { readonly entries: readonly JsonObject[]; readonly more: JsonObject },
    options: RunOptions,
  ) => {
    if (!config.saveManifest) return;
    const failed = entries.filter((entry) => entry["status"] === "failed").length;
    const manifest = {
      ...manifestHead(run, journal.startedAt),
      point_index: record.index,
      status: statusOf(record),
      models: entries,
      spatial: record.spatial,
      summary: {
        total_models: entries.length,
        failed_models: failed,
        ok_models: entries.length - failed,
      },
      ...more,
      manifest_path: `${record.name}.json`,
    };
    const text = `${JSON.stringify(manifest, null, 2)}\n`;
    await writeFileAtomic(join(dir, `${record.name}.json`), text, options);
  };

  const writeOne = async (result: PlaceResult, options: RunOptions): Promise<Written> => {
    const record = records.record(result, nameOf(result.index));
    const models = record.models.map((model) => model!);
    const cells = models.flatMap((model) => model.cells);
    const path = join(dir, fileNameOf(result.index));
    const dataset = memoryDataset(cells, { layout: "per_item", placeCount: 1, about });
    const file = await format.write(path, dataset, options);
    const { columns, sizeBytes } = file;
    const entries = models.map((model, position) =>
      entryOf(run, position, { record: model, result: result.models[position]!, cells, columns })
    );
    await writeManifest(record, { entries, more: fileFields(file, card) }, options);
    return { record, sizeBytes };
  };

  /** A place whose file could not be written: its manifest says so, if that at least can be. */
  const recordFailure = async (
    result: PlaceResult,
    error: unknown,
    options: RunOptions,
  ): Promise<Written> => {
    const failed: ModelRecord = { error: storedError(error), meta: null, cells: [] };
    const models = modelNames.map(() => failed);
    const record = { ...records.record(result, nameOf(result.index)), models };
    const entries = models.map((model, position) => ({
      ...modelHead(run, position),
      status: "failed",
      input: null,
      embedding: null,
      meta: null,
      error: model.error!.message,
    }));
    await writeManifest(record, { entries, more: {} }, options).catch(() => {});
    return { record, sizeBytes: 0 };
  };

  return {
    pending(index: number, place: Spatial) {
      itemCount = Math.max(itemCount, index + 1);
      const known = journal.find(index, placeIdentity(place, nameOf(index)));
      const isDone = known?.every((ok) => ok) === true && present.has(fileNameOf(index));
      if (!isDone) return modelNames.map(() => true);
      skippedCount++;
      return null;
    },
    async write(results, options) {
      const write = async (result: PlaceResult): Promise<Written> => {
        try {
          return await retry(() => writeOne(result, options), {
            maxRetries: config.maxRetries,
            backoffMs: 1000 * config.retryBackoffS,
            signal: options.signal,
          });
        } catch (error) {
          if (options.signal?.aborted || !config.continueOnError) throw error;
          return await recordFailure(result, error, options);
        }
      };
      const { signal } = options;
      const written: PlaceRecord[] = [];
      try {
        const concurrency = config.writerWorkers;
        for await (
          const { record, sizeBytes } of mapPool(results, write, { concurrency, signal })
        ) {
          const models = record.models.map((model) => model && { ...model, meta: null, cells: [] });
          written.push({ ...record, models, sizeBytes });
        }
      } finally {
        // files that stand are known to a later run, also where one of their chunk failed
        await journal.append(written);
      }
    },
    async finish(_, { signal }) {
      const tally = new Tally();
      const statuses = new Set<Status>();
      let sizeBytes = 0;
      for await (const place of journal.places(itemCount)) {
        signal?.throwIfAborted();
        tally.addStored(place, modelNames);
        statuses.add(overall(place.models.map(({ error }) => error ? "failed" : "ok")));
        sizeBytes += place.sizeBytes ?? 0;
      }
      return {
        layout: "per_item",
        backend: run.backend,
        status: overall([...statuses]),
        itemCount: tally.itemCount,
        okCount: tally.okCount,
        skippedCount,
        path: dir,
        manifestPath: null,
        sizeBytes,
        failures: tally.failures,
        failureCount: tally.failureCount,
      };
    },
    [Symbol.asyncDispose]: async () => await journal[Symbol.asyncDispose](),
  };
}
