/**
 * From options of the command line to options of the calls.
 *
 * @module
 */

import process from "node:process";
import {
  calendarYear,
  dateRange,
  type FetchSpec,
  grid,
  type InputPrepSpec,
  lookup,
  type ModelRequest,
  type OutputSpec,
  parseModelRequest,
  pooled,
  type TemporalSpec,
} from "@rsembed/core";
import { openRuntime, type Runtime } from "@rsembed/pipelines";
import { type Provider, providers, type ProviderSettings } from "@rsembed/providers";
import { type Arguments, parseNumber, usageError } from "./args.ts";
import { withWeights } from "./places.ts";

/** The window of `--time` or `--year`; `null` without either. */
export function temporalOf(args: Arguments): TemporalSpec | null {
  const time = args.text("time");
  const year = args.number("year");
  if (time !== undefined && year !== undefined) {
    throw usageError("Cannot use --time and --year together: each names the whole window", "time");
  }
  if (year !== undefined) return calendarYear(year);
  if (time === undefined) return null;
  const [start, end, ...rest] = time.split("/");
  if (!start || !end || rest.length > 0) {
    throw usageError(
      `Cannot read --time "${time}": it is START/END, such as 2022-06-01/2022-09-01`,
      "time",
    );
  }
  return dateRange(start, end);
}

/** The output of `--output`, `--pooling` and `--orientation`. */
export function outputOf(args: Arguments): OutputSpec {
  const mode = args.choice("output", ["pooled", "grid"]) ?? "pooled";
  const pooling = args.choice("pooling", ["mean", "max"]);
  const orientation = args.choice("orientation", ["north_up", "native"]);
  if (mode === "grid" && pooling !== undefined) {
    throw usageError("Cannot use --pooling with --output grid: only vectors are pooled", "pooling");
  }
  if (mode === "pooled" && orientation !== undefined) {
    throw usageError(
      "Cannot use --orientation with --output pooled: only grids have rows",
      "orientation",
    );
  }
  return mode === "grid" ? grid(orientation) : pooled(pooling);
}

/** The input policy of `--input-prep` and `--tile-size`. */
export function inputPrepOf(args: Arguments): Partial<InputPrepSpec> {
  const mode = args.choice("input-prep", ["tile", "resize", "auto"]);
  const tileSizePx = args.number("tile-size");
  const overlapPx = args.number("tile-overlap");
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(tileSizePx === undefined ? {} : { tileSizePx }),
    ...(overlapPx === undefined ? {} : { overlapPx }),
  };
}

/** Changes to the models' own choice of imagery; `undefined` where there are none. */
export function fetchOf(args: Arguments): FetchSpec | undefined {
  const scaleM = args.number("scale");
  const cloud = args.text("cloud");
  const composite = args.choice("composite", ["median", "mosaic"]);
  const projection = args.choice("projection", ["utm", "webmercator"]);
  const fetch: FetchSpec = {
    ...(scaleM === undefined ? {} : { scaleM }),
    ...(cloud === undefined
      ? {}
      : { cloudyPct: cloud === "none" ? null : parseNumber(cloud, "--cloud") }),
    ...(composite === undefined ? {} : { composite }),
    ...(projection === undefined ? {} : { projection }),
    ...(args.has("mask-clouds") ? { cloudMask: true } : {}),
  };
  return Object.keys(fetch).length > 0 ? fetch : undefined;
}

/** Names between commas. */
export function namesIn(text: string): string[] {
  return text.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

/** An environment variable; none where the runtime may not look. */
function envOf(name: string): string | undefined {
  try {
    return process.env[name];
  } catch {
    return undefined;
  }
}

const productNames = ["gse", "tessera", "copernicus"] as const;

/** Copies of stored embeddings, by product. */
function productRootsOf(given: readonly string[]): ProviderSettings["productRoots"] {
  const roots: { -readonly [N in typeof productNames[number]]?: string } = {};
  for (const text of given) {
    const [, name, root] = /^(\w+)=(.+)$/s.exec(text) ?? [];
    const known = productNames.find((one) => one === name);
    if (!known || !root) {
      throw usageError(
        `Cannot read --product-root "${text}": it is NAME=PATH, with gse, tessera or copernicus`,
        "product-root",
      );
    }
    roots[known] = root;
  }
  return given.length > 0 ? roots : undefined;
}

/** Settings of the providers. */
export function settingsOf(args: Arguments): ProviderSettings {
  const sources = args.all("source");
  const bands = args.text("source-bands");
  const date = args.text("source-date");
  const seed = args.number("seed");
  return {
    ...(sources.length > 0 ? { sources } : {}),
    ...(bands === undefined ? {} : { bands: namesIn(bands) }),
    ...(date === undefined ? {} : { date }),
    ...(seed === undefined ? {} : { seed }),
    stac: args.text("stac"),
    stacCollection: args.text("stac-collection"),
    maxScenes: args.number("max-scenes"),
    project: args.text("project"),
    productRoots: productRootsOf(args.all("product-root")),
    planetaryComputerKey: envOf("PC_SDK_SUBSCRIPTION_KEY"),
  };
}

/** The models of `--model` and `--weights`. */
export function modelsOf(args: Arguments): readonly ModelRequest[] {
  const names = args.all("model");
  const models = (names.length > 0 ? names : ["mosaiks"]).map(parseModelRequest);
  return withWeights(models, args.text("weights"));
}

/** A runtime as `--device`, `--threads` and `--offline` say. */
export function runtimeOf(args: Arguments): Runtime {
  const device = args.choice("device", ["auto", "cpu", "cuda", "coreml", "dml", "webgpu"]);
  const threads = args.number("threads");
  return openRuntime({
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
    ...(args.has("offline") ? { offline: true } : {}),
  });
}

/** Opens the provider whose footprints are places: always the local one. */
export async function openSources(args: Arguments): Promise<Provider> {
  const factory = await lookup(providers, "local", "backend").load();
  return await factory(settingsOf(args));
}
