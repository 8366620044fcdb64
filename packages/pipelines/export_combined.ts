/**
 * The combined layout: one file of arrays for all places, one manifest beside it.
 *
 * @module
 */

import { basename, dirname, join } from "node:path";
import type { RunOptions, Spatial } from "@rsembed/core";
import {
  type ColumnKind,
  isObjectPath,
  type StoredColumn,
  type WrittenFile,
} from "@rsembed/writers";
import { aboutRun, placeIdentity, recorder } from "./export_records.ts";
import type { ExportRun, Sink, Status } from "./export_run.ts";
import { fileSha256 } from "./file_sha256.ts";
import { openJournal } from "./journal/journal.ts";
import type { StoredPlace } from "./journal/journal_line.ts";
import { journalDataset } from "./journal/journal_dataset.ts";
import { type JsonLists, openJsonLists } from "./json_lists.ts";
import {
  errorText,
  fileFields,
  inputOwners,
  manifestHead,
  modelHead,
  overall,
  placesFingerprint,
  Tally,
  timestamp,
} from "./manifest.ts";
import { manifestPathFor } from "./manifest_file.ts";
import { localPathOf, makeFolder, manifestPathOf, placeNamer } from "./paths.ts";
import { quantizations } from "./quantize.ts";
import type { JsonObject } from "./spec_json.ts";

/** Places whose metadata is moved into the manifest at once. */
const placesAtOnce = 256;

/** Where the journal of a combined export lies: beside its file, hidden. */
export function journalFolderOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.rsembed`);
}

/** How a column is named in a manifest. */
function columnJson(column: StoredColumn | undefined): JsonObject | null {
  if (!column) return null;
  const { stacked, keys, indices, shape, dtype } = column;
  if (!stacked) return { npz_keys: keys, indices };
  const dense = indices.length === shape![0] && indices.every((index, row) => index === row);
  return { npz_key: keys[0], shape, dtype, ...(dense ? {} : { indices }) };
}

/** What all places together say of one model. */
interface ModelSummary {
  /** Errors, by place. */
  readonly errors: Map<number, string>;
  /** The least cosine of a stored embedding with the one that was computed. */
  minCosine: number;
}

function modelEntry(
  run: ExportRun,
  position: number,
  { summary: { errors, minCosine }, columns, itemCount, error, metas }: {
    readonly summary: ModelSummary;
    readonly columns: readonly StoredColumn[];
    readonly itemCount: number;
    /** That of the model as a whole. */
    readonly error: unknown;
    readonly metas: string | null;
  },
): JsonObject {
  const names = run.embedders.map(({ model }) => model.name);
  const find = (kind: ColumnKind, model: string) =>
    columnJson(columns.find((column) => column.kind === kind && column.model === model));
  const owner = inputOwners(run)[position]!;
  const inputs = find("input", names[owner]!);
  const embeddings = find("embedding", names[position]!);
  const scale = find("scale", names[position]!);
  const quantization = quantizations[run.config.quantization];
  const failed = [...errors.keys()].sort((a, b) => a - b);
  const status: Status = failed.length === 0
    ? "ok"
    : failed.length === itemCount
    ? "failed"
    : "partial";
  return {
    ...modelHead(run, position),
    status,
    inputs: inputs && owner !== position ? { ...inputs, dedup_reused: true } : inputs,
    embeddings,
    ...(quantization && embeddings
      ? { quantization: { ...quantization, scale, min_cosine: minCosine } }
      : {}),
    metas,
    ...(error === undefined ? {} : { error: errorText(error) }),
    ...(failed.length > 0
      ? {
        failed_indices: failed,
        errors_by_index: Object.fromEntries(
          failed.map((index) => [String(index), errors.get(index)]),
        ),
      }
      : {}),
  };
}

/** Starts a combined export. */
export async function combinedSink(run: ExportRun, path: string): Promise<Sink> {
  const { config, embedders, format: { card, format } } = run;
  const localPath = localPathOf(path);
  const manifestPath = config.saveManifest ? await manifestPathFor(path) : null;
  await makeFolder(dirname(localPath));
  const journal = await openJournal(journalFolderOf(localPath), {
    fingerprint: run.fingerprint,
    modelCount: embedders.length,
    resume: config.resume,
  });
  const names = embedders.map(({ model }) => model.name);
  const nameOf = placeNamer(run);
  const records = recorder(run);
  let itemCount = 0;
  let skippedCount = 0;

  /** Goes through all places once: counts them, and moves what they say into the lists of the manifest. */
  const summarize = async (lists: JsonLists | null, { signal }: RunOptions) => {
    const tally = new Tally();
    const summaries: ModelSummary[] = names.map(() => ({ errors: new Map(), minCosine: 1 }));
    const identities = placesFingerprint();
    let batch: StoredPlace[] = [];
    const flush = async () => {
      await lists?.append("spatials", batch.map(({ spatial }) => spatial));
      if (run.target.names) await lists?.append("names", batch.map(({ name }) => name));
      for (const position of names.keys()) {
        await lists?.append(
          `metas ${position}`,
          batch.map(({ models }) => models[position]!.meta),
        );
      }
      batch = [];
    };
    for await (const place of journal.places(itemCount)) {
      signal?.throwIfAborted();
      tally.addStored(place, names);
      identities.add(place.identity);
      for (const [position, { error, meta }] of place.models.entries()) {
        const summary = summaries[position]!;
        if (error) summary.errors.set(place.index, error.message);
        const cosine = meta?.["quantization_cosine"];
        if (typeof cosine === "number") summary.minCosine = Math.min(summary.minCosine, cosine);
      }
      if (batch.push(place) === placesAtOnce) await flush();
    }
    await flush();
    return { tally, summaries, places: identities.digest() };
  };

  const finishManifest = async (
    file: WrittenFile,
    broken: ReadonlyMap<number, unknown>,
    options: RunOptions,
  ): Promise<{ tally: Tally; status: Status }> => {
    const lists = manifestPath === null ? null : await openJsonLists(manifestPath);
    try {
      const { tally, summaries, places } = await summarize(lists, options);
      const models = summaries.map((summary, position) =>
        modelEntry(run, position, {
          summary,
          columns: file.columns,
          itemCount,
          error: broken.get(position),
          metas: config.saveEmbeddings && lists ? lists.list(`metas ${position}`) : null,
        })
      );
      const status = overall(models.map((entry) => entry["status"] as Status));
      await lists?.write({
        data_file: basename(localPath),
        ...manifestHead(run, journal.startedAt),
        places_fingerprint: places,
        status,
        stage: "done",
        resume_incomplete: false,
        n_items: itemCount,
        ok_items: tally.okCount,
        size_bytes: file.sizeBytes,
        data_sha256: isObjectPath(path) ? null : await fileSha256(path, options),
        models,
        spatials: lists.list("spatials"),
        ...(run.target.names ? { names: lists.list("names") } : {}),
        completed_at: timestamp(new Date()),
        ...fileFields(file, card),
        manifest_path: basename(manifestPath!),
      }, options);
      if (manifestPath !== null && isObjectPath(path)) {
        // for those who read the arrays elsewhere
        const { putFile } = await import("@rsembed/writers/zarr/s3");
        await putFile(manifestPathOf(path), manifestPath, options);
      }
      return { tally, status };
    } finally {
      await lists?.[Symbol.asyncDispose]();
    }
  };

  return {
    pending(index: number, place: Spatial) {
      itemCount = Math.max(itemCount, index + 1);
      const known = journal.find(index, placeIdentity(place, nameOf(index)));
      if (known === null) return names.map(() => true);
      if (!known.every((ok) => ok)) return known.map((ok) => !ok);
      skippedCount++;
      return null;
    },
    async write(results, options) {
      await journal.append(
        results.map((result) => records.record(result, nameOf(result.index))),
        options,
      );
    },
    async finish({ broken }, options) {
      const dataset = journalDataset(journal, {
        placeCount: itemCount,
        models: names,
        about: aboutRun(run),
      });
      const file = await format.write(path, dataset, options);
      const { tally, status } = await finishManifest(file, broken, options);
      // what failed can be tried again as long as the journal is there
      if (status === "ok") await journal.remove();
      return {
        layout: "combined",
        backend: run.backend,
        status,
        itemCount,
        okCount: tally.okCount,
        skippedCount,
        path,
        manifestPath,
        sizeBytes: file.sizeBytes,
        failures: tally.failures,
        failureCount: tally.failureCount,
      };
    },
    [Symbol.asyncDispose]: async () => await journal[Symbol.asyncDispose](),
  };
}
