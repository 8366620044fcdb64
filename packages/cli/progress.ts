/**
 * Progress on a terminal: one line, redrawn.
 *
 * @module
 */

import type { Progress } from "@rsembed/core";
import type { Io } from "./io.ts";

/** `1.5 MB` */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

function bar(done: number, total: number, width: number): string {
  const filled = total > 0 ? Math.min(width, Math.round((done / total) * width)) : width;
  return "#".repeat(filled) + "-".repeat(width - filled);
}

type Counts = Record<string, { done: number; total: number | null }>;

function line(progress: Progress, table: Counts): string {
  switch (progress.stage) {
    case "note":
      return progress.message;
    case "download": {
      const { file, doneBytes, totalBytes } = progress;
      const share = totalBytes ? ` [${bar(doneBytes, totalBytes, 20)}]` : "";
      return `download${share} ${formatBytes(doneBytes)}${
        totalBytes ? ` of ${formatBytes(totalBytes)}` : ""
      } ${file}`;
    }
    case "convert":
      return `convert [${bar(progress.doneBytes, progress.totalBytes, 20)}] ${progress.model}`;
    default: {
      table[progress.stage] = { done: progress.done, total: progress.total };
      const stages = ["fetch", "infer", "write"].filter((stage) => table[stage]);
      const total = progress.total;
      const written = table["write"]?.done ?? 0;
      const share = total === null ? "" : `[${bar(written, total, 20)}] `;
      return share + stages.map((stage) => `${stage} ${table[stage]!.done}`).join("  ") +
        (total === null ? "" : ` of ${total}`);
    }
  }
}

/** A progress line. */
export interface ProgressLine {
  readonly update: (progress: Progress) => void;
  /** Clears the line. */
  readonly clear: () => void;
}

/** Draws progress where it can be redrawn, at most ten times a second; elsewhere stays quiet. */
export function progressLine(io: Io, { quiet }: { readonly quiet: boolean }): ProgressLine {
  if (quiet || !io.isTty) return { update: () => {}, clear: () => {} };
  const table: Counts = {};
  let last = 0;
  let shown = false;
  const erase = "\r\u001b[K";
  return {
    update(progress) {
      const text = line(progress, table);
      const now = Date.now();
      const complete = progress.stage === "write" && progress.done === progress.total;
      if (now - last < 100 && !complete) return;
      last = now;
      shown = true;
      io.err(erase + text.slice(0, Math.max(20, io.columns - 1)));
    },
    clear() {
      if (shown) io.err(erase);
      shown = false;
    },
  };
}
