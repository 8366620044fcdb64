/**
 * What every format must do, as tests that run on each entry of a catalog.
 *
 * @module
 */

import { combinedTests } from "./combined.ts";
import { damageTests } from "./damage.ts";
import { faultTests } from "./faults.ts";
import { fileTests } from "./files.ts";
import type { Entry } from "./fixtures.ts";
import { perItemTests } from "./per_item.ts";

/** What is special about a format. */
export interface SuiteOptions {
  /** Writes by a library of its own, past the disk that a test gives. @default false */
  readonly ownWrites?: boolean;
  /** Whether every byte of a file is checked when it is read. @default true */
  readonly checksummed?: boolean;
}

/** Runs the tests of a format. */
export function formatSuite(entry: Entry, options: SuiteOptions = {}): void {
  const { ownWrites = false, checksummed = true } = options;
  const { layouts } = entry.card;
  if (layouts.includes("combined")) {
    combinedTests(entry);
    faultTests(entry, ownWrites ? 1 : 5);
  }
  if (layouts.includes("per_item")) perItemTests(entry);
  fileTests(entry);
  damageTests(entry, checksummed);
}
