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

/** Runs the tests of a format. */
export function formatSuite(entry: Entry): void {
  const { layouts } = entry.card;
  if (layouts.includes("combined")) {
    combinedTests(entry);
    faultTests(entry);
  }
  if (layouts.includes("per_item")) perItemTests(entry);
  fileTests(entry);
  damageTests(entry);
}
