/**
 * Models that are read, not run: embeddings that others computed and published.
 *
 * @module
 */

import {
  type ModelCard,
  type OutputSpec,
  parseDate,
  type Patch,
  type ResolvedModel,
  RsembedError,
  type TimeRange,
  type TokenGrid,
  type Vector,
} from "@rsembed/core";
import type { Embedder, Family, Tensors } from "../embedder.ts";
import { checkPatch } from "../_prepare/check.ts";
import { gridOf } from "../_readout/pool.ts";

/** Names of the dimensions of a product: a letter, and a number of so many digits. */
export function dimensionNames(letter: string, count: number, digits: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${String(i).padStart(digits, "0")}`);
}

/** The family of a product: a patch whose bands are dimensions is already what is wanted. */
export function storedFamily(card: ModelCard): Family {
  return { card, graphVersion: 1, embedder: (model) => storedEmbedder(card, model) };
}

function storedEmbedder(card: ModelCard, model: ResolvedModel): Embedder {
  return {
    card,
    model,
    imageSizePx: null,
    frames: (temporal) => [yearOf(card, temporal)],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      const [, d, height, width] = patch.pixels.shape;
      const data = patch.pixels.data.slice();
      const plane = height * width;
      for (let i = 0; i < data.length; i++) {
        if (patch.valid.data[i % plane] === 0) data[i] = NaN;
      }
      return {
        embedding: { dtype: "float32", axes: ["d", "y", "x"], shape: [d, height, width], data },
      };
    },
    graphConfig: {},
    graph() {
      throw new RsembedError("unsupported", `Cannot run ${model.name}: its embeddings are stored`, {
        facts: { feature: `graph of ${model.name}` },
      });
    },
    outputs: () => ["embedding"],
    readout: (outputs, output) => readout(model.name, outputs, output),
    inputGrid: (grid) => grid,
    meta: ({ provenance: { notes } }: Patch) => ({ ...notes }),
  };
}

/** The calendar year that a window begins in: a product has one embedding a year. */
function yearOf({ id, years }: ModelCard, temporal: TimeRange | null): TimeRange {
  const [first, last] = years ?? [0, 9999];
  const year = temporal ? new Date(parseDate(temporal.start)).getUTCFullYear() : last;
  if (year < first || year > last) {
    throw new RsembedError(
      "spec",
      `Cannot read ${id} of ${year}: it has ${first === last ? first : `${first} to ${last}`}`,
      { facts: { field: "temporal", value: temporal } },
    );
  }
  return { start: `${year}-01-01`, end: `${year + 1}-01-01` };
}

function readout(name: string, outputs: Tensors, output: OutputSpec): Vector | TokenGrid {
  const grid = gridOf(outputs, "embedding");
  if (output.mode === "grid") return grid;
  const [d, h, w] = grid.shape;
  const cells = h * w;
  const data = new Float32Array(d);
  for (let k = 0; k < d; k++) {
    let sum = 0, count = 0, most = -Infinity;
    for (let at = k * cells; at < (k + 1) * cells; at++) {
      const value = grid.data[at]!;
      if (value !== value) continue;
      sum += value;
      count++;
      most = Math.max(most, value);
    }
    if (count === 0) {
      throw new RsembedError("no-data", `Cannot pool ${name}: no pixel of the place has one`, {
        facts: { source: name },
      });
    }
    data[k] = output.pooling === "mean" ? sum / count : most;
  }
  return { dtype: "float32", axes: ["d"], shape: [d], data };
}
