/**
 * What a hierarchy says of itself, by the conventions of the field.
 *
 * Source: the Zarr conventions `geoemb` 1, `proj` and `spatial`; CF 1.11 for the grid mapping.
 *
 * @module
 */

import { type Grid, gridBounds } from "@rsembed/core";
import { crsFacts } from "../crs_facts.ts";
import type { Dataset, DatasetModel } from "../dataset.ts";
import type { ZarrAttributes } from "./array.ts";

const conventions = [
  {
    uuid: "61c12cc5-0e28-4056-999a-480cf3fb7e4c",
    name: "geoemb",
    description: "Embeddings of Earth observation",
  },
  { name: "proj", description: "Coordinate reference systems" },
  { name: "spatial", description: "Grids on the ground" },
] as const;

/** Attributes of the root. */
export function rootAttributes(
  { about, layout, placeCount }: Dataset,
  arrays: Readonly<Record<string, string>>,
): ZarrAttributes {
  return {
    zarr_conventions: conventions,
    rsembed: { layout, place_count: placeCount, arrays, ...about },
  };
}

/** Attributes of the group of a model. */
export function modelAttributes(
  { about }: Dataset,
  { model, dims, tokens }: {
    readonly model: DatasetModel | undefined;
    /** Length of an embedding. */
    readonly dims: number;
    /** Whether embeddings are grids. */
    readonly tokens: boolean;
  },
): ZarrAttributes {
  const { quantization } = about;
  return {
    "geoemb:type": "chip",
    "geoemb:dimensions": dims,
    ...(model
      ? {
        "geoemb:model": `${model.id} ${model.variant}`,
        "geoemb:source_data": [model.collection],
        "geoemb:gsd": model.gsdM,
        "geoemb:chip_layout": {
          layout_type: tokens ? "token_grid" : "irregular",
          ...(model.imageSizePx === null
            ? {}
            : { chip_size: [model.imageSizePx, model.imageSizePx] }),
        },
      }
      : {}),
    "geoemb:data_type": quantization?.dtype ?? "float32",
    ...(quantization
      ? {
        "geoemb:quantization": {
          dtype: quantization.dtype,
          decode: quantization.decode,
          scale: quantization.dtype === "int8" ? "embedding_scale" : null,
        },
      }
      : {}),
  };
}

/** Attributes of an array on a grid. */
export function gridAttributes(grid: Grid | null): ZarrAttributes {
  if (grid === null) return {};
  const { minX, minY, maxX, maxY } = gridBounds(grid);
  const facts = crsFacts(grid.crs);
  return {
    "proj:code": grid.crs,
    ...(facts ? { "proj:wkt": facts.wkt } : {}),
    "spatial:dimensions": ["y", "x"],
    "spatial:transform": [...grid.transform],
    "spatial:shape": [grid.height, grid.width],
    "spatial:bbox": [minX, minY, maxX, maxY],
    ...(facts ? { grid_mapping: "spatial_ref" } : {}),
  };
}
