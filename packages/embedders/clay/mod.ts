/**
 * Clay (Clay Foundation 2024): embeddings of images of many sensors, told wavelengths, resolution, time and place.
 *
 * @example Some bands, in an order of one's own
 * ```ts
 * import { resolveModel } from "@rsembed/core";
 * import { card, family } from "@rsembed/embedders/clay";
 * import assert from "node:assert/strict";
 *
 * const model = resolveModel(card, {
 *   name: "clay",
 *   sensor: { collection: "COPERNICUS/S2_SR_HARMONIZED", bands: ["B8", "B4"], scaleM: 20 },
 * });
 * assert.deepEqual(family.embedder(model).graphConfig.wavelengthsUm, [0.842, 0.665]);
 * ```
 *
 * @module
 */

import {
  formatDate,
  midpointMs,
  ndarray,
  type OutputSpec,
  type Patch,
  type ResolvedModel,
} from "@rsembed/core";
import { checkPatch } from "../_prepare/check.ts";
import { gridCenter } from "../_prepare/grid_center.ts";
import { optionOf } from "../_prepare/options.ts";
import { gridOf, vectorOf } from "../_readout/pool.ts";
import type { Embedder, Family, Tensor } from "../embedder.ts";
import { card } from "./card.ts";
import { type ClayConfig, clayConfigs, type ClayV0Config } from "./config.ts";
import { clayGraph } from "./graph.ts";
import { latLon, weekAndHour } from "./metadata.ts";
import { clayGrid, clayImage, refuseReflectance } from "./prepare.ts";
import { clayBands } from "./sensors.ts";
import { clayV0Embedder } from "./v0.ts";

export { card } from "./card.ts";
export { type ClayConfig, clayConfigs, type ClayV0Config } from "./config.ts";

function vector(values: readonly number[]): Tensor {
  const data = Float32Array.from(values);
  return ndarray("float32", { axes: ["value"], shape: [values.length], data });
}

/** The class token, whatever the pooling, or the grid. */
function outputOf({ mode }: OutputSpec): "pooled" | "grid" {
  return mode === "pooled" ? "pooled" : "grid";
}

function clayV15Embedder(model: ResolvedModel, config: ClayConfig): Embedder {
  const { imageSizePx: sizePx } = config;
  const bands = clayBands(model);
  const useTime = optionOf(model, "use_time", "boolean");
  const useLocation = optionOf(model, "use_location", "boolean");
  const graphConfig = {
    ...config,
    wavelengthsUm: bands.map(({ wavelengthUm }) => wavelengthUm),
    groundM: model.sensor.scaleM,
  };
  const dateOf = ({ times: [time] }: Patch) => useTime && time ? midpointMs(time) : null;
  return {
    card,
    model,
    imageSizePx: sizePx,
    frames: (temporal) => [temporal],
    prepare(patch) {
      checkPatch(patch, model, { frames: [1, 1] });
      if (model.modality === "s2") refuseReflectance(patch.pixels.data, model.name);
      const date = dateOf(patch);
      return {
        image: clayImage(patch.pixels, { sizePx, bands }),
        // training left times and places out now and then, as zeros
        time: vector(date === null ? [0, 0, 0, 0] : weekAndHour(date, 0)),
        latlon: vector(useLocation ? latLon(gridCenter(patch.grid)) : [0, 0, 0, 0]),
      };
    },
    graphConfig,
    graph: (shapes, checkpoint) => clayGraph(shapes, checkpoint, graphConfig),
    outputs: (output) => [outputOf(output)],
    readout: (outputs, output) =>
      outputOf(output) === "pooled" ? vectorOf(outputs, "pooled") : gridOf(outputs, "grid"),
    inputGrid: (grid) => clayGrid(grid, sizePx),
    meta(patch, output) {
      const date = dateOf(patch);
      const place = useLocation ? gridCenter(patch.grid) : null;
      return {
        clay_version: "v1.5",
        wavelengths_um: graphConfig.wavelengthsUm,
        gsd_m: graphConfig.groundM,
        time_midpoint: date === null ? null : formatDate(date).slice(0, 10),
        latlon_center: place && [place.lat, place.lon],
        ...(output.mode === "pooled"
          ? { pooling: "model_cls" }
          : { grid_type: "vit_patch_tokens" }),
      };
    },
  };
}

/**
 * An embedder on an encoder of any size, published or not.
 *
 * @throws {RsembedError} `spec` for bands that the sensor does not have
 */
export function clayEmbedder(model: ResolvedModel, config: ClayConfig | ClayV0Config): Embedder {
  return config.version === "v0" ? clayV0Embedder(model, config) : clayV15Embedder(model, config);
}

/** The family of `clay`. */
export const family: Family = {
  card,
  graphVersion: 1,
  embedder(model) {
    const config = clayConfigs[model.variant];
    if (!config) {
      throw new TypeError(`Cannot make ${model.id}: there is no variant ${model.variant}`);
    }
    return clayEmbedder(model, config);
  },
};
