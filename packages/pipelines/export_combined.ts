/**
 * The combined layout: one file of arrays for all places, one manifest beside it.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import { type AnyArray, type Cell, type StoredColumn, writeFileAtomic } from "@rsembed/writers";
import type { ExportRun, PlaceResult, Sink, Status } from "./export_run.ts";
import {
  errorText,
  failureOf,
  inputOwners,
  manifestHead,
  modelHead,
  overall,
  savedInput,
  Tally,
  timestamp,
} from "./manifest.ts";
import { makeFolder, manifestPathOf, withExtension } from "./paths.ts";
import { type JsonObject, spatialJson } from "./spec_json.ts";

interface ModelRecord {
  readonly metas: (JsonObject | null)[];
  readonly errors: Map<number, string>;
}

/** How a column is named in a manifest. */
function columnJson(column: StoredColumn | undefined): JsonObject | null {
  if (!column) return null;
  const { stacked, keys, indices, shape, dtype } = column;
  if (!stacked) return { npz_keys: keys, indices };
  const dense = indices.length === shape![0] && indices.every((index, row) => index === row);
  return { npz_key: keys[0], shape, dtype, ...(dense ? {} : { indices }) };
}

/** Starts a combined export. */
export async function combinedSink(run: ExportRun): Promise<Sink> {
  const { config, embedders, format: { card, format }, target } = run;
  if (target.layout !== "combined") throw new TypeError("Cannot write this layout as one file");
  const path = withExtension(target.path, card.extensions);
  const manifestPath = config.saveManifest ? manifestPathOf(path) : null;
  await makeFolder(dirname(path));
  const writer = await format.create(path, { layout: "combined", placeCount: run.placeCount });
  const names = embedders.map(({ model }) => model.name);
  const owners = inputOwners(run);
  const tally = new Tally();
  const spatials: JsonObject[] = [];
  const records: ModelRecord[] = embedders.map(() => ({ metas: [], errors: new Map() }));

  const cellsOf = ({ index, models }: PlaceResult): Cell[] => {
    const cells: Cell[] = [];
    models.forEach(({ input, embedding }, position) => {
      const model = names[position]!;
      const add = (kind: Cell["kind"], array: AnyArray) =>
        cells.push({ index, kind, model, array });
      if (input.ok && config.saveInputs && owners[position] === position) {
        add("input", savedInput(input.value.pixels));
      }
      if (embedding?.ok) add("embedding", embedding.value.data);
    });
    return cells;
  };

  const modelEntry = (
    position: number,
    columns: readonly StoredColumn[],
    error: unknown,
  ): JsonObject => {
    const { metas, errors } = records[position]!;
    const find = (kind: Cell["kind"], model: string) =>
      columnJson(columns.find((column) => column.kind === kind && column.model === model));
    const owner = owners[position]!;
    const inputs = find("input", names[owner]!);
    const failed = [...errors.keys()].sort((a, b) => a - b);
    const status: Status = failed.length === 0
      ? "ok"
      : failed.length === spatials.length
      ? "failed"
      : "partial";
    return {
      ...modelHead(run, position),
      status,
      inputs: inputs && owner !== position ? { ...inputs, dedup_reused: true } : inputs,
      embeddings: find("embedding", names[position]!),
      metas: config.saveEmbeddings ? metas : null,
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
  };

  return {
    async write(results, options) {
      for (const result of results) {
        tally.add(result, names);
        spatials.push(spatialJson(result.spatial));
        result.models.forEach((model, position) => {
          const { metas, errors } = records[position]!;
          const error = failureOf(model);
          if (error !== null) errors.set(result.index, errorText(error));
          metas.push(model.embedding?.ok ? model.embedding.value.meta : null);
        });
      }
      await writer.write(results.flatMap(cellsOf), options);
    },
    async finish({ broken }, options) {
      const file = await writer.commit({ ...options, placeCount: spatials.length });
      const models = embedders.map((_, position) =>
        modelEntry(position, file.columns, broken.get(position))
      );
      const status = overall(models.map((entry) => entry["status"] as Status));
      if (manifestPath !== null) {
        const manifest = {
          ...manifestHead(run),
          status,
          stage: "done",
          resume_incomplete: false,
          models,
          n_items: spatials.length,
          spatials,
          completed_at: timestamp(new Date()),
          npz_path: basename(path),
          npz_keys: file.keys,
          manifest_path: basename(manifestPath),
        };
        await writeFileAtomic(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`, options);
      }
      return {
        layout: "combined",
        status,
        itemCount: tally.itemCount,
        okCount: tally.okCount,
        path,
        manifestPath,
        sizeBytes: file.sizeBytes,
        failures: tally.failures,
        failureCount: tally.failureCount,
      };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(writer[Symbol.asyncDispose]()),
  };
}
