/**
 * `rsembed models`
 *
 * @module
 */

import { type ModelCard, parseModelRequest } from "@rsembed/core";
import { describeModel, listModels } from "@rsembed/pipelines";
import { type Arguments, usageError } from "../args.ts";
import { exitCodes } from "../exit_codes.ts";
import type { Io } from "../io.ts";
import { formatBytes, progressLine } from "../progress.ts";

function listText(cards: readonly ModelCard[]): string {
  const rows = cards.map(({ id, variants, outputs, licence, summary }) => [
    id,
    Object.keys(variants).join(" "),
    [...new Set(Object.values(variants).map(({ dim }) => dim))].join(" "),
    outputs.join(" "),
    licence.weights,
    summary,
  ]);
  const titles = ["model", "variants", "dims", "outputs", "licence", ""];
  const widths = titles.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]!.length))
  );
  return [titles, ...rows]
    .map((row) =>
      row.map((cell, i) => i === row.length - 1 ? cell : cell.padEnd(widths[i]!)).join("  ")
        .trimEnd()
    )
    .join("\n") + "\n";
}

function describeText(card: ModelCard): string {
  const lines = [`${card.id}: ${card.title}`, "", card.summary, ""];
  if (card.aliases?.length) lines.push(`also called ${card.aliases.join(", ")}`, "");
  lines.push("variants:");
  for (const [name, variant] of Object.entries(card.variants)) {
    const from = variant.weights
      ? `${variant.weights.repo} ${variant.weights.file}${
        variant.weights.sizeBytes ? `, ${formatBytes(variant.weights.sizeBytes)}` : ""
      }`
      : "no weights";
    const mark = name === card.defaultVariant ? " (default)" : "";
    lines.push(`  ${name}${mark}: ${variant.dim} dims, ${variant.summary}; ${from}`);
  }
  lines.push("", "imagery:");
  for (const [name, sensor] of Object.entries(card.modalities)) {
    lines.push(`  ${name}: ${sensor.collection}, ${sensor.scaleM} m, ${sensor.bands.join(" ")}`);
  }
  lines.push("", "options:");
  for (const [name, option] of Object.entries(card.options)) {
    const choices = option.choices ? `, one of ${option.choices.join(" ")}` : "";
    lines.push(`  ${name} [${option.default ?? "by the model"}${choices}]: ${option.description}`);
  }
  if (card.pitfalls.length > 0) {
    lines.push(
      "",
      "mind:",
      ...card.pitfalls.map((text) => `  - ${text}`),
    );
  }
  lines.push("", `licence: code ${card.licence.code}, weights ${card.licence.weights}`);
  lines.push(`cite: ${card.citation}`, `verified: ${card.verified.how}`);
  return `${lines.join("\n")}\n`;
}

async function pull(name: string, args: Arguments, io: Io): Promise<number> {
  const { openModel, openRuntime } = await import("@rsembed/pipelines");
  const runtime = openRuntime(args.has("offline") ? { offline: true } : {});
  const progress = progressLine(io, { quiet: args.has("quiet") });
  try {
    const { embedder } = await openModel(parseModelRequest(name), { runtime });
    const found = await runtime.weights(embedder, {
      signal: io.signal,
      onProgress: progress.update,
    });
    progress.clear();
    if (args.has("json")) io.out(`${JSON.stringify(found)}\n`);
    else io.out(found ? `${found.path}\nsha256 ${found.sha256}\n` : `${name} needs no weights\n`);
    return exitCodes.ok;
  } finally {
    progress.clear();
    await runtime[Symbol.asyncDispose]();
  }
}

/** Runs the command. */
export async function run(args: Arguments, io: Io): Promise<number> {
  const [verb, name] = args.positionals;
  if (verb === "list" && name === undefined) {
    const cards = listModels().map((id) => describeModel(id));
    io.out(args.has("json") ? `${JSON.stringify(cards, null, 2)}\n` : listText(cards));
    return exitCodes.ok;
  }
  if (verb === "describe" && name !== undefined) {
    const card = describeModel(parseModelRequest(name).name);
    io.out(args.has("json") ? `${JSON.stringify(card, null, 2)}\n` : describeText(card));
    return exitCodes.ok;
  }
  if (verb === "pull" && name !== undefined) return await pull(name, args, io);
  throw usageError(
    `Cannot run models ${
      args.positionals.join(" ")
    }: usage: rsembed models list | describe NAME | pull NAME`,
    "models",
  );
}
