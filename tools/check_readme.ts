/**
 * Tables in READMEs between `<!-- table:models -->` (or `providers`, `formats`) and `<!-- /table -->` equal what the
 * catalogs say. `--write` writes them anew.
 *
 * @module
 */

import type { Card, Catalog, ModelCard } from "@rsembed/core";
import type { ProviderCard } from "@rsembed/providers";
import type { FormatCard } from "@rsembed/writers";
import { listFiles, report, root, runDeno } from "./workspace.ts";

/** Rows of a table, the head first. */
export type Table = readonly (readonly string[])[];

function sortedCards<C extends Card>(catalog: Catalog<C, unknown>): C[] {
  return Object.values(catalog).map(({ card }) => card)
    .sort((a, b) => a.id < b.id ? -1 : 1);
}

function nameOf({ id, aliases }: Card): string {
  return [id, ...(aliases ?? [])].map((name) => `\`${name}\``).join(", ");
}

/** How a model was held against its upstream: its reference cases, or what was done instead. */
function verification({ verified: { cases, how } }: ModelCard): string {
  if (cases.length === 0) return how;
  const worst = Math.max(...cases.map(({ maxAbsError }) => maxAbsError));
  return `${cases.length} reference cases of the upstream code, largest absolute error ${
    worst.toExponential(1)
  }`;
}

/** One row a model. */
export function modelTable(catalog: Catalog<ModelCard, unknown>): Table {
  return [
    [
      "Model",
      "What it is",
      "Variants (length)",
      "Imagery",
      "Outputs",
      "Licence of the weights",
      "Verified",
    ],
    ...sortedCards(catalog).map((card) => [
      nameOf(card),
      card.summary,
      Object.entries(card.variants)
        .map(([name, { dim }]) => `${name === card.defaultVariant ? `**${name}**` : name} (${dim})`)
        .join(", "),
      `${card.anyBands ? "any bands" : Object.keys(card.modalities).join(", ")}, ` +
      (card.frames === "series" ? "a series of dates" : "one composite"),
      card.outputs.join(", "),
      Object.values(card.variants).every(({ weights }) => weights === null)
        ? "no weights"
        : card.licence.weights,
      verification(card),
    ]),
  ];
}

/** One row a source of imagery. */
export function providerTable(catalog: Catalog<ProviderCard, unknown>): Table {
  return [
    ["Source", "What it is", "Network", "Account"],
    ...sortedCards(catalog).map((card) => [
      nameOf(card),
      card.summary,
      card.network ? "yes" : "no",
      card.account ? "yes" : "no",
    ]),
  ];
}

/** One row a file format. */
export function formatTable(catalog: Catalog<FormatCard, unknown>): Table {
  return [
    ["Format", "What it is", "Files", "Layouts"],
    ...sortedCards(catalog).map((card) => [
      nameOf(card),
      card.title,
      card.extensions.map((extension) => `\`${extension}\``).join(", "),
      card.layouts.map((layout) => `\`${layout}\``).join(", "),
    ]),
  ];
}

const block = /(<!-- table:([a-z]+) -->\n)([\s\S]*?)(<!-- \/table -->)/g;

function toMarkdown(table: Table): string {
  const [head = [], ...rows] = table;
  return [head, head.map(() => "---"), ...rows]
    .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |\n`)
    .join("");
}

// The formatter pads cells, which is no difference.
function unpadded(markdown: string): string {
  return markdown.trim().replace(/-{3,}/g, "---").replace(/ +/g, " ");
}

/** The text with every table written anew. */
export function withTables(text: string, tables: Readonly<Record<string, Table>>): string {
  return text.replace(block, (whole, start: string, name: string, _old: string, end: string) => {
    const table = Object.hasOwn(tables, name) ? tables[name] : undefined;
    return table ? `${start}\n${toMarkdown(table)}\n${end}` : whole;
  });
}

/** What is wrong with the tables of some texts, by path. */
export function tableProblems(
  texts: Readonly<Record<string, string>>,
  tables: Readonly<Record<string, Table>>,
): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  for (const [path, text] of Object.entries(texts)) {
    for (const [, , name, body] of text.matchAll(block)) {
      seen.add(name!);
      const table = Object.hasOwn(tables, name!) ? tables[name!] : undefined;
      if (!table) problems.push(`${path}: there is no table "${name}"`);
      else if (unpadded(body!) !== unpadded(toMarkdown(table))) {
        problems.push(`${path}: table "${name}" is not what the catalog says`);
      }
    }
  }
  for (const name of Object.keys(tables)) {
    if (!seen.has(name)) problems.push(`no README holds the table "${name}"`);
  }
  return problems;
}

if (import.meta.main) {
  const { embedders } = await import("@rsembed/embedders");
  const { providers } = await import("@rsembed/providers");
  const { writers } = await import("@rsembed/writers");
  const tables = {
    models: modelTable(embedders),
    providers: providerTable(providers),
    formats: formatTable(writers),
  };
  const paths = [...listFiles()].filter((path) => /(^|\/)README\.md$/.test(path));
  if (Deno.args.includes("--write")) {
    for (const path of paths) {
      const text = Deno.readTextFileSync(root + path);
      const written = withTables(text, tables);
      if (written === text) continue;
      Deno.writeTextFileSync(root + path, written);
      await runDeno(["fmt", path]);
    }
  }
  const texts = Object.fromEntries(
    paths.map((path) => [path, Deno.readTextFileSync(root + path)]),
  );
  report("readme tables", tableProblems(texts, tables));
}
