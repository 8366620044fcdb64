/**
 * Runs all reference cases and writes into the cards of the model families what came out: the largest error of
 * each case, where the card lists others, and the least cosine of embeddings in int8 with those in float32.
 *
 * Usage: deno run -A tools/write_cards.ts [family...]
 *
 * Needs the full collection of cases in ../shared/goldens.
 *
 * @module
 */

import { errorMessage, type OutputSpec, sizeOf } from "@rsembed/core";
import { quantizeLinearLayers } from "@rsembed/models/onnx";
import { readFile, writeFile } from "node:fs/promises";
import process from "node:process";
import { familyCases } from "../packages/embedders/_suite/golden_folders.ts";
import { passes, runGolden, type RunGraph } from "../packages/embedders/_suite/golden_run.ts";
import { goldenTools } from "../packages/embedders/_suite/golden_tools.ts";
import { embedders } from "../packages/embedders/catalog.ts";
import type { Embedder, GraphSource, Tensors } from "../packages/embedders/embedder.ts";

const readings: readonly OutputSpec[] = [
  { mode: "pooled", pooling: "mean" },
  { mode: "grid", orientation: "native" },
];

/** What was found of one family. */
interface Findings {
  readonly cases: { name: string; maxAbsError: number }[];
  minCosine: number;
  /** Whether a case has weights that are not random. */
  real: boolean;
}

/** The least cosine of a place's array in one stack with that in another. */
function leastCosine(a: Tensors[string], b: Tensors[string]): number {
  const [places = 0, ...rest] = a.shape;
  const size = sizeOf(rest);
  let least = 1;
  for (let place = 0; place < places; place++) {
    let [product, left, right] = [0, 0, 0];
    for (let i = place * size; i < (place + 1) * size; i++) {
      const [x, y] = [Number(a.data[i]), Number(b.data[i])];
      product += x * y;
      left += x * x;
      right += y * y;
    }
    least = Math.min(least, product / Math.sqrt(left * right));
  }
  return least;
}

/** The graph's outputs that embeddings are read from. */
function embeddingOutputs(source: GraphSource): readonly string[] {
  return "outputs" in source
    ? readings.flatMap((output) => (source as Embedder).outputs(output))
    : ["text"];
}

function inInt8<T extends GraphSource>(embedder: T): T {
  return {
    ...embedder,
    graph: (shapes, checkpoint) => quantizeLinearLayers(embedder.graph(shapes, checkpoint)),
  };
}

async function examine(folders: readonly string[]): Promise<Findings> {
  const findings: Findings = { cases: [], minCosine: 1, real: false };
  const runBoth: RunGraph = async (request) => {
    const { embedder, outputs } = request;
    const exact = await goldenTools.runGraph(request);
    const small = await goldenTools.runGraph({ ...request, embedder: inInt8(embedder) });
    for (const name of embeddingOutputs(embedder)) {
      if (!outputs.includes(name)) continue;
      findings.minCosine = Math.min(findings.minCosine, leastCosine(exact[name]!, small[name]!));
    }
    if (typeof request.checkpoint === "string" && request.checkpoint.includes("/weights/")) {
      findings.real = true;
    }
    return exact;
  };
  for (const folder of folders) {
    const before = findings.minCosine;
    findings.minCosine = 1;
    const report = await runGolden(folder, { ...goldenTools, runGraph: runBoth });
    if (report.unsupported) continue;
    findings.minCosine = Math.min(before, findings.minCosine);
    if (!passes(report)) throw new Error(`${report.family} ${report.name} does not pass`);
    const maxAbsError = Math.max(
      0,
      // unscaled digital numbers are large: of them the relative error counts
      ...report.results.map(({ stage, distance }) =>
        stage === "prepare" && distance!.maxRelError < 1e-5
          ? Math.min(distance!.maxAbsError, distance!.maxRelError)
          : distance!.maxAbsError
      ),
    );
    findings.cases.push({ name: report.name, maxAbsError });
  }
  return findings;
}

/** Two digits, rounded up: a card must not promise too much. */
function roundedUp(error: number): number {
  if (error === 0) return 0;
  const unit = 10 ** (Math.floor(Math.log10(error)) - 1);
  return Number((Math.ceil(error / unit) * unit).toPrecision(2));
}

function withCases(text: string, cases: Findings["cases"]): string {
  const lines = cases.map(({ name, maxAbsError }) =>
    `      { name: ${JSON.stringify(name)}, maxAbsError: ${
      roundedUp(maxAbsError).toExponential().replace("e+0", "")
    } },\n`
  );
  return text.replace(
    / {4}cases: \[(\]|[\s\S]*?\n {4}\]),/,
    () => `    cases: [\n${lines.join("")}    ],`,
  );
}

function withInt8(text: string, { minCosine, real }: Findings): string {
  const least = Math.floor(minCosine * 1e5) / 1e5;
  const how = real ? "the reference cases, some on published weights" : "the reference cases";
  const line = `  int8: { minCosine: ${least}, how: ${JSON.stringify(how)} },\n`;
  const without = text.replace(/ {2}int8: \{[^}]*\},\n/, "");
  return without.replace(/( {2}verified: \{[\s\S]*?\n {2}\},\n)/, (block) => block + line);
}

async function main(names: readonly string[]): Promise<void> {
  for (const { family, folders } of familyCases("shared")) {
    if (names.length > 0 && !names.includes(family)) continue;
    const url = new URL(`../packages/embedders/${family}/card.ts`, import.meta.url);
    const { verified, int8 } = embedders[family]!.card;
    const findings = await examine(folders);
    const known = verified.cases.map(({ name }) => name).sort();
    const differs = `${known}` !== `${findings.cases.map(({ name }) => name).sort()}`;
    const text = await readFile(url, "utf8");
    const first = differs ? withCases(text, findings.cases) : text;
    const moved = int8 === undefined || Math.abs(int8.minCosine - findings.minCosine) > 2e-5;
    await writeFile(url, moved ? withInt8(first, findings) : first);
    const worst = Math.max(...findings.cases.map(({ maxAbsError }) => maxAbsError));
    console.log(
      `${family.padEnd(12)} ${findings.cases.length} cases, largest error ${
        worst.toExponential(1)
      }, ` +
        `int8 cosine ${findings.minCosine.toFixed(6)}`,
    );
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(errorMessage(error));
  process.exitCode = 1;
}
