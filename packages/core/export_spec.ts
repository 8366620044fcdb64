/**
 * Where an export goes and how it runs.
 *
 * @module
 */

import { RsembedError } from "./errors.ts";
import { safeFileName } from "./names.ts";

/** One file for all places, or one file a place. */
export type ExportTarget =
  | {
    readonly layout: "combined";
    readonly path: string;
    /** Names of the places, in files that hold them. @default `p00000`, `p00001`, ... */
    readonly names?: readonly string[] | null;
  }
  | {
    readonly layout: "per_item";
    readonly dir: string;
    /** Base names of the files, one a place; `null` for `p00000`, `p00001`, ... */
    readonly names: readonly string[] | null;
  };

/** Knobs of an export. */
export interface ExportConfig {
  /** Id of a writer. */
  readonly format: string;
  /** Keep the raw patches beside the embeddings. */
  readonly saveInputs: boolean;
  /** Whether the embeddings are written. */
  readonly saveEmbeddings: boolean;
  /** Whether the JSON manifest is written beside them. */
  readonly saveManifest: boolean;
  /** Treat a patch that fails inspection as an error. */
  readonly failOnBadInput: boolean;
  /** Places held in memory at once. */
  readonly chunkSize: number;
  /** Places a model runs at once; `null` for `chunkSize`. */
  readonly inferBatchSize: number | null;
  /** Fetches in flight at once. */
  readonly numWorkers: number;
  /** Record a failing place or model and go on. */
  readonly continueOnError: boolean;
  /** Attempts after the first, for fetching and writing. */
  readonly maxRetries: number;
  /** Wait before the first retry, seconds, doubled for each further one. */
  readonly retryBackoffS: number;
  /** Write while the next places are embedded. */
  readonly asyncWrite: boolean;
  /** Files written at once, per item. */
  readonly writerWorkers: number;
  /** Go on with an export of the same request that was interrupted, and try again what failed. */
  readonly resume: boolean;
  /** The type that embeddings are stored in. */
  readonly quantization: "float32" | "float16" | "int8";
}

/** Defaults of {@linkcode ExportConfig}, those of rs-embed. */
export const exportDefaults: ExportConfig = {
  format: "npz",
  saveInputs: true,
  saveEmbeddings: true,
  saveManifest: true,
  failOnBadInput: false,
  chunkSize: 16,
  inferBatchSize: null,
  numWorkers: 8,
  continueOnError: false,
  maxRetries: 0,
  retryBackoffS: 0,
  asyncWrite: true,
  writerWorkers: 2,
  resume: false,
  quantization: "float32",
};

const quantizations: readonly string[] = ["float32", "float16", "int8"];

/**
 * A configuration with defaults filled in.
 *
 * @throws {RsembedError} `spec` if a number is out of range or nothing would be saved
 */
export function exportConfig(init: Partial<ExportConfig> = {}): ExportConfig {
  const given = Object.fromEntries(Object.entries(init).filter(([, value]) => value !== undefined));
  const config: ExportConfig = { ...exportDefaults, ...given };
  const refuse = (field: keyof ExportConfig, wanted: string): never => {
    throw new RsembedError("spec", `Cannot export with ${field} ${config[field]}: ${wanted}`, {
      facts: { field, value: config[field] },
    });
  };
  const atLeast = (
    field: "chunkSize" | "numWorkers" | "maxRetries" | "writerWorkers",
    least: number,
  ) => {
    if (!Number.isSafeInteger(config[field]) || config[field] < least) {
      refuse(field, `a whole number >= ${least}`);
    }
  };
  atLeast("chunkSize", 1);
  atLeast("numWorkers", 1);
  atLeast("maxRetries", 0);
  atLeast("writerWorkers", 1);
  if (!quantizations.includes(config.quantization)) {
    refuse("quantization", quantizations.join(", "));
  }
  const batch = config.inferBatchSize;
  if (batch !== null && (!Number.isSafeInteger(batch) || batch < 1)) {
    refuse("inferBatchSize", "a whole number >= 1, or null");
  }
  if (!(config.retryBackoffS >= 0 && Number.isFinite(config.retryBackoffS))) {
    refuse("retryBackoffS", "seconds >= 0");
  }
  if (!config.saveInputs && !config.saveEmbeddings) {
    refuse("saveEmbeddings", "with saveInputs off too, nothing would be written");
  }
  return config;
}

/**
 * Checks a target: names safe and, ignoring case and how accents are written, different.
 *
 * @throws {RsembedError} `spec` for an empty path, or names that are unsafe or repeated
 */
export function exportTarget(target: ExportTarget): ExportTarget {
  const where = target.layout === "combined" ? target.path : target.dir;
  if (typeof where !== "string" || where.trim() === "" || where.includes("\0")) {
    throw new RsembedError("spec", `Cannot export to ${JSON.stringify(where)}: it names no path`, {
      facts: { field: target.layout === "combined" ? "path" : "dir", value: where },
    });
  }
  if (target.layout === "per_item" && target.names) {
    const seen = new Set<string>();
    for (const name of target.names) {
      const folded = safeFileName(name).normalize("NFC").toLowerCase();
      if (seen.has(folded)) {
        throw new RsembedError("spec", `Cannot export two places as "${name}": names must differ`, {
          facts: { field: "names", value: name },
        });
      }
      seen.add(folded);
    }
  }
  return target;
}
