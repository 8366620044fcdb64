/**
 * Patches in, embeddings out: prepare, infer in batches, read out.
 *
 * @module
 */

import {
  canonicalJson,
  type Embedding,
  type Grid,
  type InputPrepSpec,
  type OutputSpec,
  type Patch,
  resizeGrid,
  type ResolvedModel,
  type RunOptions,
  type TemporalSpec,
  type TokenGrid,
  validFraction,
} from "@rsembed/core";
import type { Embedder, Family, InputShapes, Tensors } from "@rsembed/embedders";
import { stackTensors, unstackTensors } from "@rsembed/models/runtime";
import type { Runtime } from "./runtime.ts";
import { sensorJson, spanOf, temporalJson } from "./spec_json.ts";
import { mergeTiles, prepareInput, wholeMeta } from "./tile/prepare.ts";

/** A result, or why there is none. A bad item is a value, never a lost run. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/** One place for a model to embed. */
export interface RunnerItem {
  /** Imagery with the model's own bands and frames. */
  readonly patch: Patch;
  /** The shape of embedding wanted. */
  readonly output: OutputSpec;
  /** The window as asked, for the metadata. */
  readonly temporal: TemporalSpec | null;
}

/** Options of {@linkcode Runner.run}. */
export interface RunnerRunOptions extends RunOptions {
  /** Inputs that the model runs at once. */
  readonly batchSize: number;
  /** How larger patches are brought to the model's size. */
  readonly inputPrep: InputPrepSpec;
}

/** A model ready to embed patches. */
export interface Runner {
  /** The model with every choice made. */
  readonly embedder: Embedder;
  /**
   * Embeds patches, in batches of at most `batchSize`; one outcome a patch, in order. Patches larger than
   * the model's input are cut and put together again, by the input policy.
   */
  run(items: readonly RunnerItem[], options: RunnerRunOptions): Promise<Outcome<Embedding>[]>;
}

/** Outputs of a graph, and where it ran. */
interface Inferred {
  readonly outputs: Tensors;
  readonly device: string;
  readonly fallback: string | null;
}

interface Prepared {
  readonly position: number;
  readonly tensors: Tensors;
}

function shapesOf(tensors: Tensors): InputShapes {
  return Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, [...shape]]));
}

/** Rows of a grid from last to first. */
function flipRows(grid: TokenGrid): TokenGrid {
  const [d, h, w] = grid.shape;
  const data = new Float32Array(grid.data.length);
  for (let band = 0; band < d; band++) {
    for (let row = 0; row < h; row++) {
      const from = (band * h + row) * w;
      data.set(grid.data.subarray(from, from + w), (band * h + h - 1 - row) * w);
    }
  }
  return { ...grid, data };
}

function flipGrid(grid: Grid): Grid {
  const [a, b, c, d, e, f] = grid.transform;
  const rows = grid.height;
  return { ...grid, transform: [a, -b, c + b * rows, d, -e, f + e * rows] };
}

/** Turns a model's readout into an embedding with its metadata and geometry. */
function describe(
  embedder: Embedder,
  { patch, output, temporal }: RunnerItem,
  inputPrep: InputPrepSpec,
  { outputs, device, fallback }: Inferred,
): Embedding {
  const { model } = embedder;
  let data = embedder.readout(outputs, output);
  let grid: Grid | null = null;
  const direction: Record<string, unknown> = {};
  if (data.shape.length === 3) {
    const [, height, width] = data.shape;
    grid = resizeGrid(embedder.inputGrid(patch.grid), { width, height });
    const southFirst = grid.transform[4] > 0;
    const flip = output.mode === "grid" && output.orientation === "north_up" && southFirst;
    if (flip) {
      data = flipRows(data as TokenGrid);
      grid = flipGrid(grid);
    }
    Object.assign(direction, {
      grid_hw: [height, width],
      grid_orientation_policy: output.mode === "grid" ? output.orientation : "north_up",
      grid_native_y_axis_direction: southFirst ? "south_to_north" : "north_to_south",
      grid_orientation_applied: flip,
      y_axis_direction: southFirst && !flip ? "south_to_north" : "north_to_south",
      grid_crs: grid.crs,
      grid_transform: grid.transform,
    });
  }
  const span = spanOf(patch.times);
  return {
    data,
    grid,
    meta: {
      model: model.name,
      type: embedder.card.type,
      backend: patch.provenance.provider,
      source: patch.provenance.source,
      sensor: sensorJson(model.sensor),
      temporal: temporal
        ? temporalJson(temporal)
        : span && { mode: "range", year: null, start: span.start, end: span.end },
      image_size: embedder.imageSizePx,
      model_id: model.id,
      variant: model.variant,
      modality: model.modality,
      bands: patch.bands,
      device,
      ...(model.precision === "float32" ? {} : { precision: model.precision }),
      ...(fallback === null ? {} : { device_fallback: fallback }),
      ...(output.mode === "pooled" ? { pooling: output.pooling } : {}),
      input_prep: wholeMeta(inputPrep),
      ...direction,
      ...embedder.meta(patch, output),
      model_config: model.options,
      patch_crs: patch.grid.crs,
      patch_transform: patch.grid.transform,
      patch_hw: [patch.grid.height, patch.grid.width],
      valid_fraction: validFraction(patch),
      source_items: patch.provenance.items,
      ...framesNotes(patch),
    },
  };
}

/** What to know of the frames: which have no imagery, and which were filled from elsewhere. */
function framesNotes({ provenance: { notes } }: Patch): Record<string, unknown> {
  const keys = ["empty_frames", "backfilled_frames", "backfilled_from"];
  return Object.fromEntries(keys.flatMap((key) => key in notes ? [[key, notes[key]]] : []));
}

/** Most bytes that are stacked for the model at once: memory holds them twice, and runtimes hand over no more. */
const maxBatchBytes = 2 ** 28;

/** How many inputs of this size make a batch, at most. */
function batchOf(tensors: Tensors): number {
  const bytes = Object.values(tensors).reduce((sum, { data }) => sum + data.byteLength, 0);
  return Math.max(1, Math.floor(maxBatchBytes / Math.max(1, bytes)));
}

/** Runs one batch of equal shapes; where the batch as a whole fails, each of its items by itself. */
async function runBatch(
  batch: readonly Prepared[],
  infer: (tensors: Tensors) => Promise<Inferred>,
  signal: AbortSignal | undefined,
): Promise<Outcome<Inferred>[]> {
  try {
    const { outputs, ...where } = await infer(stackTensors(batch.map(({ tensors }) => tensors)));
    return unstackTensors(outputs, batch.length)
      .map((one) => ({ ok: true, value: { outputs: one, ...where } }));
  } catch (error) {
    if (signal?.aborted) throw error;
    if (batch.length === 1) return [{ ok: false, error }];
    const singly = [];
    for (const item of batch) singly.push(...await runBatch([item], infer, signal));
    return singly;
  }
}

/** Options of {@linkcode openRunner}. */
export interface RunnerOptions {
  readonly family: Family;
  readonly model: ResolvedModel;
  readonly runtime: Runtime;
}

/** Makes a runner of a resolved model; weights and sessions are opened when first needed. */
export function openRunner({ family, model, runtime }: RunnerOptions): Runner {
  const embedder = family.embedder(model);

  const prepareAll = (items: readonly RunnerItem[], outcomes: Outcome<Embedding>[]) => {
    const groups = new Map<string, { shapes: InputShapes; members: Prepared[] }>();
    items.forEach((item, position) => {
      try {
        const tensors = embedder.prepare(item.patch);
        const shapes = shapesOf(tensors);
        const names = embedder.outputs(item.output);
        const key = canonicalJson({ shapes, names });
        const group = groups.get(key) ?? { shapes, members: [] };
        group.members.push({ position, tensors });
        groups.set(key, group);
      } catch (error) {
        outcomes[position] = { ok: false, error };
      }
    });
    return groups.values();
  };

  const runAll = async (
    items: readonly RunnerItem[],
    { batchSize, inputPrep, signal, onProgress }: RunnerRunOptions,
  ): Promise<Outcome<Embedding>[]> => {
    const outcomes: Outcome<Embedding>[] = new Array(items.length);
    let done = 0;
    for (const { shapes, members } of prepareAll(items, outcomes)) {
      const names = embedder.outputs(items[members[0]!.position]!.output);
      if (embedder.card.type === "precomputed") {
        for (const { position, tensors } of members) {
          const stored = { outputs: tensors, device: "none", fallback: null };
          outcomes[position] = attempt(() =>
            describe(embedder, items[position]!, inputPrep, stored)
          );
        }
        continue;
      }
      await runtime.use({ family, embedder, shapes }, async (session) => {
        const { device, fallback } = session;
        const infer = async (tensors: Tensors): Promise<Inferred> => ({
          // the batch is nobody else's
          outputs: await session.run(tensors, {
            outputs: names,
            transfer: true,
            ...(signal ? { signal } : {}),
          }),
          device,
          fallback,
        });
        const size = Math.min(batchSize, batchOf(members[0]!.tensors));
        for (let start = 0; start < members.length; start += size) {
          signal?.throwIfAborted();
          const batch = members.slice(start, start + size);
          for (const [i, result] of (await runBatch(batch, infer, signal)).entries()) {
            const { position } = batch[i]!;
            outcomes[position] = result.ok
              ? attempt(() => describe(embedder, items[position]!, inputPrep, result.value))
              : result;
          }
          done += batch.length;
          onProgress?.({ stage: "infer", model: model.name, done, total: items.length });
        }
      }, { signal, onProgress });
    }
    return outcomes;
  };

  return {
    embedder,
    async run(items, options) {
      const { inputPrep } = options;
      const imageSizePx = embedder.imageSizePx ?? embedder.tileSizePx ?? null;
      const inputs = items.map(({ patch, output }) =>
        attempt(() => prepareInput(patch, { prep: inputPrep, output, imageSizePx }))
      );
      const parts = inputs.flatMap((input, i) =>
        input.ok ? input.value.parts.map((patch) => ({ ...items[i]!, patch })) : []
      );
      const results = await runAll(parts, options);
      let next = 0;
      return inputs.map((input, i) => {
        if (!input.ok) return input;
        const { tiling, parts } = input.value;
        const own = results.slice(next, next += parts.length);
        const failed = own.find((result) => !result.ok);
        if (failed) return failed;
        const embeddings = own.flatMap((result) => result.ok ? [result.value] : []);
        if (tiling === null) return { ok: true, value: embeddings[0]! };
        const { output } = items[i]!;
        return attempt(() => mergeTiles(embeddings, tiling, { prep: inputPrep, output }));
      });
    },
  };
}

/** The outcome of a function that may throw. */
export function attempt<T>(fn: () => T): Outcome<T> {
  try {
    return { ok: true, value: fn() };
  } catch (error) {
    return { ok: false, error };
  }
}
