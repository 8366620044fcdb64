/**
 * The combined layout: one file of arrays for all places, one manifest beside it.
 *
 * @module
 */

import { basename, dirname } from "node:path";
import type { AnyArray, Cell, StoredColumn } from "@rsembed/writers";
import { openJsonLists } from "./json_lists.ts";
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
  /** Errors of each model, by place. */
  const failures = embedders.map(() => new Map<number, string>());
  const lists = manifestPath === null ? null : await openJsonLists(manifestPath);
  const metasOf = (position: number) => `metas ${position}`;

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
    const errors = failures[position]!;
    const find = (kind: Cell["kind"], model: string) =>
      columnJson(columns.find((column) => column.kind === kind && column.model === model));
    const owner = owners[position]!;
    const inputs = find("input", names[owner]!);
    const failed = [...errors.keys()].sort((a, b) => a - b);
    const status: Status = failed.length === 0
      ? "ok"
      : failed.length === tally.itemCount
      ? "failed"
      : "partial";
    return {
      ...modelHead(run, position),
      status,
      inputs: inputs && owner !== position ? { ...inputs, dedup_reused: true } : inputs,
      embeddings: find("embedding", names[position]!),
      metas: config.saveEmbeddings && lists ? lists.list(metasOf(position)) : null,
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
        result.models.forEach((model, position) => {
          const error = failureOf(model);
          if (error !== null) failures[position]!.set(result.index, errorText(error));
        });
      }
      await writer.write(results.flatMap(cellsOf), options);
      if (lists === null) return;
      await lists.append("spatials", results.map(({ spatial }) => spatialJson(spatial)));
      for (const position of names.keys()) {
        const embedded = results.map(({ models }) => models[position]!.embedding);
        await lists.append(
          metasOf(position),
          embedded.map((embedding) => embedding?.ok ? embedding.value.meta : null),
        );
      }
    },
    async finish({ broken }, options) {
      const file = await writer.commit({ ...options, placeCount: tally.itemCount });
      const models = embedders.map((_, position) =>
        modelEntry(position, file.columns, broken.get(position))
      );
      const status = overall(models.map((entry) => entry["status"] as Status));
      if (lists !== null && manifestPath !== null) {
        await lists.write({
          ...manifestHead(run),
          status,
          stage: "done",
          resume_incomplete: false,
          models,
          n_items: tally.itemCount,
          spatials: lists.list("spatials"),
          completed_at: timestamp(new Date()),
          npz_path: basename(path),
          npz_keys: file.keys,
          manifest_path: basename(manifestPath),
        }, options);
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
    async [Symbol.asyncDispose]() {
      await writer[Symbol.asyncDispose]();
      await lists?.[Symbol.asyncDispose]();
    },
  };
}
