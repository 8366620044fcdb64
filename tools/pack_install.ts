/**
 * An empty folder with the packed packages installed from npm's side.
 *
 * @module
 */

import { packAll } from "./pack.ts";
import { type Ran, run } from "./process.ts";

/** The Bun that packed code is held to. */
export const bun = "bun@1.4.5";

/** Packs everything and installs it; the stand-ins take the place of the packages of JSR. */
export async function installPacked(folder: string): Promise<Ran> {
  const archives = Object.entries(await packAll(folder));
  const pick = (standIns: boolean): Record<string, string> =>
    Object.fromEntries(
      archives.filter(([name]) => name.startsWith("@std/") === standIns)
        .map(([name, path]) => [name, `file:${path}`]),
    );
  Deno.writeTextFileSync(
    `${folder}/package.json`,
    JSON.stringify({
      private: true,
      type: "module",
      dependencies: pick(false),
      overrides: pick(true),
    }),
  );
  return await run(["npm", "install", "--no-package-lock"], folder);
}
