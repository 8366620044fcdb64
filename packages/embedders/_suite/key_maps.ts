/**
 * Keys and shapes of the published checkpoints, without their values.
 *
 * @module
 */

import type { KeyMap } from "@rsembed/models/checkpoint";
import { existsSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** The key map of a variant, or `null` where the family keeps none. */
export function keyMapOf(family: string, variant: string): KeyMap | null {
  const url = new URL(`../${family}/testdata/keys-${variant}.json.gz`, import.meta.url);
  return existsSync(url) ? JSON.parse(gunzipSync(readFileSync(url)).toString("utf8")) : null;
}
