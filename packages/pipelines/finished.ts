/**
 * Combined exports that are finished already.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import type { Spatial } from "@rsembed/core";
import { isObjectPath } from "@rsembed/writers";
import { placeIdentity } from "./export_records.ts";
import type { ExportReport, ExportRun } from "./export_run.ts";
import { placesFingerprint } from "./manifest.ts";
import { manifestPathFor, readHead } from "./manifest_file.ts";
import { placeNamer } from "./paths.ts";

/** Places that were looked at, and the rest. */
async function* rejoined(
  seen: readonly Spatial[],
  rest: AsyncIterator<Spatial> | Iterator<Spatial>,
): AsyncGenerator<Spatial> {
  yield* seen;
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
}

/** What is found of an earlier run. */
export interface Found {
  /** How it ended, if there is nothing left to do. */
  readonly report: ExportReport | null;
  /** The places, all of them, to be gone through once. */
  readonly spatials: Iterable<Spatial> | AsyncIterable<Spatial>;
}

/**
 * Looks whether a combined export of the same request and places stands at `path` already, whole and without failures.
 *
 * Places are gone through, as far as they agree with the number of those in the file, and handed back.
 */
export async function findFinished(
  run: ExportRun,
  path: string,
  spatials: Iterable<Spatial> | AsyncIterable<Spatial>,
): Promise<Found> {
  const manifestPath = await manifestPathFor(path);
  const head = await readHead(manifestPath);
  // what lies in object storage is believed to be there, as the manifest is written after it
  const isRemote = isObjectPath(path);
  const size = isRemote ? null : await stat(path).then((found) => found, () => null);
  const sizeBytes = Number(head?.("size_bytes"));
  const count = Number(head?.("n_items"));
  if (
    head === null || (!isRemote && size === null) || head("status") !== "ok" ||
    head("request_fingerprint") !== run.fingerprint ||
    (size?.isFile() && size.size !== sizeBytes) || !Number.isSafeInteger(count)
  ) {
    return { report: null, spatials };
  }
  const source = Symbol.asyncIterator in spatials
    ? spatials[Symbol.asyncIterator]()
    : spatials[Symbol.iterator]();
  const nameOf = placeNamer(run);
  const seen: Spatial[] = [];
  const identities = placesFingerprint();
  let isOver = false;
  while (seen.length <= count) {
    const next = await source.next();
    isOver = next.done === true;
    if (next.done) break;
    identities.add(placeIdentity(next.value, nameOf(seen.length)));
    seen.push(next.value);
  }
  if (!isOver || seen.length !== count || identities.digest() !== head("places_fingerprint")) {
    return { report: null, spatials: rejoined(seen, source) };
  }
  return {
    report: {
      layout: "combined",
      backend: run.backend,
      status: "ok",
      itemCount: count,
      okCount: count,
      skippedCount: count,
      path,
      manifestPath,
      sizeBytes,
      failures: [],
      failureCount: 0,
    },
    spatials: seen,
  };
}
