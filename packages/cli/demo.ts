/**
 * The demonstration: the main job offline, and how to open what it made.
 *
 * @module
 */

import process from "node:process";
import { join, resolve } from "@std/path";
import { exitCodes } from "./exit_codes.ts";
import { type Io, main } from "./mod.ts";

const places = ["-98.5,38.5", "9.845,57.227", "-72.479,-38.831", "34.066,-3.401", "138.6,-34.9"];

/** Runs the demonstration into a folder. */
export async function demo(folder: string, io: Io): Promise<number> {
  const file = join(folder, "embeddings.npz");
  const points = places.flatMap((place) => ["--point", place]);
  const synthetic = ["--backend", "synthetic", "--time", "2022-06-01/2022-09-01", "--quiet"];
  io.out(`Embedding ${places.length} places of a synthetic world with mosaiks, offline\n\n`);
  const exported = await main(
    ["export", ...synthetic, ...points, "--save-inputs", "--out", file],
    io,
  );
  if (exported !== exitCodes.ok) return exported;
  const looked = await main(
    ["inspect", ...synthetic, "--point", places[0]!, "--save-dir", folder, "--json"],
    { ...io, out: () => {} },
  );
  if (looked !== exitCodes.ok) return looked;
  io.out(`quicklook: ${join(folder, "place0.png")}

Open it in Python:
  import numpy as np
  run = np.load("${file}")
  print(run["embeddings__mosaiks"].shape)   # (places, dims)

and in JavaScript:
  import { loadExport } from "@rsembed/pipelines";
  const run = await loadExport("${file}");
  console.log((await run.models["mosaiks"].embeddings()).shape);
`);
  return exitCodes.ok;
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join("out", "demo"));
  const io: Io = {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTty: false,
    columns: 80,
    signal: new AbortController().signal,
  };
  process.exitCode = await demo(folder, io);
}
