/**
 * What no file of the project may be or hold: too large, unfinished, tied to one machine or registry.
 *
 * @module
 */

import { listFiles, report, root } from "./workspace.ts";

/** A file to check; `text` is `null` for one that is not read. */
export interface CheckedFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly text: string | null;
}

const maxSourceBytes = 16_000;
const maxFileBytes = 2_500_000;

// Put together from parts, so that the rule does not find itself.
const unfinished = new RegExp(
  ["TO" + "DO", "FIX" + "ME", "X" + "XX", "not " + "implemented", "place" + "holder"].join("|"),
);
const machinePath = new RegExp(["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/\\w+/"].join("|"));

/** What is wrong with a file. */
export function fileProblems({ path, sizeBytes, text }: CheckedFile): string[] {
  const problems: string[] = [];
  const isTestData = /(^|\/)testdata\//.test(path);
  if (sizeBytes > maxFileBytes && !isTestData) {
    problems.push(`${path}: ${sizeBytes} bytes, more than ${maxFileBytes}`);
  }
  if (path.endsWith(".ts") && sizeBytes > maxSourceBytes) {
    problems.push(
      `${path}: ${sizeBytes} bytes, more than one idea: split it (at most ${maxSourceBytes})`,
    );
  }
  if (text === null) return problems;
  const lines = text.split("\n");
  const find = (pattern: RegExp, what: string): void => {
    lines.forEach((line, at) => {
      const found = pattern.exec(line);
      if (found) problems.push(`${path}:${at + 1}: ${what} "${found[0]}"`);
    });
  };
  if (path.endsWith(".ts")) find(unfinished, "unfinished");
  if (/\.lock$|lock\.json$/.test(path)) find(/https?:\/\/[^"\s]*|"tarball"/, "names a host");
  if (!isTestData) find(machinePath, "path of one machine");
  return problems;
}

const readable = /\.(ts|js|json|md|lock|txt|csv|geojson|yml|yaml)$|^\.ci\//;

if (import.meta.main) {
  const problems: string[] = [];
  for (const path of listFiles()) {
    const { size } = Deno.statSync(root + path);
    const text = readable.test(path) && size <= maxFileBytes
      ? Deno.readTextFileSync(root + path)
      : null;
    problems.push(...fileProblems({ path, sizeBytes: size, text }));
  }
  report("files", problems);
}
