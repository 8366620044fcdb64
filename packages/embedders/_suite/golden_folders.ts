/**
 * Where reference cases lie.
 *
 * @module
 */

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { embedders } from "../catalog.ts";

/** The cases in a folder: itself where it is one, else the folders in it that are, by name. */
export function casesIn(folder: string): string[] {
  const isCase = (path: string) => existsSync(join(path, "case.json"));
  if (isCase(folder)) return [folder];
  if (!existsSync(folder)) return [];
  return readdirSync(folder).sort().map((name) => join(folder, name)).filter(isCase);
}

/** `shared` is the full collection beside the checkout, `testdata` what families keep in their folders. */
export type GoldenOrigin = "shared" | "testdata";

/** The reference cases of one family. */
export interface FamilyCases {
  readonly family: string;
  readonly folders: readonly string[];
}

/** The reference cases of every family that has some. */
export function familyCases(origin: GoldenOrigin): FamilyCases[] {
  const here = fileURLToPath(new URL("..", import.meta.url));
  return Object.values(embedders)
    .map(({ card: { id } }) => ({
      family: id,
      folders: casesIn(
        origin === "shared"
          ? join(here, "../../../shared/goldens", id)
          : join(here, id, "testdata"),
      ),
    }))
    .filter(({ folders }) => folders.length > 0);
}
