/**
 * Composites over STAC beside those that GDAL and numpy make of the same files.
 *
 * Usage: deno run -A tools/check_stac.ts [PYTHON]
 *
 * Needs a Python with numpy and rasterio, and says so where there is none. Uses the real patches of
 * `../shared/data` where they are, and made-up ones.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { stacProvider } from "@rsembed/providers/stac";
import { compare, serveArchive } from "../packages/providers/stac/testdata/archive.ts";

/** Digital numbers that composites may differ by: positions are interpolated, to some 1e-5 px. */
const toleranceDn = 0.01;
/** Share of pixels that agree: a centre on the very edge between two pixels may go either way. */
const leastShare = 0.9998;
const python = Deno.args[0] ?? "python3";
const script = fileURLToPath(new URL("check_stac.py", import.meta.url));
const data = fileURLToPath(new URL("../../shared/data/s2-l2a/", import.meta.url));
const names = ["637U_59R_1_3", "38D_378R_2_3", "433D_629L_3_1"];
const sources = [null, ...names.map((name) => join(data, `${name}.tif`)).filter(existsSync)];
let failed = 0;
for (const source of sources) {
  const folder = mkdtempSync(join(tmpdir(), "rsembed-stac-"));
  try {
    const { status, stdout, stderr } = spawnSync(python, [
      script,
      folder,
      ...source ? [source] : [],
    ]);
    if (status === 3) {
      console.log(`skipped: ${stdout}`.trim());
      process.exit(0);
    }
    if (status !== 0) throw new Error(`${stderr}`);
    console.log(source ? source.split("/").at(-1) : "made up");
    await check(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
console.log(failed === 0 ? "all composites agree" : `${failed} composites differ`);
process.exit(failed === 0 ? 0 : 1);

async function check(folder: string): Promise<void> {
  const { server, url, composites } = await serveArchive(folder);
  try {
    const provider = stacProvider({ stac: url });
    for (const expected of composites) {
      const patch = await provider.fetch(expected.request);
      const { problem, bands } = compare(patch, expected, toleranceDn);
      const isGood = problem === null && bands.every(({ share }) => share >= leastShare);
      if (!isGood) failed++;
      const shown = bands.map(({ share, worst }, i) =>
        `${patch.bands[i]} ${(100 * share).toFixed(2)} % equal, worst ${worst.toPrecision(2)}`
      );
      console.log(
        `  ${isGood ? "ok " : "BAD"} ${expected.name}: ${
          [problem, ...shown].filter(Boolean).join("; ")
        }`,
      );
    }
  } finally {
    await server.close();
  }
}
