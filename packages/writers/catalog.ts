/**
 * The formats of this package. One line a format; code is loaded when a format is used.
 *
 * @module
 */

import type { CatalogEntry } from "@rsembed/core";
import type { Format, FormatCard } from "./writer.ts";

/** Formats by id; extend by spread: `{ ...writers, mine }`. */
export const writers: {
  readonly [Id in "npz" | "netcdf" | "hdf5" | "zarr" | "geotiff" | "geoparquet" | "clay"]:
    CatalogEntry<
      FormatCard,
      Format
    >;
} = {
  npz: {
    card: {
      id: "npz",
      aliases: ["numpy"],
      title: "NumPy archive",
      extensions: [".npz"],
      layouts: ["combined", "per_item"],
      holds: ["vector", "grid", "input"],
      signatures: ["504b0304", "504b0506"],
    },
    load: async () => (await import("./npz/mod.ts")).npzFormat(),
  },
  netcdf: {
    card: {
      id: "netcdf",
      aliases: ["nc", "netcdf4"],
      title: "NetCDF-4",
      extensions: [".nc", ".netcdf", ".nc4"],
      layouts: ["combined", "per_item"],
      holds: ["vector", "grid", "input"],
      signatures: ["894844460d0a1a0a", "434446"],
    },
    load: async () => (await import("./netcdf/mod.ts")).netcdfFormat(),
  },
  hdf5: {
    card: {
      id: "hdf5",
      aliases: ["h5"],
      title: "HDF5, the same as netCDF-4",
      extensions: [".h5", ".hdf5"],
      layouts: ["combined", "per_item"],
      holds: ["vector", "grid", "input"],
      signatures: ["894844460d0a1a0a"],
    },
    load: async () => (await import("./netcdf/mod.ts")).netcdfFormat(),
  },
  zarr: {
    card: {
      id: "zarr",
      aliases: ["zarr3"],
      title: "Zarr 3",
      extensions: [".zarr"],
      layouts: ["combined", "per_item"],
      holds: ["vector", "grid", "input"],
      folder: true,
      objectStorage: true,
    },
    load: async () => (await import("./zarr/mod.ts")).zarrFormat(),
  },
  geotiff: {
    card: {
      id: "geotiff",
      aliases: ["tif", "tiff"],
      title: "GeoTIFF",
      extensions: [".tif", ".tiff"],
      layouts: ["per_item"],
      holds: ["grid", "input"],
      signatures: ["49492a00", "49492b00"],
    },
    load: async () => (await import("./geotiff/mod.ts")).geotiffFormat(),
  },
  geoparquet: {
    card: {
      id: "geoparquet",
      aliases: ["parquet"],
      title: "GeoParquet 1.1",
      extensions: [".parquet", ".geoparquet"],
      layouts: ["combined", "per_item"],
      holds: ["vector"],
      signatures: ["50415231"],
    },
    load: async () => (await import("./geoparquet/mod.ts")).geoparquetFormat(),
  },
  clay: {
    card: {
      id: "clay",
      aliases: ["gpq"],
      title: "GeoParquet, with the columns of Clay's files",
      extensions: [".gpq"],
      layouts: ["combined", "per_item"],
      holds: ["vector"],
      signatures: ["50415231"],
    },
    load: async () => (await import("./geoparquet/mod.ts")).geoparquetFormat({ profile: "clay" }),
  },
};
