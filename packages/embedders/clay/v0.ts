/**
 * Clay version 0: embeddings of chips of 13 bands.
 *
 * @module
 */

import { midpointMs, ndarray, type Patch, type ResolvedModel, RsembedError } from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { gridCenter } from "../_prepare/grid_center.ts";
import { optionOf } from "../_prepare/options.ts";
import { gridOf, maxOverCells } from "../_readout/pool.ts";
import { pooledOrGrid, readPooledOrGrid } from "../_readout/pooled_or_grid.ts";
import type { Embedder, Tensor } from "../embedder.ts";
import { card } from "./card.ts";
import type { ClayV0Config } from "./config.ts";
import { latLonV0, timestepV0 } from "./metadata.ts";
import { chipImage, clayGrid } from "./prepare.ts";
import { clayV0Graph } from "./v0_graph.ts";

function vector(values: readonly number[]): Tensor {
  const data = Float32Array.from(values);
  return ndarray("float32", { axes: ["value"], shape: [values.length], data });
}

/**
 * An embedder on an encoder of version 0 of any size.
 *
 * @throws {RsembedError} `spec` for other bands than those of its chips
 */
export function clayV0Embedder(model: ResolvedModel, config: ClayV0Config): Embedder {
  const { imageSizePx: sizePx } = config;
  const wanted = card.modalities.v0_chip!.bands;
  if (`${model.sensor.bands}` !== `${wanted}`) {
    throw new RsembedError(
      "spec",
      `Cannot run ${model.name} on bands ${model.sensor.bands.join(", ")}: version 0 takes ${
        wanted.join(", ")
      }, in ` +
        "this order",
      { facts: { field: "sensor.bands", value: model.sensor.bands } },
    );
  }
  const useTime = optionOf(model, "use_time", "boolean");
  const useLocation = optionOf(model, "use_location", "boolean");
  const dateOf = ({ times: [time] }: Patch) => useTime && time ? midpointMs(time) : null;
  const isMaximum = (output: Parameters<Embedder["outputs"]>[0]) =>
    output.mode === "pooled" && output.pooling === "max";
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      const date = dateOf(patch);
      return {
        image: chipImage(patch.pixels, sizePx),
        timestep: vector(date === null ? [0, 0, 0] : timestepV0(date)),
        latlon: vector(useLocation ? latLonV0(gridCenter(patch.grid)) : [0, 0]),
      };
    },
    graphConfig: { ...config },
    graph: (shapes, checkpoint) => clayV0Graph(shapes, checkpoint, config),
    outputs: (output) => [isMaximum(output) ? "grid_max" : pooledOrGrid(output)],
    readout: (outputs, output) =>
      isMaximum(output)
        ? maxOverCells(gridOf(outputs, "grid_max"))
        : readPooledOrGrid(outputs, output),
    inputGrid: (grid) => clayGrid(grid, sizePx),
    meta: (patch, output) => ({
      clay_version: "v0.1",
      uses_time: dateOf(patch) !== null,
      uses_location: useLocation,
      ...(output.mode === "pooled"
        ? { pooling: `patch_${output.pooling}` }
        : { grid_type: "group_mean_patch_tokens" }),
    }),
  };
}
