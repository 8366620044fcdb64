/**
 * The HDF5 library, loaded when it is first needed.
 *
 * @module
 */

import type { File as Hdf5File } from "h5wasm/node";
import { RsembedError } from "@rsembed/core";

/** The parts of the library that are used here. */
export interface Library {
  /** Opens a file; `w` begins a new one. */
  open(path: string, mode: "r" | "w"): Hdf5File;
}

let library: Promise<Library> | null = null;

/** Loads the library; WebAssembly, so that it is the same on every machine. */
export function openLibrary(): Promise<Library> {
  library ??= (async () => {
    const { default: h5wasm } = await import("h5wasm/node");
    const module = await h5wasm.ready as { activate_throwing_error_handler?: () => number };
    // otherwise it prints what fails, and goes on
    module.activate_throwing_error_handler?.();
    return {
      open(path, mode) {
        // files of the version that netCDF 4.4 and later read
        return new h5wasm.File(path, mode, mode === "w" ? { libver: ["v110", "v110"] } : {});
      },
    };
  })();
  return library;
}

/**
 * Calls the library at the beginning of time: HDF5 notes when objects are made, and equal datasets are to give equal
 * bytes. The library is told the time by `Date.now`, which is another's for no longer than the call.
 */
export function atFixedTime<T>(call: () => T): T {
  const { now } = Date;
  Date.now = () => 0;
  try {
    return call();
  } finally {
    Date.now = now;
  }
}

/** What the library says of a failure: its last line that tells a cause. */
export function causeOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return /error message = '([^']+)'/.exec(text)?.[1] ?? text.split("\n")[0]!.slice(0, 200);
}

/** A failure of the library while it writes `path`. */
export function writeError(path: string, error: unknown): RsembedError<"unavailable"> {
  return new RsembedError("unavailable", `Cannot write "${path}": ${causeOf(error)}`, {
    facts: { resource: path },
    cause: error,
  });
}
