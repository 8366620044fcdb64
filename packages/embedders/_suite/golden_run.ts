/**
 * Runs reference cases through a family's own pieces. Nothing here knows a case or a family.
 *
 * @module
 */

import { errorMessage, type NdArray, ndarray, sizeOf } from "@rsembed/core";
import type { Checkpoint } from "@rsembed/models/checkpoint";
import { access } from "node:fs/promises";
import type { GraphSource, InputShapes, Tensors } from "../embedder.ts";
import { type Distance, distanceOf } from "./golden_compare.ts";
import {
  type GoldenArray,
  type GoldenCase,
  openGoldenCase,
  type ReadArrays,
  type Tolerance,
} from "./golden_case.ts";
import type {
  GoldenAdapter,
  GoldenEncoder,
  GoldenOutput,
  GoldenPlan,
  Unsupported,
} from "./golden_plan.ts";

/** How one array of a case came out. */
export interface GoldenResult {
  readonly stage: "prepare" | "graph" | "case";
  /** Name of the array in the case, or what else was checked. */
  readonly name: string;
  readonly distance: Distance | null;
  /** Why there is no distance. */
  readonly problem: string | null;
}

/** How a case came out. */
export interface GoldenReport {
  readonly family: string;
  readonly name: string;
  readonly results: readonly GoldenResult[];
  /** A kind of case that the family does not give. */
  readonly unsupported: string | null;
}

/** Runs the graph of an embedder once, on a stack of places. */
export type RunGraph = (
  request: {
    readonly embedder: GraphSource;
    readonly shapes: InputShapes;
    /** A path, an open checkpoint, or `null` for a model without weights. */
    readonly checkpoint: string | Checkpoint | null;
    /** Inputs with the batch axis. */
    readonly feeds: Tensors;
    readonly outputs: readonly string[];
  },
) => Promise<Tensors>;

/** What a run needs from outside. */
export interface GoldenTools {
  /** Adapters by family. */
  readonly adapters: Readonly<Record<string, () => Promise<GoldenAdapter>>>;
  readonly readArrays: ReadArrays;
  readonly openCheckpoint: (path: string) => Promise<Checkpoint>;
  readonly runGraph: RunGraph;
}

/** Whether every array of a case was compared and lies within the tolerance. */
export function passes(report: GoldenReport): boolean {
  return report.unsupported === null && report.results.length > 0 &&
    report.results.every(({ distance }) => distance !== null && distance.toleranceUsed <= 1);
}

const exact: Distance = { maxAbsError: 0, maxRelError: 0, toleranceUsed: 0 };

/** The part of a stacked array that belongs to one place, without the batch axis. */
function placeOf(array: GoldenArray, index: number): GoldenArray {
  const [, ...shape] = array.shape;
  const size = sizeOf(shape);
  const data = array.data.slice(index * size, (index + 1) * size) as GoldenArray["data"];
  return { dtype: array.dtype, axes: array.axes.slice(1), shape, data } as GoldenArray;
}

/** Arrays of equal shape and dtype under a new leading axis. */
function stack(arrays: readonly GoldenArray[]): GoldenArray {
  const first = arrays[0] as NdArray;
  const size = sizeOf(first.shape);
  const stacked = ndarray(first.dtype, {
    axes: ["n", ...first.axes],
    shape: [arrays.length, ...first.shape],
  });
  arrays.forEach(({ data }, i) => stacked.data.set(data as typeof stacked.data, i * size));
  return stacked;
}

/** Stacks what preparation gives for each place of a case. */
export function forEachPlace(
  array: GoldenArray,
  fn: (place: GoldenArray, index: number) => GoldenArray,
): GoldenArray {
  const [count = 0] = array.shape;
  return stack(Array.from({ length: count }, (_, i) => fn(placeOf(array, i), i)));
}

function compare(
  stage: GoldenResult["stage"],
  name: string,
  compute: () => GoldenArray,
  { golden, tolerance }: { golden: GoldenCase; tolerance: Tolerance },
): GoldenResult {
  const wanted = golden.arrays.get(name);
  if (!wanted) return { stage, name, distance: null, problem: "the case holds no such array" };
  try {
    return { stage, name, distance: distanceOf(compute(), wanted, tolerance), problem: null };
  } catch (error) {
    return { stage, name, distance: null, problem: errorMessage(error) };
  }
}

/** The encoders of a plan, none for cases of preparation only. */
function encodersOf({ encoder }: GoldenPlan): readonly GoldenEncoder[] {
  return encoder === null ? [] : [encoder].flat();
}

/** Names that the case declares or holds and nobody reads, prepares, feeds or compares. */
function unaccounted(golden: GoldenCase, plan: GoldenPlan): string[] {
  const encoders = encodersOf(plan);
  const known = new Set([
    ...plan.sources,
    ...Object.keys(plan.prepared),
    ...Object.keys(plan.folded ?? {}),
    ...encoders.flatMap(({ feeds }) =>
      Object.values(feeds).map((feed) => typeof feed === "string" ? feed : feed.from)
    ),
    ...encoders.flatMap(({ outputs }) => Object.keys(outputs)),
  ]);
  return [...new Set([...golden.declared, ...golden.arrays.keys()])].filter((name) =>
    !known.has(name)
  );
}

async function runEncoder(
  golden: GoldenCase,
  { embedder, feeds, outputs, single = false }: GoldenEncoder,
  runGraph: RunGraph,
): Promise<(output: GoldenOutput) => GoldenArray> {
  const { checkpoint } = golden;
  const { card, model } = embedder;
  if (checkpoint === null && card.variants[model.variant]?.weights) {
    throw new Error("the case has no checkpoint");
  }
  if (checkpoint !== null) {
    await access(checkpoint).catch(() => {
      throw new Error(`the checkpoint ${checkpoint} is missing`);
    });
  }
  const stacked = Object.fromEntries(
    Object.entries(feeds).map(([input, feed]) => {
      const name = typeof feed === "string" ? feed : feed.from;
      const array = golden.arrays.get(name);
      if (!array) throw new Error(`the case holds no array ${name} to feed as ${input}`);
      if (typeof feed === "string") return [input, single ? stack([array]) : array];
      return [input, single ? stack([feed.read(array)]) : forEachPlace(array, (x) => feed.read(x))];
    }),
  );
  const counts = new Set(Object.values(stacked).map(({ shape }) => shape[0]));
  const [count = 0] = counts;
  if (counts.size !== 1) throw new Error(`the inputs hold different numbers of places`);
  const given = await runGraph({
    embedder,
    checkpoint,
    feeds: stacked,
    shapes: Object.fromEntries(
      Object.entries(stacked).map(([input, { shape }]) => [input, shape.slice(1)]),
    ),
    outputs: [...new Set(Object.values(outputs).flatMap(({ needs }) => needs))],
  });
  const place = ({ needs, read }: GoldenOutput, i: number) =>
    read(Object.fromEntries(needs.map((name) => [name, placeOf(given[name]!, i)])), i);
  return (output) =>
    single ? place(output, 0) : stack(Array.from({ length: count }, (_, i) => place(output, i)));
}

/** What is made of the checkpoint alone. */
async function foldedArrays(
  { checkpoint: path }: GoldenCase,
  { folded = {} }: GoldenPlan,
  { openCheckpoint }: GoldenTools,
): Promise<[name: string, array: GoldenArray][]> {
  const entries = Object.entries(folded);
  if (entries.length === 0) return [];
  if (path === null) throw new Error("the case has no checkpoint");
  const checkpoint = await openCheckpoint(path);
  try {
    const arrays: [string, GoldenArray][] = [];
    for (const [name, make] of entries) arrays.push([name, await make(checkpoint)]);
    return arrays;
  } finally {
    await checkpoint[Symbol.asyncDispose]();
  }
}

/**
 * Runs one case: preparation against what the case holds, then the graph, fed with the stored inputs,
 * against every output.
 *
 * @throws {RsembedError} `corrupt` where the folder holds no case
 */
export async function runGolden(folder: string, tools: GoldenTools): Promise<GoldenReport> {
  const golden = await openGoldenCase(folder, tools.readArrays);
  const { family, name, tolerance } = golden;
  const load = Object.hasOwn(tools.adapters, family) ? tools.adapters[family] : undefined;
  let plan: GoldenPlan | Unsupported;
  try {
    plan = load ? (await load())(golden) : { unsupported: `there is no family ${family}` };
  } catch (error) {
    const problem = errorMessage(error);
    const results = [{ stage: "case", name: "options", distance: null, problem } as const];
    return { family, name, results, unsupported: null };
  }
  if ("unsupported" in plan) {
    return { family, name, results: [], unsupported: plan.unsupported };
  }
  const results: GoldenResult[] = [];
  const fail = (stage: GoldenResult["stage"], what: string, problem: string) =>
    results.push({ stage, name: what, distance: null, problem });
  for (const what of unaccounted(golden, plan)) {
    fail("case", what, "the family gives no such array");
  }
  for (const [what, check] of Object.entries(plan.checks ?? {})) {
    const problem = await check().catch(errorMessage);
    const distance = problem === null ? exact : null;
    results.push({ stage: "case", name: what, distance, problem });
  }
  if (tolerance === null && golden.declared.length === 0) {
    return { family, name, results, unsupported: null };
  }
  if (tolerance === null) {
    fail("case", "tolerance", "the case states no rtol and atol");
    return { family, name, results, unsupported: null };
  }
  const measure = { golden, tolerance };
  for (const [what, compute] of Object.entries(plan.prepared)) {
    results.push(compare("prepare", what, compute, measure));
  }
  try {
    for (const [what, array] of await foldedArrays(golden, plan, tools)) {
      results.push(compare("graph", what, () => array, measure));
    }
  } catch (error) {
    fail("graph", "folded", errorMessage(error));
  }
  for (const encoder of encodersOf(plan)) {
    try {
      const read = await runEncoder(golden, encoder, tools.runGraph);
      for (const [what, output] of Object.entries(encoder.outputs)) {
        results.push(compare("graph", what, () => read(output), measure));
      }
    } catch (error) {
      fail("graph", "run", errorMessage(error));
    }
  }
  return { family, name, results, unsupported: null };
}
